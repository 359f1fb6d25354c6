"""Intervals and p-values of figures, without asking the model again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.evaluation.bootstrap import (
    Estimate,
    differences,
    estimates,
    mean,
    plain,
    ratio,
    weights,
)


@given(st.integers(1, 30), st.integers(1, 150))
def test_each_sample_draws_as_many_filings_as_there_are(n: int, resamples: int) -> None:
    drawn = np.concatenate(list(weights(n, 0, resamples)))
    assert drawn.shape == (resamples, n)
    assert (drawn.sum(axis=1) == n).all()


def test_the_same_seed_gives_the_same_samples() -> None:
    one, again, other = (np.concatenate(list(weights(50, seed, 70))) for seed in (1, 1, 2))
    assert (one == again).all()
    assert (one != other).any()


def test_means_leave_out_what_is_not_counted() -> None:
    statistic = mean(np.array([1.0, np.nan, 0.0]))
    found = statistic(np.array([[1.0, 1, 1], [3, 5, 1], [0, 5, 0]]))
    np.testing.assert_allclose(found, [0.5, 0.75, np.nan])


def test_ratios_are_of_sums() -> None:
    statistic = ratio(np.array([1.0, 3.0]), np.array([2.0, 10.0]))
    np.testing.assert_allclose(statistic(np.array([[1.0, 1.0], [2.0, 0.0]])), [4 / 12, 0.5])


def test_the_interval_of_a_mean_is_as_wide_as_theory_says() -> None:
    rng = np.random.default_rng(3)
    values = (rng.random(400) < 0.3).astype(float)
    found = estimates({"x": mean(values)}, 400, 0, resamples=4000)["x"]
    spread = 1.96 * values.std() / np.sqrt(400)
    assert found.value == values.mean()
    assert found.low == pytest.approx(values.mean() - spread, abs=0.006)
    assert found.high == pytest.approx(values.mean() + spread, abs=0.006)


def test_a_figure_of_nothing_is_left_out() -> None:
    assert estimates({"x": mean(np.full(3, np.nan))}, 3, 0) == {}


def test_plain_values_are_rounded() -> None:
    told = plain({"x": Estimate(0.123456, 0.1, 0.2), "y": Estimate(0.00123456, 0.0, 1.0)})
    assert told == {
        "x": 0.1235, "y": 0.001235, "intervals": {"x": [0.1, 0.2], "y": [0.0, 1.0]}
    }  # fmt: skip


def test_equal_models_seldom_differ_and_others_often_do() -> None:
    rng = np.random.default_rng(5)
    found = {0.0: 0, 0.2: 0}
    for better in found:
        for _ in range(100):
            one = (rng.random(150) < 0.5).astype(float)
            other = (rng.random(150) < 0.5 + better).astype(float)
            told = differences({"x": mean(one)}, {"x": mean(other)}, 150, 0, resamples=200)["x"]
            found[better] += told.p < 0.05
    assert found[0.0] <= 11
    assert found[0.2] >= 80


def test_a_difference_is_paired() -> None:
    rng = np.random.default_rng(8)
    one = rng.random(200)
    told = differences({"x": mean(one)}, {"x": mean(one + 0.01)}, 200, 0)["x"]
    assert told.low == pytest.approx(0.01)
    assert told.high == pytest.approx(0.01)
    assert told.p == pytest.approx(2 / 1001)
    same = differences({"x": mean(one)}, {"x": mean(one), "y": mean(one)}, 200, 0)
    assert list(same) == ["x"]
    assert same["x"].p == 1.0
