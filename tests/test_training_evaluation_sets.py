"""Figures of the sets that a model would allocate, against sets of Python."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from tiny_guesses import SUBCLASSES, TREE, judged, some_judged, value

from training.evaluation.judged import Judged
from training.evaluation.sets import best_depth, first_guesses, likely, set_figures

FOUND = judged(
    ([("A01B", 0.9), ("A01C", 0.6), ("Y02E", 0.1)], ["A01C", "A61B"]),
    ([("B01J", 0.4)], ["B01J"]),
)


def _figures(found: Judged, chosen: np.ndarray) -> dict[str, float]:
    return {n: value(s, len(found)) for n, s in set_figures(found, chosen, TREE).items()}


def test_the_set_is_what_scores_at_least_a_half() -> None:
    assert likely(FOUND).tolist() == [[True, True, False], [False, False, False]]
    assert first_guesses(FOUND, 2).tolist() == [[True, True, False], [True, False, False]]


def test_figures_by_hand() -> None:
    found = _figures(FOUND, likely(FOUND))
    assert found["f1_micro"] == pytest.approx(2 * 1 / (2 + 3))
    assert found["f1_sample"] == pytest.approx((2 / 4 + 0) / 2)
    # A01C 1, A61B 0, B01J 0; A01B is only predicted
    assert found["f1_macro"] == pytest.approx(1 / 3)
    # predicted A A01 A01B A01C; true A A01 A01C A61 A61B, and B B01 B01J
    assert found["hierarchical_precision"] == pytest.approx(3 / 4)
    assert found["hierarchical_recall"] == pytest.approx(3 / 8)
    assert found["hierarchical_f1"] == pytest.approx(2 * 0.75 * 0.375 / (0.75 + 0.375))


def test_a_near_miss_is_better_than_a_far_one_only_in_the_tree() -> None:
    near, far = (judged(([(guess, 0.9)], ["A01B"])) for guess in ("A01C", "B01J"))
    one, other = (_figures(x, likely(x)) for x in (near, far))
    assert one["f1_micro"] == other["f1_micro"] == 0
    assert one["hierarchical_f1"] > other["hierarchical_f1"] == 0


def test_the_best_number_of_guesses_has_the_best_micro_f1() -> None:
    assert best_depth(FOUND) == 2
    perfect = judged(([("A01B", 0.9), ("A01C", 0.1)], ["A01B"]))
    assert best_depth(perfect) == 1


@given(some_judged())
def test_no_number_of_guesses_is_better_than_the_best(found: Judged) -> None:
    if not found.complete.any():
        return
    micro = [
        _figures(found, first_guesses(found, depth))["f1_micro"]
        for depth in range(1, len(SUBCLASSES) + 1)
    ]
    assert micro[min(best_depth(found), len(micro)) - 1] == pytest.approx(max(micro))


def _brute(found: Judged, chosen: np.ndarray) -> dict[str, float]:
    pairs = [
        ({found.symbols[c] for c in found.columns[i, chosen[i]]}, set(found.wanted[i]))
        for i in np.flatnonzero(found.complete)
    ]
    up = [
        tuple({above for s in symbols for above in TREE.path(s)} for symbols in pair)
        for pair in pairs
    ]
    macro = []
    for label in {s for _, true in pairs for s in true}:
        tp = sum(label in p and label in t for p, t in pairs)
        macro.append(2 * tp / sum((label in p) + (label in t) for p, t in pairs))
    shared = sum(len(p & t) for p, t in up)
    sizes = sum(len(p) for p, _ in up), sum(len(t) for _, t in up)
    return {
        "f1_micro": 2 * sum(len(p & t) for p, t in pairs) / sum(len(p) + len(t) for p, t in pairs),
        "f1_sample": float(np.mean([2 * len(p & t) / (len(p) + len(t)) for p, t in pairs])),
        "f1_macro": float(np.mean(macro)),
        "hierarchical_precision": shared / sizes[0] if sizes[0] else math.nan,
        "hierarchical_recall": shared / sizes[1],
        "hierarchical_f1": 2 * shared / sum(sizes),
    }


@given(some_judged())
def test_figures_are_those_of_sets(found: Judged) -> None:
    if not found.complete.any():
        return
    for chosen in (likely(found), first_guesses(found, 3)):
        told, expected = _figures(found, chosen), _brute(found, chosen)
        assert told.keys() == expected.keys()
        for name in told:
            assert told[name] == pytest.approx(expected[name], nan_ok=True), name
