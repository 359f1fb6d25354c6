"""Plots of an evaluation: reliability, risk and coverage, confusion between subclasses.

Colours are those of Okabe and Ito ("Color Universal Design", 2008), which the colour-blind tell
apart, and no line is told by its colour alone. Figures are drawn in memory; no display is needed.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray

from taxonomy.symbol import Rank
from training.evaluation.calibration import equal_mass, expected_calibration_error
from training.evaluation.confusion import confusion
from training.evaluation.judged import Evaluation, Judged
from training.evaluation.selective import PRECISION, clopper_pearson, risk_coverage

__all__ = ["confusion_plot", "draw", "reliability_plot", "risk_coverage_plot"]

BLUE, ORANGE, GREEN, PURPLE, GREY = "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#666666"
LINES = ((BLUE, "-"), (ORANGE, "--"), (GREEN, "-."), (PURPLE, ":"))
POINTS = 12
"""Most bins of a reliability diagram; equally many filings in each, at least 20."""
PAIRS, SYMBOLS = 20, 14
DPI = 150
SHOWN_FROM = 10
"""Filings from which a curve of risk is drawn: before, one wrong guess is a tenth or more."""


def draw(evaluation: Evaluation, folder: Path) -> list[str]:
    """Draw what can be drawn into a folder; the names of the files, PNG.

    Only filings whose labels are complete are looked at; without any there is nothing to draw.
    """
    told = {
        rank: judged.take(judged.complete)
        for rank, judged in evaluation.ranks.items()
        if judged.complete.any()
    }
    plots: dict[str, Callable[[], Figure]] = {}
    if any(judged.calibrated for judged in told.values()):
        plots["reliability.png"] = lambda: reliability_plot(told)
    if told:
        plots["risk_coverage.png"] = lambda: risk_coverage_plot(told)
    if Rank.SUBCLASS in told and confusion(told[Rank.SUBCLASS]):
        plots["confusion.png"] = lambda: confusion_plot(told[Rank.SUBCLASS])
    for name, plot in plots.items():
        part = folder / (name + ".part")
        figure = plot()
        FigureCanvasAgg(figure)
        figure.savefig(part, dpi=DPI, format="png")
        os.replace(part, folder / name)
    return list(plots)


def reliability_plot(told: dict[Rank, Judged]) -> Figure:
    """How often the first guess is right, by its score, one panel a rank."""
    shown = {rank: judged for rank, judged in told.items() if judged.calibrated}
    figure = Figure(figsize=(3.6 * len(shown) + 0.6, 5.0), layout="constrained")
    figure.suptitle("Reliability: is a first guess right as often as its score says?", size=13)
    grid = figure.subplots(
        2, len(shown), squeeze=False, sharex=True, gridspec_kw={"height_ratios": (4, 1)}
    )
    for (rank, judged), above, below in zip(shown.items(), *grid, strict=True):
        score, right = judged.scores[:, 0], judged.right[:, 0]
        error = expected_calibration_error(score, right)
        above.set_title(f"{_name(rank)}: {len(judged):,} filings, ECE {error:.3f}", size=11)
        above.plot((0, 1), (0, 1), color=GREY, linestyle="--", linewidth=1, label="perfect")
        _points(above, score, right)
        above.set(xlim=(0, 1), ylim=(0, 1.02), aspect="auto")
        above.grid(alpha=0.3)
        below.hist(score, bins=np.linspace(0, 1, 16), color=BLUE, edgecolor="white", linewidth=0.5)
        below.set_xlabel("score of the first guess", size=10)
    grid[0, 0].set_ylabel("share of filings in which it is right", size=10)
    grid[1, 0].set_ylabel("filings", size=10)
    grid[0, 0].legend(loc="upper left", fontsize=9, frameon=False)
    return figure


def risk_coverage_plot(told: dict[Rank, Judged]) -> Figure:
    """The share of wrong first guesses among the surest, by how many are taken."""
    figure = Figure(figsize=(7.4, 5.0), layout="constrained")
    axes = figure.subplots()
    highest = 0.1
    for (rank, judged), (colour, style) in zip(told.items(), LINES, strict=False):
        coverage, risk = risk_coverage(judged)
        enough = coverage[risk <= 1 - PRECISION]
        late = coverage * len(judged) >= SHOWN_FROM
        reach = f"{enough.max():.0%}" if len(enough) else "none"
        name = f"{_name(rank)} ({len(judged):,} filings): {reach} at 95 % precision"
        axes.plot(
            coverage[late], risk[late], color=colour, linestyle=style, linewidth=2, label=name
        )
        highest = max(highest, float(risk[late].max(initial=0)))
        if len(enough):
            axes.plot(enough.max(), risk[coverage == enough.max()], "o", color=colour, markersize=6)
        if rank == Rank.SUBCLASS:
            low, high = _band(judged, coverage[late], risk[late])
            axes.fill_between(coverage[late], low, high, color=colour, alpha=0.15, linewidth=0)
    axes.axhline(1 - PRECISION, color=GREY, linestyle="--", linewidth=1)
    axes.annotate("95 % precision", (1, 1 - PRECISION), (-4, 3), color=GREY, size=9, ha="right",
                  textcoords="offset points")  # fmt: skip
    axes.set(xlim=(0, 1), ylim=(0, min(1.0, highest * 1.15)))
    axes.set_title("Risk and coverage: the surest first guesses, acted on first", size=13)
    axes.set_xlabel("coverage: share of filings acted on, surest first", size=10)
    axes.set_ylabel("risk: share of wrong first guesses among them", size=10)
    axes.xaxis.set_major_formatter(PercentFormatter(1))
    axes.yaxis.set_major_formatter(PercentFormatter(1))
    axes.grid(alpha=0.3)
    shaded = "shaded: 95 % interval (Clopper-Pearson), subclass"
    axes.legend(loc="upper left", fontsize=9, title=shaded, title_fontsize=8)
    return figure


def confusion_plot(judged: Judged) -> Figure:
    """Which subclasses are taken for which: the symbols most concerned, and the worst pairs."""
    figure = Figure(figsize=(13.0, 6.4), layout="constrained")
    figure.suptitle(f"Subclasses taken for others, {len(judged):,} filings", size=13)
    left, right = figure.subplots(1, 2, gridspec_kw={"width_ratios": (1.25, 1)})
    _matrix(left, judged)
    _pairs(right, judged)
    return figure


def _points(axes: Axes, score: NDArray[np.float32], right: NDArray[np.bool_]) -> None:
    bins = equal_mass(score, max(1, min(POINTS, len(score) // 20)))
    groups = [bins == b for b in np.unique(bins)]
    x = [float(score[g].mean()) for g in groups]
    y = [float(right[g].mean()) for g in groups]
    bounds = [clopper_pearson(int(right[g].sum()), int(g.sum())) for g in groups]
    errors = [
        [max(0.0, m - low) for m, (low, _) in zip(y, bounds, strict=True)],
        [max(0.0, high - m) for m, (_, high) in zip(y, bounds, strict=True)],
    ]
    axes.errorbar(
        x, y, yerr=errors, fmt="o-", color=BLUE, ecolor=BLUE, elinewidth=1, capsize=2.5,
        markersize=5, linewidth=1.2, label="measured, 95 % interval",
    )  # fmt: skip


def _band(
    judged: Judged, coverage: NDArray[np.float64], risk: NDArray[np.float64]
) -> tuple[list[float], list[float]]:
    """The exact interval of the risk at each coverage."""
    n = np.rint(coverage * len(judged)).astype(int)
    wrong = np.rint(risk * n).astype(int)
    bounds = [clopper_pearson(k, m) for k, m in zip(wrong.tolist(), n.tolist(), strict=True)]
    return [low for low, _ in bounds], [high for _, high in bounds]


def _matrix(axes: Axes, judged: Judged) -> None:
    """Rows: true symbols; columns: first guesses; percent of the row's filings."""
    concerned: dict[str, float] = {}
    for pair in confusion(judged, limit=10_000):
        for symbol in (pair.true, pair.guess):
            concerned[symbol] = concerned.get(symbol, 0.0) + pair.filings
    names = sorted(sorted(concerned, key=lambda s: (-concerned[s], s))[:SYMBOLS])
    place = {symbol: i for i, symbol in enumerate(names)}
    shares = np.zeros((len(names), len(names)))
    having = np.zeros(len(names))
    for i, wanted in enumerate(judged.wanted):
        column = judged.columns[i, 0]
        guess = judged.symbols[column] if column >= 0 else ""
        for true in wanted & place.keys():
            having[place[true]] += 1
            shown = true if judged.right[i, 0] else guess
            if shown in place:
                shares[place[true], place[shown]] += 1
    shares /= np.maximum(having, 1)[:, None]
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for (row, column), share in np.ndenumerate(shares):
        if share >= 0.005:
            colour = "white" if share > 0.5 else "black"
            axes.text(column, row, f"{100 * share:.0f}", ha="center", va="center", size=8,
                      color=colour)  # fmt: skip
    ticks = range(len(names))
    labels = [f"{s} ({n:.0f})" for s, n in zip(names, having, strict=True)]
    axes.set_xticks(ticks, names, rotation=60, ha="right", rotation_mode="anchor", size=9)
    axes.set_yticks(ticks, labels, size=9)
    axes.set_title("Percent of the filings with a true subclass (diagonal: right)", size=10)
    axes.set_xlabel("first guess", size=10)
    axes.set_ylabel("true subclass (filings that have it)", size=10)


def _pairs(axes: Axes, judged: Judged) -> None:
    pairs = confusion(judged, PAIRS)
    places = np.arange(len(pairs))[::-1]
    axes.barh(places, [p.filings for p in pairs], color=BLUE)
    axes.set_yticks(places, [f"{p.true} → {p.guess}" for p in pairs], size=9)
    for place, pair in zip(places, pairs, strict=True):
        axes.annotate(f"{pair.filings:.1f} of {pair.of}", (pair.filings, place), (3, 0), size=8,
                      textcoords="offset points", va="center")  # fmt: skip
    axes.set_xlim(0, max(p.filings for p in pairs) * 1.22)
    axes.set_title("The most confused pairs: true subclass → first guess", size=10)
    axes.set_xlabel("filings (one with several true subclasses is shared among them)", size=10)
    axes.grid(axis="x", alpha=0.3)
    axes.set_axisbelow(True)


def _name(rank: Rank) -> str:
    return rank.label.replace("-", " ").capitalize()
