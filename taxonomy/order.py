"""Depth-first order of rows: what makes a subtree a slice, and the proof that it is one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from taxonomy.errors import ReleaseFileError

__all__ = ["subtree_ends"]


def subtree_ends(
    parent: NDArray[np.int32], symbols: tuple[str, ...], release: str
) -> NDArray[np.int32]:
    """Where the subtree of each row ends, and whether the rows are a tree in depth-first order.

    Args:
        parent: int32 (n,), rows of the parents, -1 for a section.
        symbols: n symbols, for messages.
        release: for messages.

    Returns:
        int32 (n,), the first row after each subtree.

    Raises:
        ReleaseFileError: a parent stands after its child, or a row outside its parent's subtree.
    """
    n = len(parent)
    rows = np.arange(n, dtype=np.int32)
    late = np.flatnonzero((parent >= rows) | (parent < -1))
    if late.size:
        row = int(late[0])
        raise ReleaseFileError(
            f"release {release}: {symbols[row]} in row {row} has row {int(parent[row])} as its "
            "parent; a parent must stand before its child, or the tree would have a circle"
        )
    sizes = np.ones(n + 1, np.int64)  # the last one is of the root above the sections
    levels, at = [], parent
    while (at >= 0).any():
        levels.append(np.flatnonzero(at >= 0))
        at = np.where(at >= 0, parent[at], -1)
    depth = np.zeros(n, np.int64)
    for deeper in levels:
        depth[deeper] += 1
    for level in range(len(levels), -1, -1):
        these = np.flatnonzero(depth == level)
        sizes += np.bincount(parent[these], sizes[these], n + 1).astype(np.int64) if level else 0
    order = np.argsort(parent, kind="stable")
    before = np.cumsum(sizes[order]) - sizes[order]
    firsts = np.searchsorted(parent[order], parent[order])
    expected = parent[order] + 1 + before - before[firsts]
    wrong = np.flatnonzero(expected != order)
    if wrong.size:
        row = int(order[wrong].min())
        raise ReleaseFileError(
            f"release {release}: {symbols[row]} in row {row} does not stand in the subtree of "
            "its parent; rows must be in depth-first order"
        )
    return (rows + sizes[:n]).astype(np.int32)
