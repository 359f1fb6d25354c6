"""The assignment threshold keeps its guarantee."""

from __future__ import annotations

import numpy as np
import pytest

from cpc_classifier.hierarchy import Hierarchy
from cpc_classifier.memory import Memory
from cpc_classifier.scoring import Scoring
from cpc_classifier.subgroups import Subgroups
from taxonomy.symbol import Rank
from training.calibrate import Observed, assign_threshold, fit_calibration
from training.corpus import Known
from training.errors import CorpusError

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


HIERARCHY = Hierarchy(
    ("A", "A01", *(f"A01{letter}" for letter in "BCDFGHJK"), "A01B1/00"),
    np.array([-1, 0, *[1] * 8, 2], np.int32),
    np.array([0, 1, *[2] * 8, 3], np.int8),
)
SUBCLASSES = HIERARCHY.rows_at(Rank.SUBCLASS)
NONE = Subgroups(len(HIERARCHY), (), np.zeros(0, np.int32))


def _observed(n: int, slope: float) -> tuple[Observed, Memory]:
    """Filings whose subclasses apply with sigmoid(slope * logit), a memory without a clue."""
    rng = np.random.default_rng(5)
    logits = rng.normal(0, 2, (n, len(HIERARCHY))).astype(np.float32)
    applies = rng.random((n, 8)) < 1 / (1 + np.exp(-slope * logits[:, SUBCLASSES]))
    applies[~applies.any(1), 0] = True
    rows = [HIERARCHY.closure(SUBCLASSES[yes]) for yes in applies]
    vectors = rng.normal(size=(200, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    items = [SUBCLASSES[i % 8 : i % 8 + 1] for i in range(200)]
    memory = Memory.pack(vectors, items, [f"f\t{i}" for i in range(200)])
    queries = vectors[rng.integers(200, size=n)]
    return Observed(queries, logits, rows, np.full(n, Known.ALL, np.int8)), memory


def test_the_slope_of_the_head_is_found() -> None:
    data, memory = _observed(1500, slope=0.5)
    found = fit_calibration(data, memory, HIERARCHY, NONE, PRECISION, CONFIDENCE)
    assert found.alpha[Rank.SUBCLASS] == pytest.approx(0.5, abs=0.1)
    assert found.beta[Rank.SUBCLASS] == pytest.approx(0.0, abs=0.1)
    scoring = Scoring(HIERARCHY, NONE, memory, found)
    masses = scoring.masses(scoring.evidence(data.logits, data.queries))
    scores = HIERARCHY.products(found.conditionals(data.logits, masses, HIERARCHY))
    true = np.array([np.isin(SUBCLASSES, listed) for listed in data.rows])
    np.testing.assert_allclose(scores[:, SUBCLASSES].mean(0), true.mean(0), atol=0.04)


def test_too_few_complete_records_are_refused() -> None:
    data, memory = _observed(40, slope=1.0)
    with pytest.raises(CorpusError, match="at least 50"):
        fit_calibration(data, memory, HIERARCHY, NONE, PRECISION, CONFIDENCE)
