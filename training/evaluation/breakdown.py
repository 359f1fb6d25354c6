"""Where a model is good: by section, by frequency of the symbol in training, by language.

A filing with several true symbols lies in several sections and frequencies. In each it is asked
for the true symbols of that group alone: ``first``, ``three`` and ``ten`` are the shares of filings
with a true symbol of the group among so many guesses, ``recall_at_10`` the share of those symbols
found. ``precision_first`` is the share of right ones among first guesses in the group; these two
are told only of filings whose labels are complete. A language takes whole filings.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.evaluation.bootstrap import estimates, mean, plain
from training.evaluation.counts import FREQUENCIES, Counts
from training.evaluation.judged import Judged

__all__ = ["by_frequency", "by_language", "by_section"]

Floats = NDArray[np.float64]
DEPTHS = {"first": 1, "three": 3, "ten": 10}


def by_section(judged: Judged, seed: int) -> dict[str, dict[str, Any]]:
    """The figures of each section that has a true symbol."""
    return _by_group(judged, lambda symbol: symbol[0], seed)


def by_frequency(judged: Judged, counts: Counts, seed: int) -> dict[str, dict[str, Any]]:
    """The figures of symbols that were met often, seldom or never in training."""
    found = _by_group(judged, counts.frequency, seed)
    return {name: found[name] for name in FREQUENCIES if name in found}


def by_language(judged: Judged, seed: int) -> dict[str, dict[str, Any]]:
    """The figures of the filings in each language."""
    language = np.array(judged.languages)
    found = {}
    for name in sorted(set(judged.languages)):
        part = judged.take(language == name)
        group = np.zeros(len(part.symbols) + 1, np.bool_)
        group[:-1] = True
        found[name] = _row(part, group, part.sizes, seed)
    return found


def _by_group(
    judged: Judged, group_of: Callable[[str], str], seed: int
) -> dict[str, dict[str, Any]]:
    """The figures of each group of symbols."""
    wanted = [[group_of(s) for s in w] for w in judged.wanted]
    columns = np.array([*map(group_of, judged.symbols), ""])
    found = {}
    for name in sorted({g for groups in wanted for g in groups}):
        sizes = np.array([groups.count(name) for groups in wanted], np.float64)
        found[name] = _row(judged, columns == name, sizes, seed)
    return found


def _row(judged: Judged, group: NDArray[np.bool_], sizes: Floats, seed: int) -> dict[str, Any]:
    """The figures of a group.

    Args:
        judged: guesses and truth.
        group: bool (n_symbols + 1,), whether each column is in the group; the last: no guess.
        sizes: float64 (n,), how many true symbols of the group each filing has.
        seed: of the intervals.
    """
    inside = group[judged.columns]
    right = judged.right & inside
    asked, guessed = sizes > 0, inside[:, 0] & judged.complete
    used = asked | guessed
    values = {
        name: np.where(asked, right[:, :depth].any(axis=1), np.nan)
        for name, depth in DEPTHS.items()
    }
    recall = right[:, :10].sum(axis=1) / np.maximum(sizes, 1)
    values["recall_at_10"] = np.where(asked & judged.complete, recall, np.nan)
    values["precision_first"] = np.where(guessed, right[:, 0], np.nan)
    statistics = {name: mean(each[used]) for name, each in values.items()}
    found = estimates(statistics, int(used.sum()), seed)
    return {"filings": int(asked.sum())} | plain(found)
