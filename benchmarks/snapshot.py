"""How fast, and in how much memory, a whole CPC release loads from its snapshot.

The same release is read from the official title list and from the snapshot made of it, each in a
process of its own, in turns. Seconds are those of the call, without starting Python.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from machine import SHARED, heading, measured, need_modules, needed, peak_mb, spread, stop

TITLE_LIST = SHARED / "data" / "cpc" / "CPCTitleList202505.zip"
MOST_SECONDS, MOST_MB = 0.7, 400.0


def worker(what: str, path: Path, snapshot: Path) -> None:
    """Loads a release once, prints seconds and peak; what `titles` read becomes the snapshot."""
    from taxonomy.readers.title_list import read_title_list
    from taxonomy.snapshot import read_snapshot, write_snapshot
    from taxonomy.tree import Taxonomy

    read: Callable[[Path], Taxonomy] = read_title_list if what == "titles" else read_snapshot
    before = peak_mb()
    start = time.perf_counter()
    taxonomy = read(path)
    seconds = time.perf_counter() - start
    peak = peak_mb()
    if what == "titles":
        write_snapshot(taxonomy, snapshot)
    found = {"symbols": len(taxonomy), "release": taxonomy.release}
    print(json.dumps(found | {"seconds": seconds, "peak_mb": peak, "before_mb": before}))


def main() -> None:
    """Measure and print; exit status 1 where a limit is missed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("titles", nargs="?", type=Path, default=TITLE_LIST, help="zip or folder")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    if options.rounds < 1:
        stop("--rounds must be at least 1")
    need_modules("taxonomy")
    needed(options.titles, "the title list", "Download CPCTitleListYYYYMM.zip and give its path.")
    print(heading("Loading a CPC release", "numpy", "networkx"), flush=True)
    lists, snapshots = [], []
    with tempfile.TemporaryDirectory() as folder:
        snapshot = Path(folder) / "release.snapshot"
        for _ in range(options.rounds):
            lists.append(measured(__file__, "--worker", "titles", options.titles, snapshot))
            snapshots.append(measured(__file__, "--worker", "snapshot", snapshot, snapshot))
        size = snapshot.stat().st_size / 1e6
    first = snapshots[0]
    print(f"release   {first['release']}, {first['symbols']:,} symbols, snapshot {size:.1f} MB\n")
    print("min / median / max      seconds                  peak, MB (before loading)")
    for name, rounds in (("title list", lists), ("snapshot", snapshots)):
        seconds = spread([r["seconds"] for r in rounds], ".3f")
        peak = spread([r["peak_mb"] for r in rounds], ".0f")
        print(f"{name:<23} {seconds:<24} {peak} ({rounds[0]['before_mb']:.0f})")
    ratios = [a["seconds"] / b["seconds"] for a, b in zip(lists, snapshots, strict=True)]
    print(f"the snapshot is {spread(ratios, '.1f')} times as fast as the title list")
    slow = statistics.median(r["seconds"] for r in snapshots)
    large = max(r["peak_mb"] for r in snapshots)
    fits = slow < MOST_SECONDS and large < MOST_MB
    print(
        f"limits: median {slow:.2f} s of {MOST_SECONDS} s, peak {large:.0f} of {MOST_MB:.0f} MB: "
        + ("met" if fits else "MISSED")
    )
    sys.exit(not fits)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        worker(sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4]))
    else:
        main()
