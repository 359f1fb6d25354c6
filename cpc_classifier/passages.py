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
READ_ON = ("summary", "description")
"""Kinds that become several pieces where they are long."""
BLANKS = 4
"""Characters looked at for each one kept: as much white space is survived."""
LOOKED_THROUGH = 60_000
"""Of claims or a description that are looked through for what is read of them."""

CLAIM = re.compile(r"\[\s*청구항\s*(\d{1,3})\s*\]|(?<!\S)(\d{1,3})\s?[.)](?=\s)")
REFERS = re.compile(
    r"\bclaims?\s+\d|제\s*\d+\s*항|청구항\s*\d|\bAnspr(?:uch|üche)\s+\d|\brevendications?\s+\d",
    re.IGNORECASE,
)
NUMBERED = r"^[^\w\n]{0,8}\d{0,6}[^\w\n]{0,8}"
"""Before a heading: `[0005] `; bounded, as a page of dashes may cost no more than one of words."""
SUMMARY = re.compile(
    NUMBERED + r"(?:(?:brief |general )?(?:summary|disclosure)(?: of (?:the )?(?:present )?"
    r"(?:invention|disclosure|embodiments?))?|(?:the )?invention summary|"
    r"발명의 (?:내용|요약|개요)|과제의? ?해결 ?수단|해결하(?:려는|고자 하는) ?과제|"
    r"zusammenfassung der erfindung|darstellung der erfindung|offenbarung der erfindung|"
    r"(?:exposé|résumé|divulgation) de l['’]invention)[^\w\n]{0,8}$",
    re.IGNORECASE | re.MULTILINE,
)
HEADING = re.compile(
    r"^(?:[A-Z0-9][A-Z0-9 \-,.()/&:;]{3,90}|[【\[<][^\n]{2,40}[】\]>])$|"
    + NUMBERED
    + r"(?i:brief description|detailed description|description of|도면의|발명을 실시하기|"
    r"kurze beschreibung|detaillierte beschreibung|brève description)[^\n]{0,80}$",
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
    """Passages as tokens, each cut to what the encoder reads at once.

    Only a summary or a description is read on where it is longer, after every passage was begun:
    of an abstract and of claims the beginning tells most (benchmarks/README.md, "Fields").

    Args:
        tokenizer: left with truncation set.
        readings: the passages of each text, at least one each.
        max_tokens: of a piece, special tokens included.
        most: pieces of a text, at least 1.

    Returns:
        For each text its pieces, 1 to ``most``.
    """
    told = tokenizer.truncation
    if told is None or told["max_length"] != max_tokens:
        # not otherwise: the texts of other threads are cut by the same tokenizer
        tokenizer.enable_truncation(max_tokens)
    held = [passage for reading in readings for passage in reading[:most]]
    encoded = iter(tokenizer.encode_batch([passage.text for passage in held]))
    found = []
    for reading in readings:
        read = [(passage.kind, next(encoded)) for passage in reading[:most]]
        begun = [Piece(kind, own.ids) for kind, own in read]
        longer = [(kind, own.overflowing) for kind, own in read if KINDS[kind] in READ_ON]
        later = [
            Piece(kind, own[turn].ids)
            for turn in range(max((len(own) for _, own in longer), default=0))
            for kind, own in longer
            if turn < len(own)
        ]
        found.append((begun + later)[:most])
    return found


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
