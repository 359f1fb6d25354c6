"""How good the order of the guesses is, filing by filing.

With T the true symbols of a filing and r_i whether guess i is one of them:

    hit at k        1 if any of r_1 ... r_k
    precision at k  (r_1 + ... + r_k) / k
    recall at k     (r_1 + ... + r_k) / |T|
    nDCG at k       DCG / the best DCG:  DCG = sum of r_i / log2(i + 1),
                    the best has 1 in all of the first min(k, |T|) places
                    (Järvelin and Kekäläinen, "Cumulated gain-based evaluation", 2002)

A filing with fewer than k guesses has the missing ones wrong. The last three ask whether a guess is
wrong, so they are told only of filings whose labels are complete.

Propensity-scored precision at k (Jain, Prabhu and Varma, "Extreme Multi-label Loss Functions", KDD
2016, section 4) counts a right guess of symbol l with 1 / p_l, and is told, as in the Extreme
Classification Repository, as a share of the best that k guesses could reach:

    PSP at k = sum over filings of sum r_i / p_(guess i)
               by the same with the best k of T as guesses
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.evaluation.bootstrap import Statistic, mean, ratio
from training.evaluation.counts import Counts
from training.evaluation.judged import Judged

__all__ = ["DEPTHS", "ndcg", "propensity_scored", "ranking"]

Floats = NDArray[np.float64]

HITS = {"first": 1, "three": 3, "ten": 10}
DEPTHS = (1, 3, 5, 10)


def ranking(judged: Judged) -> dict[str, Statistic]:
    """``first``, ``three``, ``ten``; ``precision_at_K``, ``recall_at_K``, ``ndcg_at_K``."""
    found = {name: mean(judged.hit(depth).astype(np.float64)) for name, depth in HITS.items()}
    for depth in DEPTHS:
        hits = judged.right[:, :depth].sum(axis=1).astype(np.float64)
        for name, values in (
            ("precision", hits / depth),
            ("recall", hits / judged.sizes),
            ("ndcg", ndcg(judged, depth)),
        ):
            found[f"{name}_at_{depth}"] = mean(np.where(judged.complete, values, np.nan))
    return found


def ndcg(judged: Judged, depth: int) -> Floats:
    """nDCG at a depth of each filing: float64 (n,), in [0, 1]."""
    discount = 1 / np.log2(np.arange(2, depth + 2))
    seen = judged.right[:, :depth]
    best = np.concatenate(([0.0], np.cumsum(discount)))[np.minimum(judged.sizes, depth).astype(int)]
    return np.asarray(seen @ discount[: seen.shape[1]] / best)


def propensity_scored(judged: Judged, counts: Counts) -> dict[str, Statistic]:
    """``psp_at_K``, of filings whose labels are complete."""
    weight = np.array([*map(counts.inverse_propensity, judged.symbols), 0.0])
    gained = np.where(judged.right, weight[judged.columns], 0.0)
    wanted = [sorted(map(counts.inverse_propensity, w), reverse=True) for w in judged.wanted]
    told = judged.complete.astype(np.float64)
    return {
        f"psp_at_{depth}": ratio(
            gained[:, :depth].sum(axis=1) * told,
            np.array([sum(w[:depth]) for w in wanted]) * told,
        )
        for depth in DEPTHS
    }
