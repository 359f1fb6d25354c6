"""From the scores of all label rows to the few that are suggested. Pure functions on arrays.

Back-off: without a level, a filing gets the deepest rows whose score clears the threshold: a row
that clears it is suggested unless a row below it does too. A subgroup's score is then that of the
symbol or one below it, like any other row's; only among subgroups alone (`level` subgroup) is it
the score of the very symbol, or else a subgroup would never stand behind the one it lies in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from cpc_classifier.hierarchy import Hierarchy
from cpc_classifier.subgroup_scores import SubgroupScores
from cpc_classifier.subgroups import Subgroups
from taxonomy.symbol import Rank

__all__ = ["SuggestionBatch", "decode", "decode_subgroups"]

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class SuggestionBatch:
    """Suggested rows of many filings: label rows, or deep rows where subgroups are among them.

    Attributes:
        matrix: float32 csr (B, n) or (B, n + s); within a filing, entries are in order of their
            scores, best first, ties by row. A suggestion with score 0 is an explicit entry.
    """

    matrix: sp.csr_array

    def __len__(self) -> int:
        return int(self.matrix.shape[0])

    def filing(self, index: int) -> tuple[NDArray[np.int32], Floats]:
        """Rows int32 (k,) and scores float32 (k,) of one filing, best first."""
        span = slice(self.matrix.indptr[index], self.matrix.indptr[index + 1])
        return self.matrix.indices[span], self.matrix.data[span]


def decode(
    scores: Floats,
    hierarchy: Hierarchy,
    level: Rank | None,
    limit: int,
    threshold: float,
    covered: Sequence[NDArray[np.int32]] = (),
) -> SuggestionBatch:
    """Choose the label rows that are suggested for each filing.

    Args:
        scores: float32 (B, n), in [0, 1], no row above its parent.
        hierarchy: the label rows; inactive ones are never suggested.
        level: only rows of this rank; None: the deepest that clear the threshold.
        limit: at most this many a filing, at least 1.
        threshold: least score of a suggestion, in [0, 1].
        covered: of each filing, rows that are not suggested without a level, since something below
            them is.
    """
    if level is None:
        rows = np.flatnonzero(hierarchy.active).astype(np.int32)
    else:
        at = hierarchy.rows_at(level)
        rows = at[hierarchy.active[at]]
    values = np.ascontiguousarray(np.take(scores, rows, axis=1), np.float32)
    eligible = values >= np.float32(threshold)
    if level is None:
        eligible &= ~_has_clear_child(eligible, rows, hierarchy)
        for filing, above in enumerate(covered):
            eligible[filing] &= ~np.isin(rows, above)
    return _best(values, eligible, rows, len(hierarchy), limit)


def decode_subgroups(
    scores: Floats,
    deep: SubgroupScores,
    hierarchy: Hierarchy,
    subgroups: Subgroups,
    level: Rank | None,
    limit: int,
    threshold: float,
) -> SuggestionBatch:
    """Choose the suggestions of each filing where subgroups are among them.

    Args:
        scores: float32 (B, n), as in `decode`.
        deep: scores of subgroups.
        hierarchy: the label rows.
        subgroups: those below them.
        level: subgroup: rank the very symbols; None: the deepest rows that clear the threshold.
        limit: as in `decode`.
        threshold: as in `decode`.
    """
    n = len(hierarchy)
    found = [deep.filing(i) for i in range(len(scores))]
    if level == Rank.SUBGROUP:
        chosen = [(at[own >= threshold] + n, own[own >= threshold]) for at, own, _ in found]
        return _ranked(chosen, n + len(subgroups), limit)
    below, above = [], []
    for at, _, subtree in found:
        clear = at[subtree >= threshold]
        parents = subgroups.parent[clear]
        above.append(parents[parents < n])
        kept = clear[~np.isin(clear, parents - n)]
        below.append((kept + n, subtree[np.searchsorted(at, kept)]))
    dense = decode(scores, hierarchy, None, limit, threshold, above)
    merged = [
        (np.concatenate((rows, deeper)), np.concatenate((values, more)))
        for (rows, values), (deeper, more) in zip(
            (dense.filing(i) for i in range(len(scores))), below, strict=True
        )
    ]
    return _ranked(merged, n + len(subgroups), limit)


def _ranked(
    chosen: Sequence[tuple[NDArray[np.int32], Floats]], width: int, limit: int
) -> SuggestionBatch:
    """The best of some rows of each filing, ties by row, as a csr of that width."""
    parts = []
    for rows, values in chosen:
        order = np.lexsort((rows, -values))[:limit]
        parts.append((rows[order], values[order]))
    indptr = np.cumsum([0, *(len(rows) for rows, _ in parts)]).astype(np.int32)
    rows = np.concatenate([rows for rows, _ in parts]).astype(np.int32)
    values = np.concatenate([values for _, values in parts]).astype(np.float32)
    return SuggestionBatch(sp.csr_array((values, rows, indptr), shape=(len(parts), width)))


def _has_clear_child(
    clear: NDArray[np.bool_], rows: NDArray[np.int32], hierarchy: Hierarchy
) -> NDArray[np.bool_]:
    """Whether a child of the row is clear: bool (B, len(rows))."""
    column = np.full(len(hierarchy) + 1, len(rows), np.int32)
    column[rows] = np.arange(len(rows), dtype=np.int32)
    above = column[hierarchy.parent[rows]]  # row -1, no parent, is the column past the last
    covered = np.zeros((len(clear), len(rows) + 1), np.bool_)
    filing, at = np.nonzero(clear)
    covered[filing, above[at]] = True
    return covered[:, :-1]


def _best(
    values: Floats, eligible: NDArray[np.bool_], rows: NDArray[np.int32], width: int, limit: int
) -> SuggestionBatch:
    """The best eligible columns of each filing, ties by column, as a csr of that width."""
    # The bits of floats >= 0 order as the floats do; the column in the low half settles ties, so
    # that the choice is the same on every machine.
    columns = values.shape[1]
    keys = (values + np.float32(0)).view(np.int32).astype(np.int64) << 32
    keys |= np.arange(columns - 1, -1, -1, dtype=np.int64)
    np.bitwise_not(keys, out=keys, where=~eligible)  # below 0, and still all different
    kept = min(limit, columns)
    keys = np.partition(keys, columns - kept, axis=1)[:, columns - kept :] if kept else keys[:, :0]
    keys = -np.sort(-keys, axis=1)
    chosen = keys >= 0
    flat = keys[chosen]
    column = columns - 1 - (flat & 0xFFFFFFFF)
    data = (flat >> 32).astype(np.int32).view(np.float32)
    indptr = np.concatenate(([0], np.cumsum(chosen.sum(axis=1)))).astype(np.int32)
    matrix = sp.csr_array((data, rows[column], indptr), shape=(len(values), width))
    return SuggestionBatch(matrix)
