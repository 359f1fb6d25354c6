from __future__ import annotations

import dataclasses

import numpy as np
from test_cpc_classifier_calibration import FITTED, MINI, ROW

from cpc_classifier.hierarchy import Hierarchy
from cpc_classifier.routing import best_places, route
from taxonomy.symbol import Rank


def test_a_score_at_the_threshold_is_assigned_with_the_numbers() -> None:
    found = route("H01M", 0.88, FITTED)
    assert found.decision == "assign"
    assert found.reason == (
        "subclass H01M scores 0.88, at least the threshold 0.88 "
        "(precision 0.90 with confidence 0.95 on the calibration split)"
    )


def test_a_lower_score_is_reviewed() -> None:
    found = route("H01M", 0.8799, FITTED)
    assert found.decision == "review"
    assert "below the threshold" in found.reason


def test_without_a_place_or_a_threshold_everything_is_reviewed() -> None:
    assert route("", 1.0, FITTED).decision == "review"
    never = dataclasses.replace(FITTED, assign_threshold=1.5)
    assert route("H01M", 1.0, never).decision == "review"


def test_the_place_is_the_best_active_subclass_outside_section_y() -> None:
    scores = np.zeros((1, len(MINI)), np.float32)
    scores[0, [ROW["Y02E"], ROW["H01M"], ROW["A01B"], ROW["H"]]] = [0.9, 0.8, 0.7, 0.95]
    assert best_places(scores, MINI, Rank.SUBCLASS).tolist() == [ROW["H01M"]]
    active = np.ones(len(MINI), bool)
    active[ROW["H01M"]] = False
    tree = Hierarchy(MINI.symbols, MINI.parent, MINI.rank, active)
    assert best_places(scores, tree, Rank.SUBCLASS).tolist() == [ROW["A01B"]]


def test_there_may_be_no_place() -> None:
    tree = Hierarchy(("Y",), np.array([-1]), np.array([0]))
    assert best_places(np.ones((2, 1), np.float32), tree, Rank.SUBCLASS).tolist() == [-1, -1]
