"""Paired tests of two models."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiny_guesses import TREE, judged, labelled, predictions

from taxonomy.symbol import Rank
from training.evaluation.compare import compare, holm, mcnemar
from training.evaluation.judged import Evaluation


@given(st.integers(0, 12), st.integers(0, 12), st.integers(0, 5))
def test_the_exact_test_is_twice_the_tail_of_a_fair_coin(a: int, b: int, both: int) -> None:
    one = np.array([True] * a + [False] * b + [True] * both, bool)
    other = np.array([False] * a + [True] * b + [True] * both, bool)
    n = a + b
    tail = sum(math.comb(n, k) for k in range(min(a, b) + 1)) / 2**n
    assert mcnemar(one, other) == (a, b, pytest.approx(min(1.0, 2 * tail)))


def test_p_values_are_adjusted_as_holm_does() -> None:
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.9]) == pytest.approx([1.0, 1.0])
    assert holm([]) == []


def _evaluation(right: list[bool]) -> Evaluation:
    guesses = [[("A01B" if good else "B01J", 0.9 if good else 0.6)] for good in right]
    return Evaluation.of(
        {Rank.SUBCLASS: predictions(guesses)}, [labelled("A01B") for _ in right], TREE
    )


def test_the_better_one_is_named() -> None:
    bad, good = _evaluation([False] * 12 + [True] * 8), _evaluation([True] * 20)
    found = compare(bad, good, TREE, names=("old", "new"))
    first = found["tests"][0]
    assert (first["figure"], first["only_first"], first["only_second"]) == ("first", 0, 12)
    assert first["p"] == pytest.approx(2 / 2**12)
    assert first["p_adjusted"] == pytest.approx(4 / 2**12)
    assert first["better"] == "second"
    assert found["verdict"].startswith("new is better: first guess at subclass (by 60.0 points)")
    turned = compare(good, bad, TREE, names=("old", "new"))
    assert turned["verdict"].startswith("old is better")


def test_lower_errors_speak_for_a_model() -> None:
    bad, good = _evaluation([False] * 12 + [True] * 8), _evaluation([True] * 20)
    told = compare(bad, good, TREE)["differences"]["subclass"]
    assert told["tree_distance"]["difference"] < 0
    assert told["tree_distance"]["better"] == told["first"]["better"] == "second"
    assert told["first"]["difference"] == pytest.approx(0.6)
    low, high = told["first"]["interval"]
    assert low < 0.6 < high


def test_equal_models_cannot_be_told_apart() -> None:
    same = _evaluation([True, False] * 10)
    found = compare(same, same, TREE)
    assert found["verdict"].startswith("Nothing can be said: none of 2 tests")
    assert {t["better"] for t in found["tests"]} == {""}
    assert found["differences"]["subclass"]["first"]["p"] == 1.0
    assert found["differences"]["subclass"]["first"]["better"] == ""


def test_each_may_be_better_at_something() -> None:
    n = 20
    swapped = [[("A01C", 0.9), ("A61B", 0.8), ("B01J", 0.7), ("A01B", 0.6)]] * n
    narrow = [*[[("A01B", 0.9)]] * 12, *[[("A01C", 0.9)]] * 8]
    wide = [[("B01J", 0.9), ("A01B", 0.8)]] * n
    data = [labelled("A01B")] * n
    one, other = (
        Evaluation.of({Rank.SUBCLASS: predictions(g)}, data, TREE) for g in (narrow, wide)
    )
    found = compare(one, other, TREE, names=("narrow", "wide"))
    assert found["verdict"].startswith("Each is better at something: narrow at first guess")
    worst = Evaluation.of({Rank.SUBCLASS: predictions(swapped)}, data, TREE)
    assert compare(worst, other, TREE, names=("x", "wide"))["verdict"].startswith("wide is better")


def test_other_filings_are_refused() -> None:
    other = Evaluation(1, 0, {Rank.SUBCLASS: judged(([("A01B", 0.9)], ["A01C"]))})
    with pytest.raises(ValueError, match="different filings"):
        compare(_evaluation([True]), other, TREE)
