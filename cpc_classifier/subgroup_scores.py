"""Scores of subgroups below the best main groups of a filing.

For a subgroup n of main group g, with x the filing:

    logit P(n | g) = title * log t_n(x) + vote * log(v_n(x) + FLOOR) + offset
    score of the very symbol n = s_g * P(n | g)

t_n is the softmax over the subgroups of g (and g itself) of the similarity of x to their vectors;
v_n the vote of the nearest items of the memory for the very symbol n. A subgroup's vector is that
of its title, moved towards the filings that have the symbol: t + sum(f) / (count + shrinkage), its
residual. Symbols are taken for independent of each other given their main group, so the score of a
whole subtree is s_g * (1 - product of (1 - P)) over it; it never grows downwards.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from cpc_classifier.calibration import SubgroupCalibration
from cpc_classifier.hierarchy import Hierarchy
from cpc_classifier.int4 import dot_int4, norms_int4, quantise
from cpc_classifier.memory import Memory
from cpc_classifier.subgroups import Subgroups

__all__ = ["Candidates", "SubgroupScorer", "SubgroupScores"]

Floats = NDArray[np.float32]

FLOOR = 1e-3
"""Vote of a symbol that no neighbour has."""
BLOCK = 32768
"""Items whose vectors are summed at once."""


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """All subgroups of the best main groups of some filings, and what speaks for each.

    Attributes:
        indptr: int64 (B + 1,), filing i has the candidates `indptr[i]:indptr[i + 1]`.
        at: int32 (nnz,), which subgroup, ascending within a filing; subtrees are whole.
        group: float32 (nnz,), score of its main group.
        title: float32 (nnz,), log t_n.
        vote: float32 (nnz,), log(v_n + FLOOR).
    """

    indptr: NDArray[np.int64]
    at: NDArray[np.int32]
    group: Floats
    title: Floats
    vote: Floats


@dataclass(frozen=True, slots=True, eq=False)
class SubgroupScores:
    """Scores of candidates; `indptr` and `at` as in `Candidates`.

    Attributes:
        own: float32 (nnz,), of the very symbol, never above `subtree`.
        subtree: float32 (nnz,), of the symbol or one below it.
    """

    indptr: NDArray[np.int64]
    at: NDArray[np.int32]
    own: Floats
    subtree: Floats

    def filing(self, index: int) -> tuple[NDArray[np.int32], Floats, Floats]:
        """`at`, `own` and `subtree` of one filing."""
        span = slice(self.indptr[index], self.indptr[index + 1])
        return self.at[span], self.own[span], self.subtree[span]


class SubgroupScorer:
    """Vectors of the subgroups, and the numbers that turn what speaks for one into a score."""

    def __init__(
        self,
        memory: Memory,
        hierarchy: Hierarchy,
        subgroups: Subgroups,
        numbers: SubgroupCalibration,
    ) -> None:
        """Move the titles' vectors towards their filings.

        Args:
            memory: its titles are those of the label rows and the subgroups.
            hierarchy: the label rows.
            subgroups: those below them.
            numbers: fitted.
        """
        self._memory, self._subgroups, self._numbers = memory, subgroups, numbers
        rows = np.arange(len(hierarchy), dtype=np.int32)
        deep = (subgroups.last > subgroups.first) & hierarchy.active
        self._groups = rows[deep]
        self._codes = _placed(memory, len(hierarchy), len(subgroups), numbers.shrinkage)
        self._norms = norms_int4(self._codes, memory.low, memory.step)

    def candidates(self, queries: Floats, votes: sp.csr_array, scores: Floats) -> Candidates:
        """The subgroups of each filing's best main groups.

        Args:
            queries: float32 (B, d), of length 1.
            votes: float32 csr (B, n + s), from `Votes.symbols`.
            scores: float32 (B, n), of the label rows.
        """
        kept = min(self._numbers.groups, len(self._groups))
        above = scores[:, self._groups]
        best = self._groups[np.sort(np.argpartition(-above, kept - 1, axis=1)[:, :kept], axis=1)]
        parts = [
            self._of_filing(queries[i], best[i], scores[i], _row(votes, i))
            for i in range(len(best))
        ]
        indptr = np.cumsum([0, *(len(part[0]) for part in parts)])
        at, group, title, vote = (np.concatenate(column) for column in zip(*parts, strict=True))
        return Candidates(indptr, at, group, title, vote)

    def _of_filing(
        self,
        query: Floats,
        groups: NDArray[np.int32],
        scores: Floats,
        votes: tuple[NDArray[np.int32], Floats],
    ) -> tuple[NDArray[np.int32], Floats, Floats, Floats]:
        first = self._subgroups.first[groups]
        order = np.argsort(first)
        groups, first = groups[order], first[order]
        count = self._subgroups.last[groups] - first
        starts = np.cumsum(count) - count
        at = np.repeat(first - starts, count) + np.arange(count.sum(), dtype=np.int32)
        low, step, t = self._memory.low, self._memory.step, self._numbers.temperature
        cosine = dot_int4(self._codes[at], self._norms[at], low, step, query)
        near = (cosine - 1).astype(np.float64) / t
        itself = (self._memory.vectors(groups) @ query - 1).astype(np.float64) / t
        total = np.add.reduceat(np.exp(near), starts) + np.exp(itself)
        title = near - np.repeat(np.log(total), count)
        columns, weights = votes
        wanted = at + np.int32(self._subgroups.labels)
        place = np.minimum(np.searchsorted(columns, wanted), max(len(columns) - 1, 0))
        vote = np.where(columns[place] == wanted, weights[place], 0) if len(columns) else 0 * title
        return (
            at.astype(np.int32),
            np.repeat(scores[groups], count),
            title.astype(np.float32),
            np.log(vote + FLOOR).astype(np.float32),
        )

    def scores(self, found: Candidates) -> SubgroupScores:
        """The scores of candidates."""
        c = self._numbers
        logit = (c.title * found.title + c.vote * found.vote + c.offset).astype(np.float64)
        log_not = -np.logaddexp(0.0, logit)  # log(1 - P)
        until = np.concatenate(([0.0], np.cumsum(log_not)))
        here = np.arange(len(found.at))
        end = here + (self._subgroups.end[found.at] - found.at)
        group = found.group.astype(np.float64)
        own = (group * -np.expm1(log_not)).astype(np.float32)
        subtree = (group * -np.expm1(until[end] - until[here])).astype(np.float32)
        return SubgroupScores(found.indptr, found.at, own, np.maximum(own, subtree))


def _row(matrix: sp.csr_array, index: int) -> tuple[NDArray[np.int32], Floats]:
    span = slice(matrix.indptr[index], matrix.indptr[index + 1])
    return matrix.indices[span], matrix.data[span]


def _placed(memory: Memory, labels: int, count: int, shrinkage: float) -> NDArray[np.uint8]:
    """Codes of the subgroups' vectors, uint8 (s, d / 2)."""
    indptr, rows = memory.item_rows()
    codes = memory.codes[labels : labels + count].copy()
    owner = np.repeat(np.arange(len(indptr) - 1), np.diff(indptr))
    filed = (owner >= memory.titles) & (rows >= labels)
    owner, at = owner[filed], rows[filed] - labels
    known, place, each = np.unique(at, return_inverse=True, return_counts=True)
    if not len(known):
        return codes
    weight = (1.0 / (each + shrinkage)).astype(np.float32)[place]
    moved = memory.vectors(known + labels)
    for start in range(memory.titles, len(memory), BLOCK):
        span = slice(start, min(start + BLOCK, len(memory)))
        inside = (owner >= span.start) & (owner < span.stop)
        items = sp.csr_array(
            (weight[inside], (place[inside], owner[inside] - start)),
            shape=(len(known), span.stop - span.start),
        )
        moved += items @ memory.vectors(span)
    moved /= np.maximum(np.linalg.norm(moved, axis=1, keepdims=True), np.finfo(np.float32).tiny)
    codes[known] = quantise(moved, memory.low, memory.step)
    return codes
