"""Plots say what they show, and are drawn only where something can be shown."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tiny_guesses import SUBCLASSES, judged

from taxonomy.symbol import Rank
from training.evaluation.judged import Evaluation, Judged
from training.evaluation.plots import (
    confusion_plot,
    draw,
    reliability_plot,
    risk_coverage_plot,
)


def _many(complete: bool = True, calibrated: bool = True) -> Judged:
    rng = np.random.default_rng(2)
    filings = []
    for score in rng.random(120).round(3).tolist():
        guess, true = rng.choice(SUBCLASSES, 2, replace=False)
        filings.append(([(str(guess), score)], [str(guess if rng.random() < score else true)]))
    return judged(*filings, complete=[complete] * 120, calibrated=calibrated)


def _evaluation(found: Judged) -> Evaluation:
    return Evaluation(len(found), 0, {Rank.SUBCLASS: found})


def test_all_plots_are_written_as_png(tmp_path: Path) -> None:
    names = draw(_evaluation(_many()), tmp_path)
    assert names == ["reliability.png", "risk_coverage.png", "confusion.png"]
    assert sorted(p.name for p in tmp_path.iterdir()) == sorted(names)
    for name in names:
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG\r\n")


def test_without_complete_labels_nothing_is_drawn(tmp_path: Path) -> None:
    assert draw(_evaluation(_many(complete=False)), tmp_path) == []
    assert list(tmp_path.iterdir()) == []


def test_scores_that_are_no_probabilities_have_no_reliability(tmp_path: Path) -> None:
    assert "reliability.png" not in draw(_evaluation(_many(calibrated=False)), tmp_path)


def test_reliability_has_a_panel_a_rank_with_bins_of_filings() -> None:
    found = _many()
    figure = reliability_plot({Rank.SUBCLASS: found, Rank.MAIN_GROUP: found})
    titles = [axes.get_title() for axes in figure.axes]
    assert any(t.startswith("Subclass: 120 filings, ECE 0.") for t in titles)
    assert any(t.startswith("Main group: 120 filings") for t in titles)
    points = figure.axes[0].containers[0].lines[0].get_xydata()  # type: ignore[attr-defined]
    assert points.shape == (6, 2)  # 20 filings each
    assert ((points >= 0) & (points <= 1)).all()
    assert figure.axes[-1].get_xlabel() == "score of the first guess"


def test_risk_has_a_line_a_rank_that_ends_at_the_share_of_wrong_guesses() -> None:
    found = _many()
    axes = risk_coverage_plot({Rank.SUBCLASS: found}).axes[0]
    line = axes.get_lines()[0].get_xydata()
    assert line[-1].tolist() == pytest.approx([1.0, 1 - found.hit(1).mean()])
    legend = axes.get_legend()
    assert legend is not None
    assert legend.get_texts()[0].get_text().startswith("Subclass (120 filings): ")
    assert "coverage" in axes.get_xlabel()
    assert "risk" in axes.get_ylabel()


def test_confusion_shows_symbols_and_pairs() -> None:
    matrix, pairs = confusion_plot(_many()).axes[:2]
    shown = [label.get_text() for label in matrix.get_xticklabels()]
    assert shown == sorted(SUBCLASSES)
    assert "→" in pairs.get_yticklabels()[0].get_text()
    assert "true subclass" in matrix.get_ylabel()
    shares = matrix.get_images()[0].get_array()
    assert shares is not None
    assert np.allclose(np.asarray(shares).sum(axis=1), 1)  # all subclasses are shown
