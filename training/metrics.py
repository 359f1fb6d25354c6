"""Figures of quality, as pure functions. Formulas stand in the docstrings."""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet

import numpy as np
from numpy.typing import NDArray

__all__ = ["expected_calibration_error", "hits", "incoherent"]


def hits(ranked: Sequence[Sequence[str]], wanted: Sequence[AbstractSet[str]], depth: int) -> float:
    """Share of filings with at least one true symbol among the first ``depth`` suggestions.

    Args:
        ranked: the suggested symbols of each filing, best first.
        wanted: its true symbols; a filing without one is not counted.
    """
    counted = [bool(set(r[:depth]) & w) for r, w in zip(ranked, wanted, strict=True) if w]
    return float(np.mean(counted)) if counted else float("nan")


def expected_calibration_error(
    score: NDArray[np.float32], right: NDArray[np.bool_], bins: int = 15
) -> float:
    """sum over bins of |bin| / n * |share right - mean score|, bins of equal width over [0, 1].

    Guo et al., "On Calibration of Modern Neural Networks", 2017.

    Args:
        score: float32 (n,), in [0, 1].
        right: bool (n,).
    """
    at = np.minimum((score * bins).astype(int), bins - 1)
    n = np.bincount(at, minlength=bins)
    gap = np.abs(
        np.bincount(at, weights=right, minlength=bins)
        - np.bincount(at, weights=score, minlength=bins)
    )
    return float(gap[n > 0].sum() / max(len(score), 1))


def incoherent(scores: NDArray[np.float32], parent: NDArray[np.int32]) -> int:
    """How many scores are above that of the row's parent.

    Args:
        scores: float32 (n, n_rows).
        parent: int32 (n_rows,), -1 for a section.
    """
    below = np.flatnonzero(parent >= 0)
    return int((scores[:, below] > scores[:, parent[below]]).sum())
