"""What a classifier says of labelled filings, in the form that every model is measured in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from tqdm import tqdm

from cpc_classifier.classifier import Classifier
from cpc_classifier.subgroup_scores import SubgroupScores
from taxonomy.symbol import Rank
from training.evaluation.labelled import Labelled
from training.evaluation.predictions import Predictions

__all__ = ["predict"]

BLOCK = 128
"""Filings scored together."""


def predict(
    classifier: Classifier, data: Sequence[Labelled], limit: int = 100
) -> dict[Rank, Predictions]:
    """The best symbols of each rank that a classifier scores, for each filing.

    Args:
        classifier: of the bundle.
        data: labelled filings.
        limit: most symbols of a rank that are kept for a filing.
    """
    scoring = classifier.scoring
    hierarchy, subgroups = scoring.hierarchy, scoring.subgroups
    rows = {rank: hierarchy.rows_at(rank) for rank in scoring.ranks if rank < Rank.SUBGROUP}
    rows = {rank: at[hierarchy.active[at]] for rank, at in rows.items()}
    symbols = {rank: tuple(hierarchy.symbols[r] for r in at) for rank, at in rows.items()}
    if Rank.SUBGROUP in scoring.ranks:
        symbols[Rank.SUBGROUP] = subgroups.symbols
    parts: dict[Rank, list[Predictions]] = {rank: [] for rank in symbols}
    for start in tqdm(range(0, len(data), BLOCK), desc="evaluate"):
        block = data[start : start + BLOCK]
        evidence = classifier.evidence([d.filing for d in block])
        scores = scoring.label_scores(evidence)
        for rank, at in rows.items():
            parts[rank].append(Predictions.best(symbols[rank], scores[:, at], limit))
        if Rank.SUBGROUP in symbols:
            deep = scoring.subgroup_scores(evidence, scores)
            parts[Rank.SUBGROUP].append(_subgroups(deep, subgroups.symbols, limit))
    return {rank: _together(symbols[rank], found) for rank, found in parts.items()}


def _subgroups(deep: SubgroupScores, symbols: tuple[str, ...], limit: int) -> Predictions:
    """The best of the very symbols."""
    kept: list[NDArray[np.int32]] = []
    scores: list[NDArray[np.float32]] = []
    for i in range(len(deep.indptr) - 1):
        at, own, _ = deep.filing(i)
        best = np.argsort(-own, kind="stable")[:limit]
        kept.append(at[best])
        scores.append(own[best])
    starts = np.cumsum([0, *(len(at) for at in kept)])
    shape = (len(kept), len(symbols))
    matrix = sp.csr_array((np.concatenate(scores), np.concatenate(kept), starts), shape=shape)
    return Predictions(symbols, matrix)


def _together(symbols: tuple[str, ...], parts: Sequence[Predictions]) -> Predictions:
    if not parts:
        return Predictions(symbols, sp.csr_array((0, len(symbols)), dtype=np.float32))
    return Predictions(symbols, sp.csr_array(sp.vstack([p.scores for p in parts], "csr")))
