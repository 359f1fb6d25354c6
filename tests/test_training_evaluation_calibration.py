"""Calibration errors against values counted by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from tiny_guesses import SUBCLASSES, judged, some_judged, value

from training.evaluation.calibration import (
    calibration,
    chance,
    equal_mass,
    equal_width,
    expected_calibration_error,
)
from training.evaluation.judged import Judged


def test_calibration_error_by_hand() -> None:
    score = np.array([0.9, 0.9, 0.1, 0.1], np.float32)
    right = np.array([True, False, False, False])
    # bins of 0.9 and 0.1: |1 - 1.8| / 4 + |0 - 0.2| / 4
    assert expected_calibration_error(score, right) == pytest.approx(0.25, abs=1e-6)
    assert expected_calibration_error(score[:0], right[:0]) == 0.0


def test_calibrated_scores_have_a_small_error() -> None:
    rng = np.random.default_rng(0)
    score = rng.random(50_000).astype(np.float32)
    right = rng.random(50_000) < score
    assert expected_calibration_error(score, right) < 0.01
    assert expected_calibration_error(score, ~right) > 0.3


def test_bins_are_of_equal_width_or_of_equal_mass() -> None:
    score = np.linspace(0, 1, 31, dtype=np.float32) ** 2
    assert equal_width(np.array([0, 0.0667, 0.5, 1], np.float32)).tolist() == [0, 1, 7, 14]
    assert set(np.bincount(equal_mass(score, 5)).tolist()) <= {6, 7}
    ties = equal_mass(np.array([0.2] * 10 + [0.7] * 10, np.float32), 15)
    assert len(set(ties[:10].tolist())) == len(set(ties[10:].tolist())) == 1
    assert ties[0] != ties[-1]


def test_figures_by_hand() -> None:
    found = judged(
        ([("A01B", 0.7), ("A01C", 0.2)], ["A01B"]),
        ([("A01C", 0.6)], ["A01B"]),
        ([("A01C", 0.6)], ["A01B"]),
        complete=[True, True, False],
    )
    told = {name: value(s, 3) for name, s in calibration(found).items()}
    # each score has a bin of its own
    assert told["ece_first"] == pytest.approx((0.3 + 0.6) / 2)
    assert told["ece_first_mass"] == pytest.approx((0.3 + 0.6) / 2)
    assert told["ece_stored"] == pytest.approx((0.3 + 0.2 + 0.6) / 3)
    # of the second filing the true symbol was not kept: it scores 0, in the lowest bin
    assert told["ece_all"] == pytest.approx((0.3 + 0.2 + 0.6 + 1.0) / (2 * len(SUBCLASSES)))


@given(some_judged())
def test_the_error_of_all_symbols_is_that_of_dense_scores(found: Judged) -> None:
    if not found.complete.any():
        return
    n, width = len(found), len(found.symbols)
    dense, true = np.zeros((n, width), np.float32), np.zeros((n, width), bool)
    for i in range(n):
        kept = found.columns[i] >= 0
        dense[i, found.columns[i, kept]] = found.scores[i, kept]
        true[i, [found.symbols.index(s) for s in found.wanted[i]]] = True
    told = found.complete
    expected = expected_calibration_error(dense[told].ravel(), true[told].ravel())
    assert value(calibration(found)["ece_all"], n) == pytest.approx(expected, abs=1e-6)
    first = expected_calibration_error(found.scores[told, 0], found.right[told, 0])
    assert value(calibration(found)["ece_first"], n) == pytest.approx(first, abs=1e-6)


def test_nothing_is_said_without_probabilities_or_complete_labels() -> None:
    guesses = ([("A01B", 0.7)], ["A01B"])
    assert calibration(judged(guesses, calibrated=False)) == {}
    assert calibration(judged(guesses, complete=[False])) == {}


def test_chance_is_what_a_perfectly_calibrated_model_shows() -> None:
    rng = np.random.default_rng(4)
    scores = rng.random(300).round(3)
    errors = []
    for _ in range(40):
        right = rng.random(300) < scores
        errors.append(expected_calibration_error(scores.astype(np.float32), right))
    found = judged(*[([("A01B", float(s))], ["A01B"]) for s in scores])
    told = chance(found, seed=1)
    assert told["mean"] == pytest.approx(np.mean(errors), abs=0.01)
    assert told["mean"] < told["most"]
