"""Which symbols are taken for which others.

Where the first guess is wrong, each true symbol of the filing is counted as taken for it, with one
filing shared among its true symbols. Told only of filings whose labels are complete.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from training.evaluation.judged import Judged

__all__ = ["Pair", "confusion"]


@dataclass(frozen=True, slots=True, order=True)
class Pair:
    """A true symbol and the first guess in its place, how many filings, and of how many with it."""

    true: str
    guess: str
    filings: float
    of: int


def confusion(judged: Judged, limit: int = 20) -> list[Pair]:
    """The pairs with the most filings, most first; one symbol more than once, if need be."""
    taken: Counter[tuple[str, str]] = Counter()
    having: Counter[str] = Counter()
    for i in np.flatnonzero(judged.complete):
        wanted, column = judged.wanted[i], judged.columns[i, 0]
        having.update(wanted)
        if column >= 0 and not judged.right[i, 0]:
            guess = judged.symbols[column]
            for true in wanted:
                taken[true, guess] += 1 / len(wanted)  # type: ignore[assignment]
    ranked = sorted(taken.items(), key=lambda item: (-item[1], item[0]))
    return [Pair(t, g, round(n, 4), having[t]) for (t, g), n in ranked[:limit]]
