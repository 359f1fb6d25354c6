"""What is told about a symbol, the same on the command line and over REST."""

from __future__ import annotations

from dataclasses import asdict
from functools import cache
from typing import Any

from taxonomy import releases
from taxonomy.errors import UnknownSymbolError
from taxonomy.flags import named
from taxonomy.labels import LANGUAGES, labels
from taxonomy.symbol import Symbol
from taxonomy.tree import Taxonomy

__all__ = ["LANGUAGES", "all_labels", "labels_of", "search_view", "symbol_view"]

_MOST_TARGETS = 10  # named in an error


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
        symbol, rank, title, labels (by language), release, indexing, additional_only, flags, path
        (ancestors, section first) and children, both with symbol, rank and title; and, where the
        release was imported from files that tell it: ipc, revised, validity, notes, references and
        definition.

    Raises:
        BadSymbolError: `text` is no CPC symbol.
        UnknownSymbolError: the release does not have it; names where its documents went, if an
            imported release says so.
    """
    parsed = Symbol.parse(text)
    symbol = str(parsed)
    try:
        taxonomy.row(symbol)
    except UnknownSymbolError as error:
        went = releases.targets(symbol)
        more = f" and {len(went) - _MOST_TARGETS} others" if len(went) > _MOST_TARGETS else ""
        told = f"; its documents went to {', '.join(went[:_MOST_TARGETS])}{more}" if went else ""
        raise UnknownSymbolError(f"{error}{told}") from error
    path = [_step(taxonomy, ancestor) for ancestor in taxonomy.ancestors(symbol)]
    return {
        **_step(taxonomy, symbol),
        "labels": labels_of(symbol),
        "release": taxonomy.release,
        "indexing": parsed.is_indexing,
        "additional_only": parsed.is_additional_only,
        "flags": named(taxonomy.flag(symbol)).split(", ") if taxonomy.flag(symbol) else [],
        "path": path,
        "children": [_step(taxonomy, child) for child in taxonomy.children(symbol)],
        **_details(taxonomy.release, symbol),
    }


def _details(release: str, symbol: str) -> dict[str, Any]:
    """What an imported release tells of a symbol beside its place and title."""
    kept = releases.details(release)
    if kept is None:
        return {}
    told = {name: value for name, value in asdict(kept.of(symbol)).items() if value}
    if "validity" in told:
        told["validity"] = [
            {name: day.isoformat() if day else "" for name, day in period.items()}
            for period in told["validity"]["periods"]
        ]
    return told


def search_view(taxonomy: Taxonomy, query: str, limit: int) -> list[dict[str, Any]]:
    """Finds symbols by the words of their titles; each has symbol, rank and title."""
    return [_step(taxonomy, symbol) for symbol in taxonomy.search(query, limit)]
