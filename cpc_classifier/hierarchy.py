"""The label rows as a tree of plain arrays: what the hot path needs of the scheme, and no more.

Owns the products over paths, closures and masses of sets of rows. Knows no titles and no files.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from taxonomy.symbol import Rank

__all__ = ["Hierarchy"]

Floats = NDArray[np.float32]
Rows = NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Hierarchy:
    """A forest of label rows; compared by identity, all arrays read-only.

    Attributes:
        symbols: the symbol of each row.
        parent: int32 (n,), the row above, -1 for a section.
        rank: int8 (n,), values of `Rank`.
        active: bool (n,), False for a row that is kept but no longer suggested.
        lineage: int32 (n, depth), the path of each row from the top down to the row itself in
            columns 0, 1, ...; -1 after it.
        siblings: float32 (n,), the number of rows with the same parent, the row included.
    """

    symbols: tuple[str, ...]
    parent: Rows
    rank: NDArray[np.int8]
    active: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, np.bool_))
    lineage: Rows = field(init=False)
    siblings: Floats = field(init=False)
    _levels: tuple[tuple[Rows, Rows], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        n = len(self.symbols)
        parent = np.array(self.parent, np.int32)
        rank = np.array(self.rank, np.int8)
        active = np.array(self.active, np.bool_) if len(self.active) else np.ones(n, np.bool_)
        if not parent.shape == rank.shape == active.shape == (n,):
            raise ValueError(
                f"{n} symbols, but parent {parent.shape}, rank {rank.shape}, active {active.shape}"
            )
        lineage = _lineage(parent)
        depth = (lineage >= 0).sum(axis=1) - 1
        levels = tuple(
            (at, parent[at])
            for at in (
                np.flatnonzero(depth == d).astype(np.int32) for d in range(1, lineage.shape[1])
            )
        )
        siblings = np.bincount(parent + 1, minlength=n + 1)[parent + 1].astype(np.float32)
        for name, value in (
            ("parent", parent),
            ("rank", rank),
            ("active", active),
            ("lineage", lineage),
            ("siblings", siblings),
        ):
            value.setflags(write=False)
            object.__setattr__(self, name, value)
        object.__setattr__(self, "_levels", levels)

    def __len__(self) -> int:
        return len(self.symbols)

    @property
    def deepest(self) -> Rank:
        """The deepest rank that has a row."""
        return Rank(int(self.rank.max()))

    def rows_at(self, rank: Rank) -> Rows:
        """The rows of one rank, ascending: int32 (rows of that rank,)."""
        return np.flatnonzero(self.rank == rank).astype(np.int32)

    def path_rows(self, row: int) -> tuple[int, ...]:
        """The ancestors of a row, section first, without the row itself."""
        path = self.lineage[row]
        return tuple(int(r) for r in path[path >= 0][:-1])

    def closure(self, rows: ArrayLike | Iterable[int]) -> Rows:
        """The rows and all their ancestors, ascending, each once: int32 (k,)."""
        given = np.asarray(rows if isinstance(rows, np.ndarray) else list(rows), np.int32)  # type: ignore[arg-type]
        closed = np.unique(self.lineage[given])
        return closed[closed >= 0]

    def products(self, conditional: Floats) -> Floats:
        """Scores of subtrees: each row's conditional times those of all its ancestors.

        No row scores above its parent, exactly: a rounded product with a factor of at most 1 is
        never above the other factor.

        Args:
            conditional: float32 (B, n), in [0, 1].

        Returns:
            float32 (B, n), in [0, 1].
        """
        scores = np.array(conditional, np.float32, order="C")
        for rows, parents in self._levels:
            scores[:, rows] = np.take(scores, rows, axis=1) * np.take(scores, parents, axis=1)
        return scores

    def parent_values(self, values: Floats, top: float) -> Floats:
        """The value of each row's parent, `top` where there is none: float32 (B, n)."""
        above = np.take(values, np.maximum(self.parent, 0), axis=1)
        above[:, self.parent < 0] = top
        return above

    def ancestors_csr(self) -> sp.csr_array:
        """float32 csr (n, n): 1 where the column is the row itself or one of its ancestors."""
        return self.closed_csr(np.arange(len(self) + 1), np.arange(len(self), dtype=np.int32))

    def closed_csr(self, indptr: ArrayLike, rows: ArrayLike) -> sp.csr_array:
        """Sets of rows, each closed under ancestors.

        Args:
            indptr: int (m + 1,), set i is `rows[indptr[i]:indptr[i + 1]]`.
            rows: int (nnz,).

        Returns:
            float32 csr (m, n) of ones, each row of a set once.
        """
        bounds = np.asarray(indptr, np.int64)
        n, m = len(self), len(bounds) - 1
        path = self.lineage[np.asarray(rows, np.int64)]
        owner = np.repeat(np.arange(m, dtype=np.int64), np.diff(bounds))
        keys = (owner[:, None] * n + path)[path >= 0]
        keys.sort()
        keys = keys[np.concatenate(([True], keys[1:] != keys[:-1]))] if keys.size else keys
        starts = np.searchsorted(keys, np.arange(m + 1, dtype=np.int64) * n).astype(np.int32)
        ones = np.ones(len(keys), np.float32)
        return sp.csr_array((ones, (keys % n).astype(np.int32), starts), shape=(m, n))


def _lineage(parent: Rows) -> Rows:
    """The path of every row from the top, padded with -1 at the end: int32 (n, depth)."""
    columns = [np.arange(len(parent), dtype=np.int32)]
    while (columns[-1] >= 0).any():
        if len(columns) > len(parent):
            raise ValueError("the parents form a circle")
        last = columns[-1]
        columns.append(np.where(last >= 0, parent[np.maximum(last, 0)], -1).astype(np.int32))
    upward = np.stack(columns[:-1], axis=1) if len(columns) > 1 else np.zeros((0, 0), np.int32)
    above = (upward >= 0).sum(axis=1, keepdims=True) - 1
    steps = above - np.arange(upward.shape[1])
    turned = np.take_along_axis(upward, np.maximum(steps, 0), axis=1)
    return np.where(steps >= 0, turned, -1).astype(np.int32)
