"""The way from the first guess to the nearest true symbol."""

from __future__ import annotations

import math

from tiny_guesses import TREE, judged, value

from training.evaluation.distance import tree_distance


def test_the_nearest_true_symbol_counts() -> None:
    found = judged(
        ([("A01B", 0.9)], ["A01B", "Y02E"]),
        ([("A01B", 0.9)], ["Y02E", "A61B"]),
        ([("A01B", 0.9)], ["Y02E"]),
    )
    assert value(tree_distance(found, TREE)["tree_distance"], 3) == (0 + 4 + 6) / 3


def test_no_guess_is_as_far_as_the_top() -> None:
    assert value(tree_distance(judged(([], ["A01B"])), TREE)["tree_distance"], 1) == 3


def test_incomplete_labels_tell_no_distance() -> None:
    found = judged(([("A01B", 0.9)], ["Y02E"]), complete=[False])
    assert math.isnan(value(tree_distance(found, TREE)["tree_distance"], 1))
