"""Guesses where the documents of a deleted symbol went, where nobody says it.

Candidates are the symbols that the new release added, and those of the subclass that the deleted
one stood in. Each is scored by its words (own title, title path, definition) and by its place (same
subclass, same main group, below the deleted one before, added). A logistic regression turns this
into a confidence; its weights were fitted on the reclassification warnings of 2021.05 by
`benchmarks/transfers.py`, where its hits are written down.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from taxonomy.diff import uncompared
from taxonomy.symbol import Rank
from taxonomy.title_text import clean_title
from taxonomy.transfer import INFERRED, Transfer
from taxonomy.tree import Taxonomy

__all__ = ["FEATURES", "Evidence", "candidates", "gather", "infer"]

FEATURES = (
    "title", "path", "definition", "same title", "subclass", "main group", "child", "added",
)  # fmt: skip
WEIGHTS = np.array([0.81, 3.27, 0.48, 1.28, 1.90, 1.31, 2.19, 6.90])
BIAS = -13.52
NEAREST = 64
"""Candidates a symbol that are scored."""
ADDED = 0.5
"""What having been added counts beside the two cosines when the nearest are chosen."""
SAME = 0.97
"""Cosine from which two titles are the same."""
DEFINITION = 2000
"""Characters of a definition that are read."""
COLUMNS = 2**20
INHERITED = 0.6
"""What a word counts for each step that it stands higher in the title path."""
LEAST = 0.0001
"""A confidence is told between this and one less this, as more digits would say nothing."""
_BLOCK = 256
_WORD = re.compile(r"[a-z][a-z0-9]+|[0-9]+")
_ENDINGS = ("ings", "ing", "ies", "ed", "es", "s")
_STOP = frozenset(
    "of or and the for with to in by other than not having an as on from being at their its are is "
    "which eg ie such thereof therefor therewith".split()
)

Matrix: TypeAlias = sp.csr_matrix


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of the candidates of some deleted symbols.

    Attributes:
        rows: int32 (k, m), rows of the candidates in the new release, nearest words first; m is
            `NEAREST`, or less where the new release has fewer.
        features: float32 (k, m, len(FEATURES)).
    """

    rows: NDArray[np.int32]
    features: NDArray[np.float32]


def infer(
    symbols: Iterable[str],
    old: Taxonomy,
    new: Taxonomy,
    definitions: Mapping[str, str] | None = None,
    most: int = 3,
) -> dict[str, tuple[Transfer, ...]]:
    """The likeliest targets of symbols that the new release does not have.

    Args:
        symbols: main groups and subgroups of the old release; others get no answer, and neither
            do those of a subclass whose groups one of the releases lacks.
        old, new: the releases.
        definitions: symbol of the new release -> what its definition says.
        most: targets a symbol.

    Returns:
        Symbol -> transfers with source `INFERRED`, most confident first.

    Raises:
        ReleaseFileError: one of the releases has subgroups and the other does not.
    """
    asked = set(symbols)
    gone, added = _changed(old, new)
    lost = [row for row in gone.tolist() if old.symbols[row] in asked]
    if not lost:
        return {}
    pool = candidates(old, gone, new, added)
    evidence = gather(old, np.array(lost, np.int32), new, pool, added, definitions or {})
    score = evidence.features @ WEIGHTS + BIAS
    order = np.argsort(-score, axis=1, kind="stable")[:, :most]
    confidence = np.clip(1 / (1 + np.exp(-score)), LEAST, 1 - LEAST).round(4)
    return {
        symbol: tuple(
            Transfer(symbol, new.symbols[evidence.rows[i, j]], INFERRED, float(confidence[i, j]))
            for j in order[i]
        )
        for i, symbol in enumerate(old.symbols[row] for row in lost)
    }


def _changed(old: Taxonomy, new: Taxonomy) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """The rows of deleted groups in the old release, and which rows of the new one were added."""
    apart = uncompared(old, new)
    missing = (new.find(old.symbols) < 0) & (old.ranks >= Rank.MAIN_GROUP)
    gone = np.flatnonzero(missing & ~old.within(old.rows(apart)))
    added = (old.find(new.symbols) < 0) & ~new.within(new.rows(apart))
    return gone.astype(np.int32), added


def candidates(
    old: Taxonomy, gone: NDArray[np.int32], new: Taxonomy, added: NDArray[np.bool_]
) -> NDArray[np.int32]:
    """The rows of the groups that were added, and of those beside deleted ones: int32, ascending.

    Args:
        old: the release that has the deleted ones.
        gone: int32 (k,), their rows.
        new: the release to search.
        added: bool (n,), which of its rows are new.
    """
    homes = np.unique(old.rolled_up(gone, Rank.SUBCLASS))
    beside = new.find(old.symbols[row] for row in homes)
    near = added | new.within(beside[beside >= 0])
    return np.flatnonzero(near & (new.ranks >= Rank.MAIN_GROUP)).astype(np.int32)


