"""Draws the figures of `scaling.py` beside those of the best peer, from the results kept of both.

.venv/bin/python benchmarks/scaling_plot.py
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from machine import needed
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

HERE = Path(__file__).parent
RESULTS, PLOT = HERE / "peers", HERE / "scaling.png"
PANELS = (("subclass", "first"), ("subclass", "three"), ("main group", "three"))
OURS = "ours"
CAUTION = "encoder adapted on all filings at every share: the whole method's curve would be steeper"
Result = dict[str, Any]


def pooled(sets: Mapping[str, Mapping[str, float]], figure: str) -> float:
    """The share over the filings of all sets together."""
    told = [(own["filings"], own[figure]) for own in sets.values() if own["filings"]]
    return sum(n * share for n, share in told) / sum(n for n, _ in told)


def curves(results: Sequence[Result], rank: str, figure: str) -> dict[str, list[tuple]]:
    """Name -> (share, figure over all sets), shares ascending; those with several shares alone."""
    found: dict[str, list[tuple]] = {}
    for own in sorted(results, key=lambda own: own["share"]):
        if own["rank"] == rank:
            point = (own["share"], pooled(own["sets"], figure))
            found.setdefault(own["peer"], []).append(point)
    return {name: points for name, points in found.items() if len(points) > 1}


def best_peer(results: Sequence[Result]) -> str:
    """The one with the most first guesses at its largest share; "" where none has several."""
    ends = {name: points[-1][1] for name, points in curves(results, *PANELS[0]).items()}
    return max(ends, key=lambda name: ends[name], default="")


def draw_plot(ours: Path, peers: Path, out: Path) -> None:
    """One panel a figure: ours and the best peer by the number of filings learnt from."""
    own: list[Result] = json.loads(ours.read_text(encoding="utf-8"))
    others = json.loads(peers.read_text(encoding="utf-8")) if peers.exists() else []
    best = best_peer(others)
    shown = own + [told for told in others if told["peer"] == best]
    largest = max(own, key=lambda told: told["share"])
    total = largest["filings"] / largest["share"]
    ticks = sorted({told["share"] * total for told in own})
    figure = Figure(figsize=(11, 3.8), layout="constrained")
    FigureCanvasAgg(figure)
    for axes, (rank, name) in zip(figure.subplots(1, 3), PANELS, strict=True):
        for label, points in curves(shown, rank, name).items():
            shares, values = zip(*points, strict=True)
            axes.plot([share * total for share in shares], values, marker="o", label=label)
        axes.set_xscale("log", base=2)
        axes.set_xticks(ticks, [f"{tick:,.0f}" for tick in ticks])
        axes.set(title=f"{rank}, {name}", xlabel="filings learnt from")
        axes.grid(alpha=0.3)
        axes.legend(frameon=False)
    figure.suptitle(f"All test sets together ({CAUTION})", size=9)
    figure.savefig(out, dpi=150)


def main() -> None:
    """Draw it."""
    ours = needed(RESULTS / "ours.json", "the result", "Run scaling.py first.")
    draw_plot(ours, RESULTS / "results.json", PLOT)


if __name__ == "__main__":
    main()
