"""What is gained by acting on sure first guesses only.

Filings are taken in the order of the score of their first guess. Coverage is the share taken, risk
the share of wrong first guesses among them (El-Yaniv and Wiener, "On the Foundations of Noise-free
Selective Classification", JMLR 2010). AURC is the mean risk over all coverages 1/n ... n/n
(Geifman, Uziel and El-Yaniv, "Bias-Reduced Uncertainty Estimation for Deep Neural Classifiers",
ICLR 2019). ``coverage_at_95`` is the largest coverage with a precision of at least 95 %, the
threshold being chosen on these filings: what is possible, not what is promised. What a bundle's own
threshold does, which was chosen on others, is told by ``assignment``, with the exact interval of
Clopper and Pearson, "The use of confidence or fiducial limits illustrated in the case of the
binomial", Biometrika 1934.

All are told only of filings whose labels are complete.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

from taxonomy.symbol import Rank
from training.evaluation.bootstrap import LEVEL, Statistic
from training.evaluation.judged import Judged

__all__ = ["AssignRule", "assignment", "clopper_pearson", "risk_coverage", "selective"]

Floats = NDArray[np.float64]

PRECISION = 0.95
COVERAGES = (25, 50, 75)
"""Percent."""


@dataclass(frozen=True, slots=True)
class AssignRule:
    """When a model assigns a filing without a review.

    Attributes:
        rank: whose best symbol outside section Y decides.
        threshold: the least score; above 1: never.
        precision: the share of right assignments promised...
        confidence: ...with this confidence.
    """

    rank: Rank
    threshold: float
    precision: float
    confidence: float


def selective(judged: Judged) -> dict[str, Statistic]:
    """``aurc``, ``coverage_at_95``, ``precision_at_coverage_25``, ``_50``, ``_75``."""
    order, right, last = _sorted(judged)

    def curve(w: Floats) -> tuple[Floats, Floats, Floats]:
        taken = w[:, order]
        coverage = np.cumsum(taken, axis=1)
        good = np.cumsum(taken * right, axis=1)
        return taken, coverage, good

    def aurc(w: Floats) -> Floats:
        taken, coverage, good = curve(w)
        with np.errstate(invalid="ignore", divide="ignore"):
            risk = np.where(coverage > 0, 1 - good / coverage, 0.0)
            return np.asarray((taken * risk).sum(axis=1) / taken.sum(axis=1))

    def reach(w: Floats) -> Floats:
        _, coverage, good = curve(w)
        enough = last & (good >= PRECISION * coverage)
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(np.where(enough, coverage, 0.0).max(axis=1) / coverage[:, -1])

    def precision(percent: int) -> Statistic:
        def value(w: Floats) -> Floats:
            _, coverage, good = curve(w)
            at = np.argmax(coverage >= percent / 100 * coverage[:, -1:], axis=1)[:, None]
            with np.errstate(invalid="ignore", divide="ignore"):
                chosen = np.take_along_axis(good, at, 1) / np.take_along_axis(coverage, at, 1)
            return np.asarray(chosen[:, 0])

        return value

    if not len(order):
        return {}
    shares = {f"precision_at_coverage_{percent}": precision(percent) for percent in COVERAGES}
    return {"aurc": aurc, "coverage_at_95": reach} | shares


def risk_coverage(judged: Judged) -> tuple[Floats, Floats]:
    """The curve: coverage and risk, each float64 (n,), at the end of each run of equal scores."""
    _, right, last = _sorted(judged)
    n = np.arange(1, len(right) + 1)
    return (n / max(len(n), 1))[last], (1 - np.cumsum(right) / n)[last]


def assignment(judged: Judged, rule: AssignRule) -> dict[str, Any]:
    """What assigning by a rule does, on filings whose labels are complete.

    Returns:
        ``rank``, ``threshold``, ``filings``, ``assigned``, ``coverage``; where any is assigned
        ``precision`` and its ``interval`` (95 %); what was ``promised`` with what ``confidence``,
        and whether it ``holds``: whether the interval reaches it.
    """
    told = judged.complete
    score, right = _places(judged)
    chosen = told & (score >= rule.threshold)
    n, k = int(chosen.sum()), int((right & chosen).sum())
    found: dict[str, Any] = {
        "rank": rule.rank.label,
        "threshold": rule.threshold,
        "filings": int(told.sum()),
        "assigned": n,
        "coverage": n / max(int(told.sum()), 1),
        "promised": rule.precision,
        "confidence": rule.confidence,
    }
    if n:
        low, high = clopper_pearson(k, n)
        found |= {"precision": k / n, "interval": [low, high], "holds": high >= rule.precision}
    return found


def clopper_pearson(right: int, n: int, level: float = LEVEL) -> tuple[float, float]:
    """The exact interval of a share of ``right`` in ``n`` independent trials."""
    tail = (1 - level) / 2
    low = float(beta.ppf(tail, right, n - right + 1)) if right else 0.0
    high = float(beta.ppf(1 - tail, right + 1, n - right)) if right < n else 1.0
    return low, high


def _places(judged: Judged) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Score of the best guess outside section Y, no place to route to, and whether it is right."""
    place = [not s.startswith("Y") for s in judged.symbols]
    usable = np.array([*place, False])[judged.columns]
    at = np.argmax(usable, axis=1)[:, None]
    score = np.where(usable, judged.scores, np.float32(-1))
    right = judged.right & usable
    return np.take_along_axis(score, at, 1)[:, 0], np.take_along_axis(right, at, 1)[:, 0]


def _sorted(judged: Judged) -> tuple[NDArray[np.int64], Floats, NDArray[np.bool_]]:
    """The filings that can tell, surest first; which are right; where runs of one score end."""
    told = np.flatnonzero(judged.complete)
    order = told[np.argsort(-judged.scores[told, 0], kind="stable")]
    score = judged.scores[order, 0]
    last = np.append(score[1:] != score[:-1], True)[: len(order)]
    return order, judged.right[order, 0].astype(np.float64), last
