"""What each part adds to one filing on one core: graph, memory, label scores, subgroups.

One filing at a time, as an examiner's page asks, on one thread of the graph and of faiss. The parts
are taken in turns for each filing, so that all see the same machine.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"

from filings import write_filings
from machine import bundle_folder, heading, need_modules, spread, stop

MOST_MS = 5.0
PARTS = ("graph", "memory", "label scores", "subgroups")


def main() -> None:
    """Measure and print; exit status 1 where memory and subgroups together take too long."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bundle", type=Path, help="default: the starter")
    parser.add_argument("--filings", type=int, default=300)
    parser.add_argument("--synthetic", action="store_true", help="invented words")
    options = parser.parse_args()
    if options.filings < 10:
        stop("--filings must be at least 10")
    need_modules("cpc_classifier", "onnxruntime")
    from cpc_classifier.classifier import Classifier
    from cpc_classifier.filing import ClassifiedFiling
    from cpc_classifier.intake.read import read_filings

    classifier = Classifier.load(bundle_folder(options.bundle), threads=1)
    scoring = classifier.scoring
    print(heading("One filing on one core", "onnxruntime", "faiss-cpu", "numpy"), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "filings.jsonl"
        print(write_filings(path, options.filings, options.synthetic))
        readings = [
            classifier.read(found.filing)
            for found in read_filings(path)
            if isinstance(found, ClassifiedFiling)
        ]
    print(
        f"bundle    {classifier.bundle.label}, {len(scoring.memory):,} items in the memory, "
        f"{len(scoring.subgroups):,} subgroups\n"
    )
    taken: dict[str, list[float]] = {part: [] for part in PARTS}
    for reading in (*readings[:10], *readings):  # the first ten twice: a warm start
        marks = [time.perf_counter()]
        encoded = classifier.encoder.encode([reading])
        marks.append(time.perf_counter())
        evidence = scoring.evidence(encoded["logits"], encoded["memory_query"])
        marks.append(time.perf_counter())
        scores = scoring.label_scores(evidence)
        marks.append(time.perf_counter())
        scoring.subgroup_scores(evidence, scores)
        marks.append(time.perf_counter())
        for part, start, end in zip(PARTS, marks, marks[1:], strict=False):
            taken[part].append((end - start) * 1e3)
    print("min / median / max      milliseconds")
    for part, each in taken.items():
        print(f"{part:<23} {spread(each[10:])}")
    added = [m + s for m, s in zip(taken["memory"][10:], taken["subgroups"][10:], strict=True)]
    middle = statistics.median(added)
    share = statistics.median(a / g for a, g in zip(added, taken["graph"][10:], strict=True))
    print(f"memory and subgroups    {spread(added)}: {share:.0%} of the graph's time")
    print(
        f"limit: median {middle:.1f} of {MOST_MS} ms: " + ("met" if middle <= MOST_MS else "MISSED")
    )
    sys.exit(middle > MOST_MS)


if __name__ == "__main__":
    main()
