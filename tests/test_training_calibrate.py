"""The assignment threshold keeps its guarantee."""

from __future__ import annotations

import numpy as np

from training.calibrate import assign_threshold

PRECISION, CONFIDENCE = 0.9, 0.95


def _draw(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Scores that are too high by a tenth: P(right | score) = score - 0.1."""
    score = rng.random(n).astype(np.float32)
    return score, rng.random(n) < score - 0.1


def test_precision_is_kept_as_often_as_promised() -> None:
    rng = np.random.default_rng(11)
    broken = given = 0
    for _ in range(300):
        threshold = assign_threshold(*_draw(rng, 2000), PRECISION, CONFIDENCE)
        if threshold <= 1:
            given += 1
            # the true precision above t is the mean of s - 0.1 over [t, 1]
            broken += (threshold + 1) / 2 - 0.1 < PRECISION
    assert broken <= 0.08 * 300
    strong = rng.random(2000).astype(np.float32)
    assert 0 < assign_threshold(strong, strong > 0.3, PRECISION, CONFIDENCE) < 0.5


def test_no_threshold_where_nothing_can_be_promised() -> None:
    score = np.linspace(0, 1, 500, dtype=np.float32)
    assert assign_threshold(score, np.zeros(500, bool), PRECISION, CONFIDENCE) == 2.0
    assert assign_threshold(score[:10], np.ones(10, bool), PRECISION, CONFIDENCE) == 2.0
