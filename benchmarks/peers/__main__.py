"""Peers on the same work: find their settings on validation, train, and measure on the test sets.

.venv/bin/pip install -r benchmarks/peers/requirements.txt
.venv/bin/python -m benchmarks.peers --data ../shared/data [--tune] [--only Parabel]
.venv/bin/python -m benchmarks.peers --shares 0.12 0.25 0.5 1 --only Parabel
"""

from __future__ import annotations

import argparse
import json
import os
import time
import tomllib
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peers.models import PEERS
from benchmarks.peers.work import FIGURES, Features, Work, labels_of, read_work, vectorizer
from taxonomy.symbol import Rank
from training.evaluation.labelled import Labelled

HERE = Path(__file__).parent
KEPT = HERE / ".work"


def measured(
    work: Work,
    peer: str,
    settings: dict[str, Any],
    rank: Rank,
    sets: dict[str, list[Labelled]],
    share: float = 1.0,
) -> dict[str, dict[str, float]]:
    """Train a peer for the labels of one rank, and measure it."""
    options = dict(settings)
    features = Features(options.pop("pairs", False), options.pop("titles", "main group"))
    told = work.titles(features.titles, rank)
    examples = [] if peer == "zero-shot" else work.examples(share)
    symbols = [list(e.symbols) for e in examples] + [[s] for s, _ in told]
    texts = [work.text(e) for e in examples] + [text for _, text in told]
    names, y = labels_of(rank, symbols, work.sources.taxonomy)
    words = vectorizer(features)
    x = words.fit_transform(texts)
    score = PEERS[peer](x, y, options)
    found = {}
    for name, data in sets.items():
        parts = [
            score(words.transform([work.text(d) for d in data[i : i + 512]]))
            for i in range(0, len(data), 512)
        ]
        found[name] = work.hits(rank, names, np.concatenate(parts), data)
    return found


def tuned(work: Work, peer: str, grid: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every setting of the grid with its validation figures, the best first."""
    sets = {"valid": work.valid()}
    tried = []
    for settings in grid:
        began = time.monotonic()
        figures = measured(work, peer, settings, Rank.SUBCLASS, sets)["valid"]
        tried.append(settings | {"valid": figures, "seconds": round(time.monotonic() - began)})
        print(f"<!-- {peer} {json.dumps(tried[-1])} -->", flush=True)
    return sorted(tried, key=lambda t: -sum(t["valid"].values()))


def chosen(work: Work, peer: str, grid: list[dict[str, Any]], again: bool) -> dict[str, Any]:
    """The settings that were best on validation; kept, so that they are looked for once."""
    path = KEPT / f"{peer}.json"
    if again or not path.exists():
        KEPT.mkdir(exist_ok=True)
        part = path.with_suffix(".part")
        part.write_text(json.dumps(tuned(work, peer, grid), indent=1), encoding="utf-8")
        os.replace(part, path)
    best = json.loads(path.read_text(encoding="utf-8"))[0]
    return {k: v for k, v in best.items() if k not in ("valid", "seconds")}


def line(name: str, found: dict[str, dict[str, float]], sets: list[str]) -> str:
    """A row of the table: subclass first / three, main group three, subgroup ten for each set."""
    cells = []
    for key in sets:
        own = [found[key].get(f"{rank.label} {k}") for rank, k in FIGURES]
        cells.append(" / ".join("" if value is None else f"{value:.3f}" for value in own))
    return f"| {name} | " + " | ".join(cells) + " |"


def main() -> None:
    """Tune where that was not done, run, print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--only", action="append", choices=list(PEERS))
    parser.add_argument("--tune", action="store_true", help="look for settings again")
    parser.add_argument("--shares", type=float, nargs="+", default=[1.0])
    args = parser.parse_args()
    grids = tomllib.loads((HERE / "settings.toml").read_text(encoding="utf-8"))
    work = read_work(args.data)
    sets = work.tests()
    print("| peer | " + " | ".join(sets) + " |")
    print("|" + "---|" * (len(sets) + 1))
    for peer in args.only or PEERS:
        settings = chosen(work, peer, grids[peer]["grid"], args.tune)
        for share in args.shares:
            began = time.monotonic()
            found: dict[str, dict[str, float]] = {name: {} for name in sets}
            for label in grids[peer]["ranks"]:
                rank = Rank[label.replace(" ", "_").upper()]
                for name, figures in measured(work, peer, settings, rank, sets, share).items():
                    found[name] |= figures
            told = peer if share == 1 else f"{peer}, {share:.0%} of the filings"
            print(line(told, found, list(sets)), flush=True)
            print(f"<!-- {time.monotonic() - began:.0f} s -->", flush=True)


if __name__ == "__main__":
    main()
