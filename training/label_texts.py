"""What a symbol says in words: its title path and its definition, as text for the encoder."""

from __future__ import annotations

from dataclasses import dataclass

from taxonomy.title_text import clean_title, title_path
from taxonomy.tree import Taxonomy

__all__ = ["LabelText", "label_texts"]


@dataclass(frozen=True, slots=True)
class LabelText:
    """One text that describes a symbol: ``kind`` is ``title`` or ``definition``."""

    symbol: str
    kind: str
    text: str


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
