"""What is read of a filing: its fields as passages, short enough for the encoder one by one.

The title stands before the first other field. Of the claims the independent ones are read, which
say alone what is protected (35 U.S.C. 112(d); Rule 43(4) EPC: a dependent claim names the one it
refers to). Of the description the summary of the invention is read by itself, under the headings
that 37 CFR 1.77(b), Rule 42 EPC and the Korean form (특허법 시행규칙, form 15) give it.

A filing without some of its fields is normal: it has fewer passages. Knows no bundle and no graph;
training reads with the same functions.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from tokenizers import Tokenizer

from cpc_classifier.filing import Filing

__all__ = ["KINDS", "Passage", "Piece", "Reading", "cut", "passages", "plain"]

KINDS = ("title", "abstract", "claims", "summary", "description")
"""What a passage is of; a passage that begins with the title is of the field after it."""
BLANKS = 4
"""Characters looked at for each one kept: as much white space is survived."""
LOOKED_THROUGH = 60_000
"""Of claims or a description that are looked through for what is read of them."""

CLAIM = re.compile(r"\[\s*청구항\s*(\d{1,3})\s*\]|(?<!\S)(\d{1,3})\s?[.)](?=\s)")
REFERS = re.compile(
    r"\bclaims?\s+\d|제\s*\d+\s*항|청구항\s*\d|\bAnspr(?:uch|üche)\s+\d|\brevendications?\s+\d",
    re.IGNORECASE,
)
SUMMARY = re.compile(
    r"^[\W\d]*(?:(?:brief |general )?(?:summary|disclosure)(?: of (?:the )?(?:present )?"
    r"(?:invention|disclosure|embodiments?))?|(?:the )?invention summary|"
    r"발명의 (?:내용|요약|개요)|과제의? ?해결 ?수단|해결하(?:려는|고자 하는) ?과제|"
    r"zusammenfassung der erfindung|darstellung der erfindung|offenbarung der erfindung|"
    r"(?:exposé|résumé|divulgation) de l['’]invention)[\W]*$",
    re.IGNORECASE | re.MULTILINE,
)
HEADING = re.compile(
    r"^(?:[A-Z0-9][A-Z0-9 \-,.()/&:;]{3,90}|[【\[<][^\n]{2,40}[】\]>]|"
    r"[\W\d]*(?i:brief description|detailed description|description of|도면의|발명을 실시하기|"
    r"kurze beschreibung|detaillierte beschreibung|brève description)[^\n]{0,80})$",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Passage:
    """A text to read, kept out of every `repr`; `kind` is a place in `KINDS`."""

    kind: int
    text: str = field(repr=False)


Reading = Sequence[Passage]
"""The passages of one text, the one that tells most first."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A passage as the graph takes it: its kind and its token ids."""

    kind: int
    ids: Sequence[int] = field(repr=False)


def plain(text: str) -> Reading:
    """A text that is no filing: the title of a symbol, a query."""
    return (Passage(0, text),)


def passages(filing: Filing, fields: Sequence[str], max_chars: int) -> Reading:
    """The passages of a filing, one for each part that it has; none for a filing without text.

    Args:
        filing: the document.
        fields: names of the text fields that are read, in this order.
        max_chars: most characters of a passage.
    """
    found: list[Passage] = []
    title = _one_line(filing.title, max_chars) if "title" in fields else ""
    for name in fields:
        for kind, text in _parts(filing, name):
            if part := _one_line(text, max_chars):
                found.append(Passage(KINDS.index(kind), part))
    if not title:
        return found
    if not found:
        return (Passage(0, title),)
    first = found[0]
    found[0] = Passage(first.kind, f"{title}. {first.text}"[:max_chars])
    return found


