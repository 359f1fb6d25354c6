"""What a symbol says in words: its title path and its definition, as text for the encoder.

Title text for models: a reference in parentheses names other places, so it is dropped with the
symbols in it; braces only mark text that is CPC's own, so the braces go and the words stay.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from taxonomy.symbol import Rank
from taxonomy.tree import Taxonomy

__all__ = ["LabelText", "clean_title", "label_texts", "title_path"]

PARENTHESES = re.compile(r"\([^()]*\)")
SYMBOL_LIKE = re.compile(r"\b[A-HY]\d\d[A-Z]?(\s?\d{1,4}/\d{2,6})?\b")


@dataclass(frozen=True, slots=True)
class LabelText:
    """One text that describes a symbol: ``kind`` is ``title`` or ``definition``."""

    symbol: str
    kind: str
    text: str


def clean_title(title: str) -> str:
    """A title without references and braces.

    >>> clean_title("Secondary cells (electrodes H01M4/00); {Accumulators}")
    'Secondary cells; Accumulators'
    """
    text = title.replace("{", "").replace("}", "")
    while True:
        shorter = PARENTHESES.sub(lambda m: " " if SYMBOL_LIKE.search(m[0]) else m[0], text)
        if shorter == text:
            break
        text = shorter
    text = re.sub(r"\s+([;,.])", r"\1", re.sub(r"\s+", " ", text)).strip(" ;,")
    return text.capitalize() if text.isupper() else text


def title_path(symbol: str, taxonomy: Taxonomy) -> str:
    """The symbol's own title, then those above it up to the subclass, nearest first.

    The own title stands first so that a cut never loses it. A section or a class reads its own
    title only.
    """
    path = taxonomy.path(symbol)
    lowest = min(len(path) - 1, int(Rank.SUBCLASS))
    return ". ".join(clean_title(taxonomy.title(s)) for s in reversed(path[lowest:]))


def label_texts(taxonomy: Taxonomy, definitions: dict[str, str]) -> list[LabelText]:
    """All label texts of a release, titles first, in tree order.

    Args:
        taxonomy: the release, down to subgroups.
        definitions: symbol -> definition statement; symbols the release lacks are left out.
    """
    titles = [LabelText(s, "title", title_path(s, taxonomy)) for s in taxonomy.symbols]
    return titles + [
        LabelText(symbol, "definition", f"{clean_title(taxonomy.title(symbol))}. {statement}")
        for symbol, statement in definitions.items()
        if symbol in taxonomy
    ]
