"""Figures against values counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from training.metrics import expected_calibration_error, hits, incoherent


def test_hits_counts_filings_with_labels_only() -> None:
    ranked = [["a", "b"], ["b", "a"], ["c", "d"]]
    wanted = [{"a"}, {"a"}, set()]
    assert hits(ranked, wanted, 1) == 0.5
    assert hits(ranked, wanted, 2) == 1.0


def test_calibration_error_by_hand() -> None:
    score = np.array([0.9, 0.9, 0.1, 0.1], np.float32)
    right = np.array([True, False, False, False])
    # bins of 0.9 and 0.1: |1 - 1.8| / 4 + |0 - 0.2| / 4
    assert expected_calibration_error(score, right) == pytest.approx(0.25, abs=1e-6)


def test_calibrated_scores_have_a_small_error() -> None:
    rng = np.random.default_rng(0)
    score = rng.random(50_000).astype(np.float32)
    right = rng.random(50_000) < score
    assert expected_calibration_error(score, right) < 0.01
    assert expected_calibration_error(score, ~right) > 0.3


def test_incoherent_counts_children_above_parents() -> None:
    parent = np.array([-1, 0, 0], np.int32)
    scores = np.array([[0.5, 0.6, 0.5], [0.5, 0.4, 0.1]], np.float32)
    assert incoherent(scores, parent) == 1
