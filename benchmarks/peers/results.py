"""Results as they are kept, and as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["COLUMNS", "known", "table"]

COLUMNS = (
    ("subclass", "first"),
    ("subclass", "three"),
    ("main group", "three"),
    ("subgroup", "ten"),
)
"""Rank and figure of each number in a cell."""


def known(results: Sequence[Mapping[str, Any]], wanted: Mapping[str, Any]) -> bool:
    """Whether a result is there that agrees with everything in ``wanted``."""
    return any(all(own.get(k) == v for k, v in wanted.items()) for own in results)


def table(results: Sequence[Mapping[str, Any]]) -> str:
    """A Markdown table: a row for each peer and share, a column for each test set.

    Args:
        results: each with ``peer``, ``share``, ``rank`` and ``sets``: set -> figures.
    """
    sets = sorted({name for own in results for name in own["sets"]})
    rows = {(own["peer"], own["share"]): None for own in results}
    lines = ["| peer | " + " | ".join(sets) + " |", "|" + "---|" * (len(sets) + 1)]
    for peer, share in rows:
        mine = {o["rank"]: o for o in results if (o["peer"], o["share"]) == (peer, share)}
        cells = [" / ".join(_number(mine, name, *column) for column in COLUMNS) for name in sets]
        told = peer if share == 1 else f"{peer}, {share:.0%} of the filings"
        lines.append(f"| {told} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _number(mine: Mapping[str, Any], name: str, rank: str, figure: str) -> str:
    value = mine.get(rank, {"sets": {}})["sets"].get(name, {}).get(figure)
    return "–" if value is None else f"{value:.3f}"
