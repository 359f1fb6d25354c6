from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tiny_bundle import mini_labels

from cpc_classifier.calibration import Calibration, mass_log_odds
from cpc_classifier.errors import BundleError
from taxonomy.symbol import Rank

MINI = mini_labels().to_hierarchy()
ROW = {symbol: row for row, symbol in enumerate(MINI.symbols)}
FITTED = Calibration(
    k=100,
    temperature=0.05,
    smoothing=0.1,
    alpha=(0.5, 0.6, 0.7, 0.8),
    beta=(0.4, 0.3, 0.2, 0.1),
    offset=(0.1, 0.2, 0.3, 0.4),
    assign_threshold=0.88,
    assign_precision=0.9,
    assign_confidence=0.95,
)


def test_a_conditional_follows_the_formula() -> None:
    rng = np.random.default_rng(0)
    logits = rng.standard_normal((2, len(MINI))).astype(np.float32)
    masses = np.zeros((2, len(MINI)), np.float32)
    masses[:, [ROW["H"], ROW["H01"], ROW["H01M"], ROW["H01M10/00"]]] = [0.9, 0.8, 0.6, 0.5]
    q = FITTED.conditionals(logits, masses, MINI)
    for symbol, siblings, own, above in (
        ("H", 3, 0.9, 1.0),
        ("H01M10/00", 5, 0.5, 0.6),
        ("A01B1/00", 4, 0.0, 0.0),
    ):
        row = ROW[symbol]
        rank = int(MINI.rank[row])
        ratio = (own + 0.1 / siblings) / (above + 0.1)
        x = (
            FITTED.alpha[rank] * logits[1, row]
            + FITTED.offset[rank]
            + FITTED.beta[rank] * np.log(ratio / (1 - ratio))
        )
        assert q[1, row] == pytest.approx(1 / (1 + np.exp(-x)), rel=1e-4)
    assert q.dtype == np.float32


def test_a_row_with_all_or_none_of_the_mass_stays_finite() -> None:
    masses = np.zeros((1, len(MINI)), np.float32)
    masses[0, MINI.closure([ROW["H01M10/00"]])] = 1
    odds = mass_log_odds(masses, MINI, 1e-9)
    assert np.isfinite(odds).all()
    assert odds[0, ROW["H01M10/00"]] == pytest.approx(np.log(1e6), rel=0.05)
    assert odds[0, ROW["H01M4/00"]] == pytest.approx(np.log(1e-6), rel=0.05)


numbers = st.floats(-1e6, 1e6, width=32)


@settings(deadline=None)
@given(
    logits=arrays(np.float32, (2, len(MINI)), elements=numbers),
    masses=arrays(np.float32, (2, len(MINI)), elements=st.floats(0, 1, width=32)),
    weights=st.tuples(*[st.floats(-10, 10)] * 3),
    smoothing=st.floats(1e-6, 10),
)
def test_products_of_conditionals_are_coherent_whatever_comes_in(
    logits: np.ndarray, masses: np.ndarray, weights: tuple[float, float, float], smoothing: float
) -> None:
    fitted = dataclasses.replace(
        FITTED,
        alpha=(weights[0],) * 4,
        beta=(weights[1],) * 4,
        offset=(weights[2],) * 4,
        smoothing=smoothing,
    )
    scores = MINI.products(fitted.conditionals(logits, masses, MINI))
    below = MINI.parent >= 0
    assert (scores[:, below] <= scores[:, MINI.parent[below]]).all()
    assert (scores >= 0).all()
    assert (scores <= 1).all()


def test_what_comes_in_is_not_changed() -> None:
    logits = np.ones((1, len(MINI)), np.float32)
    masses = np.full((1, len(MINI)), 0.5, np.float32)
    FITTED.conditionals(logits, masses, MINI)
    assert (logits == 1).all()
    assert (masses == 0.5).all()


def test_the_file_keeps_everything(tmp_path: Path) -> None:
    FITTED.save(tmp_path / "calibration.json")
    again = Calibration.load(tmp_path / "calibration.json")
    assert again == FITTED
    assert again.assign_rank is Rank.SUBCLASS


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"k": 100', '"k": 0'),
        ('"alpha"', '"alfa"'),
        ("0.5,", ""),
        ("subclass", "planet"),
        ("{", "["),
        ('"temperature": 0.05', '"temperature": "warm"'),
    ],
)
def test_a_broken_file_is_refused_by_name(tmp_path: Path, old: str, new: str) -> None:
    path = tmp_path / "calibration.json"
    FITTED.save(path)
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BundleError, match=r"calibration\.json"):
        Calibration.load(path)
