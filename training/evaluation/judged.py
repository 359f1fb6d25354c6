"""Guesses beside the truth: what every figure is made of.

An unlisted symbol is wrong only where the labels of its filing are complete. Figures that ask
whether a guess is wrong therefore look at those filings alone; whether one of so many guesses is
right is asked of all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from taxonomy.symbol import Rank, Symbol
from training.evaluation.labelled import Labelled
from training.evaluation.predictions import Predictions
from training.evaluation.tree import Tree

__all__ = ["Evaluation", "Judged", "incoherent", "judge"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """The guesses for those filings that have a true symbol at one rank, and which are right.

    Attributes:
        symbols: the symbol of each column.
        columns: int32 (n, width), the guesses of each filing, best first; -1 after the last.
        scores: float32 (n, width), 0 after the last.
        right: bool (n, width).
        wanted: the true symbols of each filing, whether there is a column for them or not.
        complete: bool (n,), whether there are no other true symbols.
        languages: ISO 639-1, or "unknown".
        calibrated: whether scores are probabilities.
    """

    symbols: tuple[str, ...]
    columns: NDArray[np.int32]
    scores: NDArray[np.float32]
    right: NDArray[np.bool_]
    wanted: tuple[frozenset[str], ...]
    complete: NDArray[np.bool_]
    languages: tuple[str, ...]
    calibrated: bool

    def __len__(self) -> int:
        return len(self.wanted)

    @property
    def sizes(self) -> Floats:
        """How many true symbols each filing has: float64 (n,)."""
        return np.array([len(w) for w in self.wanted], np.float64)

    def hit(self, depth: int) -> NDArray[np.bool_]:
        """Whether one of the first ``depth`` guesses is right: bool (n,)."""
        return np.asarray(self.right[:, :depth].any(axis=1))

    def take(self, chosen: NDArray[np.bool_]) -> Judged:
        """Some of the filings: bool (n,)."""
        at = np.flatnonzero(chosen)
        return Judged(
            self.symbols,
            self.columns[at],
            self.scores[at],
            self.right[at],
            tuple(self.wanted[i] for i in at),
            self.complete[at],
            tuple(self.languages[i] for i in at),
            self.calibrated,
        )

    @staticmethod
    def stack(parts: Sequence[Judged]) -> Judged:
        """Several, of other filings but the same symbols, in one."""
        first, width = parts[0], max(p.columns.shape[1] for p in parts)
        if any(p.symbols != first.symbols for p in parts):
            raise ValueError("guesses among different symbols cannot be put together")
        return Judged(
            first.symbols,
            np.concatenate([_widened(p.columns, width, -1) for p in parts]),
            np.concatenate([_widened(p.scores, width, 0) for p in parts]),
            np.concatenate([_widened(p.right, width, 0) for p in parts]),
            tuple(w for p in parts for w in p.wanted),
            np.concatenate([p.complete for p in parts]),
            tuple(x for p in parts for x in p.languages),
            all(p.calibrated for p in parts),
        )


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """What a model said of labelled filings at each rank, and what was true.

    Attributes:
        filings: how many.
        incoherent: guesses that score above their parent's guess.
        ranks: those at which a filing has a true symbol.
    """

    filings: int
    incoherent: int
    ranks: Mapping[Rank, Judged]

    @classmethod
    def of(
        cls, predictions: Mapping[Rank, Predictions], data: Sequence[Labelled], tree: Tree
    ) -> Evaluation:
        """Judge the predictions for some filings; sections are looked at for coherence only."""
        ranks = {
            rank: judge(found, data, tree, rank)
            for rank, found in sorted(predictions.items())
            if rank > Rank.SECTION
        }
        wrong = incoherent(predictions, tree)
        return cls(len(data), wrong, {rank: found for rank, found in ranks.items() if len(found)})

    @classmethod
    def stack(cls, parts: Sequence[Evaluation]) -> Evaluation:
        """Several, of other filings, in one."""
        ranks = sorted({rank for p in parts for rank in p.ranks})
        return cls(
            sum(p.filings for p in parts),
            sum(p.incoherent for p in parts),
            {r: Judged.stack([p.ranks[r] for p in parts if r in p.ranks]) for r in ranks},
        )


def judge(predictions: Predictions, data: Sequence[Labelled], tree: Tree, rank: Rank) -> Judged:
    """Compare guesses with true symbols rolled up to their rank; filings without one are left out.

    Args:
        predictions: for each filing of ``data``, in that order.
        data: labelled filings.
        tree: tells where the true symbols lie.
        rank: of the predictions.
    """
    if len(predictions) != len(data):
        raise ValueError(f"{len(predictions)} predictions for {len(data)} filings")
    wanted = [truth(d, tree, rank) for d in data]
    kept = [i for i, true in enumerate(wanted) if true]
    column = {symbol: i for i, symbol in enumerate(predictions.symbols)}
    lengths = np.diff(predictions.scores.indptr)[kept]
    width = int(lengths.max(initial=1))
    columns = np.full((len(kept), width), -1, np.int32)
    scores = np.zeros((len(kept), width), np.float32)
    right = np.zeros((len(kept), width), np.bool_)
    for at, i in enumerate(kept):
        guesses, values = predictions.entries(i)
        true = [column[s] for s in wanted[i] if s in column]
        columns[at, : len(guesses)], scores[at, : len(guesses)] = guesses, values
        right[at, : len(guesses)] = np.isin(guesses, true)
    return Judged(
        predictions.symbols,
        columns,
        scores,
        right,
        tuple(wanted[i] for i in kept),
        np.array([data[i].complete for i in kept], np.bool_),
        tuple(data[i].filing.language or "unknown" for i in kept),
        predictions.calibrated,
    )


def truth(labelled: Labelled, tree: Tree, rank: Rank) -> frozenset[str]:
    """The true symbols of a filing at a rank; those given above it are left out."""
    symbols = (tree.at(str(Symbol.parse(text)), rank) for text in labelled.symbols)
    return frozenset(symbol for symbol in symbols if symbol)


def incoherent(predictions: Mapping[Rank, Predictions], tree: Tree) -> int:
    """How many guesses score above their parent in the tree.

    A parent that was not guessed scores no more than the least guess of its rank. Guesses whose
    parent's rank was not predicted are not counted.
    """
    return sum(
        _above_parent(below, predictions[Rank(rank - 1)], tree, Rank(rank - 1))
        for rank, below in predictions.items()
        if rank - 1 in predictions
    )


def _above_parent(below: Predictions, above: Predictions, tree: Tree, rank: Rank) -> int:
    """Guesses of ``below`` that score above their ancestor at the rank of ``above``."""
    place = {symbol: i for i, symbol in enumerate(above.symbols)}
    parents = np.array([place.get(tree.at(s, rank), -1) for s in below.symbols], np.int64)
    wrong = 0
    known = np.zeros(len(above.symbols) + 1, np.float32)
    for filing in range(len(below)):
        columns, scores = above.entries(filing)
        known[:] = scores.min(initial=1.0) if len(scores) else 0.0
        known[columns] = scores
        known[-1] = 1.0
        guesses, values = below.entries(filing)
        wrong += int((values > known[parents[guesses]]).sum())
    return wrong


def _widened(values: NDArray, width: int, filler: int) -> NDArray:
    return np.pad(values, ((0, 0), (0, width - values.shape[1])), constant_values=filler)
