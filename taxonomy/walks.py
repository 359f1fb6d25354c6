"""Walks over many rows of a tree at once: arrays in, arrays out.

Rows stand in depth-first order, so a parent stands before its child and a subtree is a slice.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["closure", "depths", "lineages", "roll_up", "siblings", "within"]

Rows = NDArray[np.int32]


def depths(parent: Rows) -> NDArray[np.int8]:
    """How many rows lie above each: int8 (n,), 0 for a section.

    Args:
        parent: int32 (n,), rows of the parents, -1 for a section.
    """
    found = np.zeros(len(parent), np.int8)
    above = parent
    while (above >= 0).any():
        found += above >= 0
        above = np.where(above >= 0, parent[above], -1)
    return found


def lineages(parent: Rows, depth: NDArray[np.int8], rows: Rows) -> Rows:
    """The path of each row from its section down to itself.

    Args:
        parent: int32 (n,).
        depth: int8 (n,), of `depths`.
        rows: int32 (k,).

    Returns:
        int32 (k, d): the row at each depth, -1 beyond the row itself; d is the deepest of them,
        plus one.
    """
    found = np.full((len(rows), int(depth[rows].max(initial=-1)) + 1), -1, np.int32)
    at, here = np.arange(len(rows)), np.asarray(rows, np.int32)
    while len(at):
        found[at, depth[here]] = here
        above = parent[here]
        at, here = at[above >= 0], above[above >= 0]
    return found


def roll_up(parent: Rows, ranks: NDArray[np.int8], rows: Rows, rank: int) -> Rows:
    """The row of a rank on the path of each row; the row itself where it lies at or above it.

    Args:
        parent: int32 (n,).
        ranks: int8 (n,), values of `Rank`.
        rows: int32 (k,).
        rank: a value of `Rank`.

    Returns:
        int32 (k,).
    """
    found = np.array(rows, np.int32)
    deeper = np.flatnonzero(ranks[found] > rank)
    while len(deeper):
        found[deeper] = parent[found[deeper]]
        deeper = deeper[ranks[found[deeper]] > rank]
    return found


def closure(parent: Rows, rows: Rows) -> Rows:
    """The rows and all above them: int32, ascending, each once.

    Args:
        parent: int32 (n,).
        rows: int32 (k,).
    """
    reached = np.zeros(len(parent), np.bool_)
    reached[rows] = True
    fresh = np.flatnonzero(reached)
    while len(fresh):
        above = parent[fresh]
        fresh = np.unique(above[(above >= 0) & ~reached[above]])
        reached[fresh] = True
    return np.flatnonzero(reached).astype(np.int32)


def within(ends: Rows, rows: Rows) -> NDArray[np.bool_]:
    """Which rows lie in the subtree of any of the given ones: bool (n,).

    Args:
        ends: int32 (n,), the first row after each subtree.
        rows: int32 (k,).
    """
    n = len(ends)
    change = np.bincount(rows, minlength=n + 1) - np.bincount(ends[rows], minlength=n + 1)
    return np.asarray(np.cumsum(change)[:n] > 0)


def siblings(parent: Rows, rows: Rows) -> tuple[NDArray[np.int64], Rows]:
    """The rows with the same parent as each, itself included, in order.

    Args:
        parent: int32 (n,).
        rows: int32 (k,).

    Returns:
        int64 (k + 1,), where those of each row begin, and int32, all of them one after the other.
    """
    order = np.argsort(parent, kind="stable").astype(np.int32)
    sorted_parents = parent[order]
    first = np.searchsorted(sorted_parents, parent[rows], "left")
    count = np.searchsorted(sorted_parents, parent[rows], "right") - first
    starts = np.concatenate(([0], np.cumsum(count))).astype(np.int64)
    places = np.arange(starts[-1]) + np.repeat(first - starts[:-1], count)
    return starts, order[places]
