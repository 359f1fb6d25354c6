"""Risk, coverage and assignments without a review."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from scipy.stats import binom
from tiny_guesses import judged, some_judged, value

from taxonomy.symbol import Rank
from training.evaluation.judged import Judged
from training.evaluation.selective import (
    AssignRule,
    assignment,
    clopper_pearson,
    risk_coverage,
    selective,
)


def _filings(*outcomes: tuple[float, bool]) -> Judged:
    """Filings whose first guess has this score, and is right or not."""
    return judged(*[([("A01B", score)], ["A01B" if good else "Y02E"]) for score, good in outcomes])


def _figures(found: Judged) -> dict[str, float]:
    return {name: value(s, len(found)) for name, s in selective(found).items()}


def test_figures_by_hand() -> None:
    found = _figures(_filings((0.5, False), (0.9, True), (0.2, True), (0.8, True)))
    # risks at coverage 1/4 ... 4/4, surest first: right, right, wrong, right
    assert found["aurc"] == pytest.approx((0 + 0 + 1 / 3 + 1 / 4) / 4)
    assert found["coverage_at_95"] == 0.5
    assert found["precision_at_coverage_25"] == found["precision_at_coverage_50"] == 1.0
    assert found["precision_at_coverage_75"] == pytest.approx(2 / 3)


def test_a_better_order_has_a_smaller_area() -> None:
    good = _figures(_filings((0.9, True), (0.8, True), (0.1, False)))
    bad = _figures(_filings((0.1, True), (0.8, True), (0.9, False)))
    assert good["aurc"] < bad["aurc"]
    assert (good["coverage_at_95"], bad["coverage_at_95"]) == (pytest.approx(2 / 3), 0.0)


@given(some_judged())
def test_figures_are_what_their_definitions_say(found: Judged) -> None:
    told = np.flatnonzero(found.complete)
    if not len(told):
        assert selective(found) == {}
        return
    order = sorted(told, key=lambda i: -found.scores[i, 0])
    right = [bool(found.right[i, 0]) for i in order]
    risks = [1 - sum(right[:k]) / k for k in range(1, len(right) + 1)]
    reach = [
        sum(found.scores[told, 0] >= t) / len(told)
        for t in found.scores[told, 0]
        if found.right[told, 0][found.scores[told, 0] >= t].mean() >= 0.95
    ]
    figures = _figures(found)
    assert figures["aurc"] == pytest.approx(np.mean(risks))
    assert figures["coverage_at_95"] == pytest.approx(max(reach, default=0.0))


def test_the_curve_ends_at_the_share_of_wrong_first_guesses() -> None:
    coverage, risk = risk_coverage(_filings((0.9, True), (0.5, False), (0.5, True), (0.1, False)))
    assert coverage.tolist() == [0.25, 0.75, 1.0]  # equal scores go together
    assert risk.tolist() == pytest.approx([0, 1 / 3, 0.5])


RULE = AssignRule(Rank.SUBCLASS, 0.6, 0.9, 0.95)


def test_assignments_are_counted_at_the_threshold() -> None:
    found = assignment(_filings((0.9, True), (0.6, False), (0.59, True), (0.1, False)), RULE)
    assert (found["assigned"], found["filings"], found["coverage"]) == (2, 4, 0.5)
    assert found["precision"] == 0.5
    assert found["interval"] == pytest.approx(clopper_pearson(1, 2))
    assert found["holds"]


def test_a_broken_promise_is_told() -> None:
    found = assignment(_filings(*[(0.9, i % 2 == 0) for i in range(40)]), RULE)
    assert found["interval"][1] < 0.9
    assert not found["holds"]


def test_section_y_is_no_place_to_assign_to() -> None:
    found = judged(([("Y02E", 0.9), ("A01B", 0.7)], ["A01B"]), ([("Y02E", 0.9)], ["Y02E"]))
    told = assignment(found, RULE)
    assert (told["assigned"], told["precision"]) == (1, 1.0)


def test_without_an_assignment_there_is_no_precision() -> None:
    found = assignment(_filings((0.5, True)), AssignRule(Rank.SUBCLASS, 2.0, 0.9, 0.95))
    assert found["assigned"] == 0
    assert "precision" not in found


@pytest.mark.parametrize(("right", "n"), [(0, 10), (3, 10), (10, 10), (190, 200)])
def test_the_exact_interval_leaves_a_fortieth_on_each_side(right: int, n: int) -> None:
    low, high = clopper_pearson(right, n)
    assert low <= right / n <= high
    if right:
        assert binom.sf(right - 1, n, low) == pytest.approx(0.025)
    if right < n:
        assert binom.cdf(right, n, high) == pytest.approx(0.025)