def cut(
    tokenizer: Tokenizer, readings: Sequence[Reading], max_tokens: int, most: int
) -> list[list[Piece]]:
    """Passages as tokens; a long one becomes several of like length.

    Every passage is read once before one is read on, so that few pieces tell of all fields.

    Args:
        tokenizer: left with truncation set.
        readings: the passages of each text, at least one each.
        max_tokens: of a piece, special tokens included.
        most: pieces of a text, at least 1.

    Returns:
        For each text its pieces, 1 to ``most``.
    """
    tokenizer.enable_truncation(max_tokens)
    held = [(i, passage) for i, reading in enumerate(readings) for passage in reading[:most]]
    encoded = tokenizer.encode_batch([passage.text for _, passage in held])
    found: list[list[Piece]] = [[] for _ in readings]
    longer: list[list[tuple[Passage, int]]] = [[] for _ in readings]
    for (i, passage), read in zip(held, encoded, strict=True):
        found[i].append(Piece(passage.kind, read.ids))
        longer[i].append((passage, 1 + len(read.overflowing)))
    again: list[tuple[int, int, int, str]] = []
    for i, own in enumerate(longer):
        for at, (passage, count) in enumerate(_taken(own, most)):
            if count > 1:
                parts = _split(passage.text, longer[i][at][1])[:count]
                again += [(i, at, passage.kind, part) for part in parts]
    encoded = tokenizer.encode_batch([part for *_, part in again])
    replaced = {(i, at) for i, at, _, _ in again}
    pieces = [
        [piece for at, piece in enumerate(own) if (i, at) not in replaced]
        for i, own in enumerate(found)
    ]
    for (i, _, kind, _), read in zip(again, encoded, strict=True):
        pieces[i].append(Piece(kind, read.ids))
    return pieces


def _taken(passages: Sequence[tuple[Passage, int]], most: int) -> list[tuple[Passage, int]]:
    """How many pieces of each passage are read, the passages taking turns."""
    counts, left, turn = [0] * len(passages), most, 0
    while left and any(turn < n for _, n in passages):
        for at, (_, n) in enumerate(passages):
            if left and turn < n:
                counts[at] += 1
                left -= 1
        turn += 1
    return [(passage, n) for (passage, _), n in zip(passages, counts, strict=True)]


def _split(text: str, count: int) -> list[str]:
    """Parts of like length that end between words."""
    words, room = text.split(" "), len(text) // count
    found: list[str] = []
    part: list[str] = []
    size = 0
    for word in words:
        if part and size + len(word) > room and len(found) < count - 1:
            found.append(" ".join(part))
            part, size = [], 0.0
        part.append(word)
        size += len(word) + 1
    return [*found, " ".join(part)]


def _parts(filing: Filing, name: str) -> list[tuple[str, str]]:
    """What a field is read as: kind and text; the title is read with another field."""
    if name == "abstract":
        return [("abstract", filing.abstract)]
    if name == "claims":
        return [("claims", _independent(filing.claims[:LOOKED_THROUGH]))]
    if name == "description":
        summary, rest = _summary(filing.description[:LOOKED_THROUGH])
        return [("summary", summary), ("description", rest)]
    return []


def _independent(claims: str) -> str:
    """The claims that refer to no other one; all of them where none is found."""
    starts, last = [], 0
    for found in CLAIM.finditer(claims):
        number = int(found[1] or found[2])
        if number > last:
            starts.append((found.start(), found.end()))
            last = number
    if not starts:
        return claims
    ends = [start for start, _ in starts[1:]] + [len(claims)]
    bodies = [claims[begin:end] for (_, begin), end in zip(starts, ends, strict=True)]
    alone = [body.strip() for body in bodies if body.strip() and not REFERS.search(body)]
    return " ".join(alone) or claims


def _summary(description: str) -> tuple[str, str]:
    """The summary of the invention, and the rest of the description."""
    heading = SUMMARY.search(description)
    if heading is None:
        return "", description
    after = next((h.start() for h in HEADING.finditer(description, heading.end() + 1)), None)
    summary = description[heading.end() : after]
    return summary, description[: heading.start()] + description[heading.end() + len(summary) :]


def _one_line(text: str, max_chars: int) -> str:
    """White space as one blank, cut before it is worked on, and a text that UTF-8 can write."""
    part = " ".join(text[: BLANKS * max_chars].split())[:max_chars]
    if not part and text and not text.isspace():
        part = " ".join(text.lstrip()[: BLANKS * max_chars].split())[:max_chars]
    # A lone surrogate, which JSON can carry, is no text: the tokenizer would refuse the batch.
    return part.encode("utf-8", "replace").decode("utf-8")
