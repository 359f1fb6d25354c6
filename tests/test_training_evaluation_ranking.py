"""Figures of the order of guesses, against values counted by hand and by brute force."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from tiny_guesses import judged, some_judged, value

from training.evaluation.counts import Counts
from training.evaluation.judged import Judged
from training.evaluation.ranking import DEPTHS, ndcg, propensity_scored, ranking

FOUND = judged(
    ([("A01B", 0.9), ("A01C", 0.5), ("Y02E", 0.1)], ["A01C", "Y02E"]),
    ([("B01J", 0.9)], ["B01J"]),
)


def test_figures_by_hand() -> None:
    found = {name: value(s, 2) for name, s in ranking(FOUND).items()}
    assert found["first"] == 0.5
    assert found["three"] == 1.0
    assert found["precision_at_1"] == 0.5
    assert found["precision_at_3"] == pytest.approx((2 / 3 + 1 / 3) / 2)
    assert found["recall_at_1"] == 0.5
    assert found["recall_at_3"] == 1.0
    first = (1 / math.log2(3) + 1 / math.log2(4)) / (1 + 1 / math.log2(3))
    assert found["ndcg_at_3"] == pytest.approx((first + 1) / 2)


def test_incomplete_labels_count_for_hits_alone() -> None:
    part = judged(([("A01B", 0.9)], ["A01B"]), ([("A01C", 0.9)], ["A01B"]), complete=[False, True])
    found = {name: value(s, 2) for name, s in ranking(part).items()}
    assert found["first"] == 0.5
    assert found["precision_at_1"] == found["recall_at_10"] == found["ndcg_at_5"] == 0.0
    nothing = judged(([("A01B", 0.9)], ["A01B"]), complete=[False])
    assert math.isnan(value(ranking(nothing)["precision_at_1"], 1))


def _brute(found: Judged, i: int, depth: int) -> float:
    """nDCG as its definition says."""
    gains = [1.0 if r else 0.0 for r in found.right[i]][:depth]
    best = [1.0] * min(depth, len(found.wanted[i]))
    dcg, ideal = (sum(g / math.log2(p + 2) for p, g in enumerate(x)) for x in (gains, best))
    return dcg / ideal


@given(some_judged())
def test_ndcg_is_what_its_definition_says(found: Judged) -> None:
    for depth in DEPTHS:
        expected = [_brute(found, i, depth) for i in range(len(found))]
        np.testing.assert_allclose(ndcg(found, depth), expected, atol=1e-12)


@given(some_judged())
def test_figures_lie_between_0_and_1_and_more_guesses_find_more(found: Judged) -> None:
    told = {n: value(s, len(found)) for n, s in ranking(found).items()}
    assert all(0 <= v <= 1 + 1e-12 for v in told.values() if not math.isnan(v))
    assert told["first"] <= told["three"] <= told["ten"]
    recalls = [told[f"recall_at_{k}"] for k in DEPTHS]
    assert recalls == sorted(recalls) or math.isnan(recalls[0])


def test_propensity_scored_precision_by_hand() -> None:
    counts = Counts(1000, {"A01C": 200, "B01J": 200, "A01B": 200})
    c = (math.log(1000) - 1) * 2.5**0.55
    often, never = 1 + c * 201.5**-0.55, 1 + c * 1.5**-0.55
    found = {name: value(s, 2) for name, s in propensity_scored(FOUND, counts).items()}
    # of the first filing the best single guess would be the symbol that was never met
    assert found["psp_at_1"] == pytest.approx(often / (never + often))
    assert found["psp_at_3"] == pytest.approx(1.0)


def test_without_rare_symbols_propensities_change_nothing() -> None:
    even = Counts(1000, dict.fromkeys(("A01B", "A01C", "Y02E", "B01J"), 50))
    found = value(propensity_scored(FOUND, even)["psp_at_1"], 2)
    assert found == pytest.approx(0.5)


@given(some_judged())
def test_perfect_guesses_have_all_propensity(found: Judged) -> None:
    perfect = judged(*[([(s, 0.5) for s in sorted(w)], sorted(w)) for w in found.wanted])
    told = propensity_scored(perfect, Counts(100, {"A01B": 3}))["psp_at_10"]
    assert value(told, len(perfect)) == pytest.approx(1.0)
