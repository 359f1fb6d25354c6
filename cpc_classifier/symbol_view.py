"""What is told about a symbol, the same on the command line and over REST."""

from __future__ import annotations

from functools import cache
from typing import Any

from taxonomy.labels import LANGUAGES, labels
from taxonomy.symbol import Symbol
from taxonomy.tree import Taxonomy

__all__ = ["LANGUAGES", "all_labels", "labels_of", "search_view", "symbol_view"]


@cache
def _labels(language: str) -> dict[str, str]:
    return labels(language)


def all_labels() -> dict[str, dict[str, str]]:
    """All short own labels: language -> symbol -> label."""
    return {language: _labels(language) for language in LANGUAGES}


def labels_of(symbol: str) -> dict[str, str]:
    """Short own labels by language; empty for a symbol below subclass."""
    found = {language: _labels(language).get(symbol, "") for language in LANGUAGES}
    return {language: label for language, label in found.items() if label}


def _step(taxonomy: Taxonomy, symbol: str) -> dict[str, Any]:
    rank = Symbol.parse(symbol).rank.label
    return {"symbol": symbol, "rank": rank, "title": taxonomy.title(symbol)}


def symbol_view(taxonomy: Taxonomy, text: str) -> dict[str, Any]:
    """Describes one symbol.

    Args:
        taxonomy: the release to look in.
        text: the symbol in any usual spelling.

    Returns:
        symbol, rank, title, labels (by language), release, indexing, additional_only, path
        (ancestors, section first) and children, both with symbol, rank and title.

    Raises:
        BadSymbolError: `text` is no CPC symbol.
        UnknownSymbolError: the release does not have it.
    """
    parsed = Symbol.parse(text)
    symbol = str(parsed)
    path = [_step(taxonomy, ancestor) for ancestor in taxonomy.ancestors(symbol)]
    return {
        **_step(taxonomy, symbol),
        "labels": labels_of(symbol),
        "release": taxonomy.release,
        "indexing": parsed.is_indexing,
        "additional_only": parsed.is_additional_only,
        "path": path,
        "children": [_step(taxonomy, child) for child in taxonomy.children(symbol)],
    }


def search_view(taxonomy: Taxonomy, query: str, limit: int) -> list[dict[str, Any]]:
    """Finds symbols by the words of their titles; each has symbol, rank and title."""
    return [_step(taxonomy, symbol) for symbol in taxonomy.search(query, limit)]
