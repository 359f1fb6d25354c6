"""Peers on the same work: find their settings on validation, train, and measure on the test sets.

.venv/bin/python -m benchmarks.peers --data ../shared/data [--tune] [--only Parabel]
.venv/bin/python -m benchmarks.peers --data ../shared/data --share 0.12 0.25 0.5 1 --only Parabel
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.peers.bench import PEERS, Bench, Sets
from benchmarks.peers.corpus import read_corpus
from benchmarks.peers.examples import rank_of
from benchmarks.peers.results import known, table
from benchmarks.peers.tuning import Grids, read_grids, settings_for, tune, write_json
from training.evaluation.labelled import read_labelled

HERE = Path(__file__).parent


def read_json(path: Path, empty: Any) -> Any:
    """What was written before, or ``empty``."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else empty


def labelled(data: Path, pattern: str) -> Sets:
    """Sets of labelled filings, by name."""
    paths = sorted((data / "patents").glob(pattern))
    return {path.name.removesuffix(".jsonl.gz"): read_labelled(path) for path in paths}


def chosen(bench: Bench, name: str, grids: Grids, args: argparse.Namespace) -> Mapping[str, Any]:
    """The tuned settings of a peer by rank, looked for where they are not known."""
    path = args.out / "chosen.json"
    kept = read_json(path, {})
    if args.tune:
        kept.pop(name, None)
    own = kept.setdefault(name, {})
    valid = labelled(args.data, "valid.jsonl.gz")
    for rank in grids[name]["tuned"]:
        if rank not in own:
            own[rank] = tune(bench, name, grids[name]["grid"], rank, valid)
            write_json(path, read_json(path, {}) | {name: own})
    return own


def run(bench: Bench, name: str, grids: Grids, args: argparse.Namespace, tests: Sets) -> None:
    """Train a peer at each rank and share, and keep what it reaches on the test sets."""
    path, found = args.out / "results.json", chosen(bench, name, grids, args)
    for share in args.share:
        for rank in grids[name]["ranks"]:
            settings = settings_for(found, rank)
            told = {"peer": name, "share": share, "rank": rank, "settings": settings}
            results = read_json(path, [])
            if known(results, told) and not args.again:
                continue
            began = time.monotonic()
            sets = bench.measured(name, settings, rank_of(rank), tests, share, validated=True)
            seconds = round(time.monotonic() - began)
            place = {k: told[k] for k in ("peer", "share", "rank")}
            others = [own for own in read_json(path, []) if not known([own], place)]
            write_json(path, [*others, told | {"seconds": seconds, "sets": sets}])
            print(f"<!-- {name}, {share:.0%}, {rank}: {seconds} s -->", flush=True)


def main() -> None:
    """Tune where that was not done, run, print a Markdown table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--only", action="append", choices=list(PEERS))
    parser.add_argument("--tune", action="store_true", help="look for settings again")
    parser.add_argument("--again", action="store_true", help="train again what has results")
    parser.add_argument("--share", type=float, nargs="+", default=[1.0], help="of the filings")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--work", type=Path, default=HERE / ".work", help="for what is kept")
    parser.add_argument("--out", type=Path, default=HERE, help="for chosen.json and results.json")
    args = parser.parse_args()
    grids = read_grids(HERE / "settings.toml")
    bench = Bench(read_corpus(args.data, args.work), args.work, args.threads)
    tests = labelled(args.data, "test_*.jsonl.gz")
    for name in args.only or PEERS:
        run(bench, name, grids, args, tests)
    print(table(read_json(args.out / "results.json", [])))


if __name__ == "__main__":
    main()
