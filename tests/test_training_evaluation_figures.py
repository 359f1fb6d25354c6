"""All figures together, of any model's guesses."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_guesses import TREE, labelled, predictions, some_judged, value

from taxonomy.symbol import Rank
from training.evaluation import AssignRule, Counts, measure
from training.evaluation.figures import statistics
from training.evaluation.judged import Judged

DATA = [
    labelled("A01B1/02"),
    labelled("A01B", language="ko"),
    labelled("Y02E", "A61B", complete=False),
]
GUESSES = {
    Rank.CLASS: predictions(
        [[("A01", 0.8)], [("A61", 0.6)], [("Y02", 0.5)]], ["A01", "A61", "Y02"]
    ),
    Rank.SUBCLASS: predictions(
        [[("A01B", 0.7), ("A01C", 0.2)], [("A61B", 0.6), ("A01B", 0.2)], [("Y02E", 0.4)]]
    ),
}
COUNTS = Counts(200, {"A": 150, "A01": 120, "A01B": 20})


def test_figures_by_hand() -> None:
    found = measure(GUESSES, DATA, TREE)
    assert (found["filings"], found["incoherent"]) == (3, 0)
    told = found["subclass"]
    assert (told["filings"], told["complete"]) == (3, 2)
    assert (told["first"], told["three"]) == (0.6667, 1.0)
    assert told["ece_first"] == pytest.approx((0.3 + 0.6) / 2, abs=1e-4)
    assert told["tree_distance"] == 2.0
    assert told["confused"] == [{"true": "A01B", "guess": "A61B", "filings": 1.0, "of": 2}]
    assert set(told["by_language"]) == {"en", "ko"}
    assert "main-group" not in found


def test_the_keys_of_the_manifest_are_there_and_are_json() -> None:
    rule = AssignRule(Rank.SUBCLASS, 0.65, 0.9, 0.95)
    found = measure(GUESSES, DATA, TREE, COUNTS, rule)
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    for rank in ("class", "subclass"):
        wanted = {"first", "three", "ten", "filings", "ece_first", "ece_all", "psp_at_5"}
        assert wanted <= found[rank].keys()
    assert found["assign"]["assigned"] == 1
    assert list(found["subclass"]["by_frequency"]) == ["torso", "unseen"]


def test_each_interval_holds_its_figure() -> None:
    told = measure(GUESSES, DATA, TREE, COUNTS)["subclass"]
    for name in ("first", "three", "recall_at_3", "hierarchical_f1", "psp_at_1", "f1_sample"):
        low, high = told["intervals"][name]
        assert low <= told[name] <= high


def test_incomplete_labels_say_nothing_of_what_is_wrong() -> None:
    data = [labelled("A01B", complete=False)] * 3
    told = measure(GUESSES, data, TREE, COUNTS)["subclass"]
    named = {name for name, found in told.items() if isinstance(found, float)}
    assert named == {"first", "three", "ten"}


def test_scores_that_are_no_probabilities_have_no_calibration_and_no_threshold() -> None:
    bare = {r: predictions([[("A01B", 3.0)], [], [("A01C", 1.5)]], calibrated=False)
            for r in (Rank.SUBCLASS,)}  # fmt: skip
    told = measure(bare, DATA, TREE)["subclass"]
    assert not {name for name in told if name.startswith("ece") or name == "f1_micro"}
    assert {"f1_micro_best_k", "aurc", "hierarchical_f1_best_k"} <= told.keys()


def test_the_seed_fixes_the_intervals() -> None:
    scores = np.linspace(0.3, 0.9, 40).round(3).tolist()
    guesses = {Rank.SUBCLASS: predictions([[("A01B", score)] for score in scores])}
    data = [labelled("A01B" if i % 3 else "A01C") for i in range(40)]
    one, again, other = (measure(guesses, data, TREE, seed=s)["subclass"] for s in (1, 1, 2))
    assert one == again
    assert one["intervals"] != other["intervals"]


def test_no_filings_have_no_figures() -> None:
    found = measure({Rank.SUBCLASS: predictions([])}, [], TREE)
    assert found == {"filings": 0, "incoherent": 0}


STEPWISE = ("aurc", "precision_at_coverage")
"""Take a filing that is drawn twice in one step, not in two."""


@given(some_judged(), st.data())
def test_a_filing_drawn_twice_counts_as_two(found: Judged, data: st.DataObject) -> None:
    """The figure of weights is the figure of the filings drawn: what the bootstrap stands on."""
    n = len(found)
    drawn = data.draw(st.lists(st.integers(0, n - 1), min_size=n, max_size=n))
    again = Judged.stack([found.take(np.arange(n) == i) for i in drawn])
    weights = np.bincount(drawn, minlength=n).astype(float)[None]
    before = statistics(found, TREE, COUNTS, depth=2)
    for name, statistic in statistics(again, TREE, COUNTS, depth=2).items():
        if not name.startswith(STEPWISE) and not name.endswith("_mass"):
            told = float(before[name](weights)[0])
            assert told == pytest.approx(value(statistic, n), nan_ok=True), name


@given(some_judged(), st.randoms(use_true_random=False))
def test_the_order_of_the_filings_does_not_matter(found: Judged, random: object) -> None:
    n = len(found)
    order = list(range(n))
    random.shuffle(order)  # type: ignore[attr-defined]
    turned = Judged.stack([found.take(np.arange(n) == i) for i in order])
    before = statistics(found, TREE, COUNTS)
    for name, statistic in statistics(turned, TREE, COUNTS).items():
        if not name.startswith(STEPWISE):  # equal scores stand in the order of the filings
            assert value(before[name], n) == pytest.approx(value(statistic, n), nan_ok=True), name
