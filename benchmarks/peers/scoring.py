"""What a peer's scores are worth: by the code that measures our own bundles."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp

from taxonomy.symbol import Rank
from training.evaluation.judged import judge
from training.evaluation.labelled import Labelled
from training.evaluation.predictions import Predictions
from training.evaluation.ranking import HITS
from training.evaluation.tree import Tree

__all__ = ["hits", "predictions"]

LIMIT = 10
"""Guesses kept: as many as the figures ask for."""


def predictions(names: Sequence[str], scores: sp.csr_matrix, limit: int = LIMIT) -> Predictions:
    """The best guesses of each filing.

    Args:
        names: the symbol of each column.
        scores: float32 csr (n_filings, len(names)); a label without an entry is not guessed.
        limit: most guesses of a filing.
    """
    kept: list[np.ndarray] = [np.empty(0, np.int64)]
    starts = [0]
    for begin, end in zip(scores.indptr[:-1], scores.indptr[1:], strict=True):
        best = np.argsort(-scores.data[begin:end], kind="stable")[:limit] + begin
        kept.append(best)
        starts.append(starts[-1] + len(best))
    order = np.concatenate(kept)
    found = (scores.data[order].astype(np.float32), scores.indices[order], np.array(starts))
    matrix = sp.csr_array(found, shape=scores.shape)
    return Predictions(tuple(names), matrix, calibrated=False)


def hits(
    found: Predictions, data: Sequence[Labelled], tree: Tree, rank: Rank
) -> dict[str, float | int]:
    """Shares of filings one of whose first guesses is right: first, three, ten; and how many there
    are with a true symbol at that rank."""
    judged = judge(found, data, tree, rank)
    if not len(judged):
        return {"filings": 0}
    told = {name: round(float(judged.hit(k).mean()), 4) for name, k in HITS.items()}
    return {"filings": len(judged)} | told
