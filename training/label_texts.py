"""What a symbol says in words: its title path, its definition, and our label in other languages,
as text for the encoder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from taxonomy.labels import LANGUAGES, labels
from taxonomy.title_text import clean_title, title_path
from taxonomy.tree import Taxonomy

__all__ = ["LabelText", "label_texts"]


@dataclass(frozen=True, slots=True)
class LabelText:
    """One text that describes a symbol: ``kind`` is ``title``, ``definition`` or ``label``."""

    symbol: str
    kind: str
    text: str


def label_texts(
    taxonomy: Taxonomy, definitions: Mapping[str, str], languages: Sequence[str] = ("en",)
) -> list[LabelText]:
    """All label texts of a release: titles in tree order, then definitions, then labels.

    Args:
        taxonomy: the release, down to subgroups.
        definitions: symbol -> definition statement; symbols the release lacks are left out.
        languages: ISO 639-1; the titles are English, our own labels tell the others.
    """
    titles = [LabelText(s, "title", title_path(s, taxonomy)) for s in taxonomy.symbols]
    told = [
        LabelText(symbol, "definition", f"{clean_title(taxonomy.title(symbol))}. {statement}")
        for symbol, statement in definitions.items()
        if symbol in taxonomy
    ]
    for language in languages:
        if language != "en" and language in LANGUAGES:
            told += _labels(taxonomy, labels(language))
    return titles + told


def _labels(taxonomy: Taxonomy, own: Mapping[str, str]) -> list[LabelText]:
    """Each label, then those above it, nearest first."""
    return [
        LabelText(symbol, "label", ". ".join(own[s] for s in reversed(taxonomy.path(symbol))))
        for symbol in own
        if symbol in taxonomy
    ]
