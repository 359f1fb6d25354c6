"""Whether a score of 0.8 is right in 80 of 100 filings.

    ECE = sum over bins of |bin| / n * |share right - mean score|

15 bins of equal width over [0, 1] (Guo et al., "On Calibration of Modern Neural Networks", ICML
2017) or with equally many scores each (Nixon et al., "Measuring Calibration in Deep Learning",
2019; such names end in ``_mass``). ``first``: of the first guess. ``stored``: of all guesses kept.
``all``: of all symbols of the rank, those not kept with the score 0.

An ECE is never 0 by chance: with few filings the bins are uneven even if every score is as good as
its word. ``ece_first_chance`` is the mean of 1,000 draws in which it is, and the bound that 95 % of
them keep.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from training.evaluation.bootstrap import Statistic
from training.evaluation.judged import Judged

__all__ = [
    "BINS",
    "calibration",
    "chance",
    "equal_mass",
    "equal_width",
    "expected_calibration_error",
]

Floats = NDArray[np.float64]
Bins = NDArray[np.int64]

BINS = 15
DRAWS = 1000


def equal_width(score: NDArray[np.float32], bins: int = BINS) -> Bins:
    """The bin of each score, over [0, 1]: int64 (n,)."""
    return np.minimum((score * bins).astype(np.int64), bins - 1)


def equal_mass(score: NDArray[np.float32], bins: int = BINS) -> Bins:
    """The bin of each score, equally many in each but for equal scores: int64 (n,)."""
    if not len(score):
        return np.zeros(0, np.int64)
    edges = np.quantile(score, np.arange(1, bins) / bins, method="higher")
    return np.searchsorted(edges, score, side="right").astype(np.int64)


def expected_calibration_error(
    score: NDArray[np.float32], right: NDArray[np.bool_], bins: int = BINS
) -> float:
    """The ECE with bins of equal width.

    Args:
        score: float32 (n,), in [0, 1].
        right: bool (n,).
    """
    gaps = np.bincount(equal_width(score, bins), weights=right - score.astype(np.float64))
    return float(np.abs(gaps).sum() / max(len(score), 1))


def calibration(judged: Judged) -> dict[str, Statistic]:
    """``ece_first``, ``ece_first_mass``, ``ece_stored``, ``ece_stored_mass``, ``ece_all``.

    Nothing where the scores are no probabilities or no labels are complete.
    """
    told = np.flatnonzero(judged.complete)
    if not judged.calibrated or not len(told):
        return {}
    n, kept = len(judged), judged.columns[told] >= 0
    first = judged.scores[told, 0], judged.right[told, 0]
    stored = judged.scores[told][kept], judged.right[told][kept]
    owner = np.repeat(told, kept.sum(axis=1))
    found: dict[str, Statistic] = {}
    for name, (score, right), whose in (("first", first, told), ("stored", stored, owner)):
        for kind, bins in (("", equal_width(score)), ("_mass", equal_mass(score))):
            gaps = _gaps(score, right, bins, whose, n)
            found[f"ece_{name}{kind}"] = _error(gaps, np.bincount(whose, minlength=n))
    everything = _gaps(*stored, equal_width(stored[0]), owner, n)
    columns = frozenset(judged.symbols)
    everything[told, 0] += [
        len(judged.wanted[i] & columns) - int(judged.right[i].sum()) for i in told
    ]
    found["ece_all"] = _error(everything, judged.complete * len(judged.symbols))
    return found


def chance(judged: Judged, seed: int) -> Mapping[str, float]:
    """``mean`` and ``most`` (95 % of draws are below) of the first guess's ECE by chance alone."""
    score = judged.scores[judged.complete, 0].astype(np.float64)
    bins = np.eye(BINS)[equal_width(judged.scores[judged.complete, 0])]
    rng = np.random.default_rng(seed)
    drawn = rng.random((DRAWS, len(score))) < score
    errors = np.abs((drawn - score) @ bins).sum(axis=1) / max(len(score), 1)
    return {"mean": float(errors.mean()), "most": float(np.quantile(errors, 0.95))}


def _gaps(
    score: NDArray[np.float32], right: NDArray[np.bool_], bins: Bins, owner: Bins, n: int
) -> Floats:
    """How much more often right than the score says, by filing and bin: float64 (n, 15)."""
    surplus: Floats = right - score.astype(np.float64)
    sums = np.bincount(owner * BINS + bins, weights=surplus, minlength=n * BINS)
    return np.asarray(sums.reshape(n, BINS), np.float64)


def _error(gaps: Floats, count: NDArray) -> Statistic:
    """The ECE of sums of gaps, each filing having so many scores."""

    def value(w: Floats) -> Floats:
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(np.abs(w @ gaps).sum(axis=1) / (w @ count))

    return value