def gather(
    old: Taxonomy,
    gone: NDArray[np.int32],
    new: Taxonomy,
    pool: NDArray[np.int32],
    added: NDArray[np.bool_],
    definitions: Mapping[str, str],
) -> Evidence:
    """The candidates of deleted symbols and what speaks for each; none is a candidate of itself.

    Args:
        old: the release that has them.
        gone: int32 (k,), their rows.
        new: the release to search.
        pool: int32, rows of the candidates; how rare a word is follows from all of them.
        added: bool (n,), which rows of the new release are new.
        definitions: symbol -> what its definition says.
    """
    place = np.full(len(new) + 1, -1)  # in the pool; the last one is of those that are not there
    place[pool] = np.arange(len(pool))
    itself = place[new.find(old.symbols[row] for row in gone)]
    most = min(NEAREST, len(pool) - bool((itself >= 0).any()))
    if not most or not len(gone):
        empty = np.empty((len(gone), 0, len(FEATURES)), np.float32)
        return Evidence(empty[:, :, 0].astype(np.int32), empty)
    theirs, ours = _bags(new, pool, definitions), _bags(old, gone, {})
    rarity = _rarity(theirs[0])
    nearest, words = _nearest(
        [_unit(bag @ rarity) for bag in ours],
        [_unit(bag @ rarity) for bag in theirs],
        added[pool],
        itself,
        most,
    )
    rows = pool[nearest]
    parts = (*words, words[0] > SAME, *_place(old, gone, new, rows), added[rows])
    return Evidence(rows, np.stack(parts, axis=2).astype(np.float32))


def _bags(
    tree: Taxonomy, rows: NDArray[np.int32], definitions: Mapping[str, str]
) -> tuple[Matrix, Matrix, Matrix]:
    """Words of k rows by their hashes: of the own titles, and of title paths and definitions."""
    lineage = tree.lineages(rows)[:, Rank.SUBCLASS :]
    at, level = np.nonzero(lineage >= 0)
    seen, column = np.unique(lineage[at, level], return_inverse=True)
    titles = _counted(clean_title(tree.titles[int(row)]) for row in seen)
    steps = tree.depths[rows][at] - Rank.SUBCLASS - level
    weights = sp.csr_matrix(
        (INHERITED ** steps.astype(np.float32), (at, column)), shape=(len(rows), len(seen))
    )
    own = titles[np.searchsorted(seen, rows)]
    defined = _counted(definitions.get(tree.symbols[row], "")[:DEFINITION] for row in rows)
    return own, weights @ titles, defined


def _counted(texts: Iterable[str]) -> Matrix:
    """float32 csr (k, 2**20): 1 + log of how often each word stands in each text."""
    starts: list[int] = [0]
    columns: list[int] = []
    values: list[int] = []
    for text in texts:
        told = Counter(_stem(w) for w in _WORD.findall(text.lower()) if w not in _STOP)
        columns += [zlib.crc32(word.encode()) % COLUMNS for word in told]
        values += told.values()
        starts.append(len(columns))
    data = 1 + np.log(np.array(values, np.float32))
    return sp.csr_matrix((data, columns, starts), shape=(len(starts) - 1, COLUMNS))


def _stem(word: str) -> str:
    """A word without a common English ending, where four letters are left."""
    ending = next((e for e in _ENDINGS if word.endswith(e) and len(word) - len(e) >= 4), "")
    return word[: len(word) - len(ending)]


def _rarity(titles: Matrix) -> sp.dia_matrix:
    """The weight of each word: how few titles have it."""
    having = np.bincount(titles.indices, minlength=COLUMNS)
    return sp.diags((np.log((1 + titles.shape[0]) / (1 + having)) + 1).astype(np.float32))


def _unit(bag: Matrix) -> Matrix:
    length = np.sqrt(np.asarray(bag.multiply(bag).sum(axis=1)).ravel())
    return (sp.diags(1 / np.maximum(length, 1e-9)) @ bag).tocsr()


def _nearest(
    ours: Sequence[Matrix],
    theirs: Sequence[Matrix],
    added: NDArray[np.bool_],
    itself: NDArray[np.int64],
    most: int,
) -> tuple[NDArray[np.int64], list[NDArray[np.float32]]]:
    """The candidates with the nearest words, each (k, most).

    Returns:
        Places in the pool, and cosines of own titles, of title paths, of title path and definition.
    """
    found, cosines = [], []
    columns = [their.T.tocsr() for their in theirs]
    bonus = (ADDED * added).astype(np.float32)
    for start in range(0, ours[0].shape[0], _BLOCK):
        block = slice(start, start + _BLOCK)
        near = [
            (mine[block] @ their).toarray()
            for mine, their in zip((*ours[:2], ours[1]), columns, strict=True)
        ]
        score = near[0] + near[1] + bonus
        own = np.flatnonzero(itself[block] >= 0)
        score[own, itself[block][own]] = -1
        best = np.argpartition(-score, most - 1, axis=1)[:, :most]
        best = np.take_along_axis(best, np.argsort(-np.take_along_axis(score, best, 1), 1), 1)
        found.append(best)
        cosines.append([np.take_along_axis(part, best, 1) for part in near])
    return np.concatenate(found), [np.concatenate(parts) for parts in zip(*cosines, strict=True)]


def _place(
    old: Taxonomy, gone: NDArray[np.int32], new: Taxonomy, rows: NDArray[np.int32]
) -> tuple[NDArray[np.bool_], ...]:
    """Whether it lies in the same subclass, in the same main group, lay below it before: (k, m)."""
    same = [
        _symbols(old, old.rolled_up(gone, rank))[:, None]
        == _symbols(new, new.rolled_up(rows.ravel(), rank)).reshape(rows.shape)
        for rank in (Rank.SUBCLASS, Rank.MAIN_GROUP)
    ]
    before = old.find(new.symbols[row] for row in rows.ravel().tolist()).reshape(rows.shape)
    below = (before > gone[:, None]) & (before < old.ends[gone][:, None])
    return same[0], same[1], below


def _symbols(tree: Taxonomy, rows: NDArray[np.int32]) -> NDArray[np.str_]:
    return np.array([tree.symbols[row] for row in rows.tolist()])
