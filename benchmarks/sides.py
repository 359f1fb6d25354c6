"""The two sides of `throughput.py`: what each reads, and one timed run of each."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from filings import write_filings
from machine import CPC, run, stop

__all__ = ["Bench"]

BASELINE = Path(__file__).with_name("baseline.py")


class Bench:
    """The input files of both sides and how each is run."""

    def __init__(self, folder: Path, bundle: Path, device: str) -> None:
        self.folder, self.bundle, self.device = folder, bundle, device
        self.max_tokens = 0
        self.baseline: dict[str, object] = {}

    def prepare(self, count: int, synthetic: bool) -> str:
        """Write the files; returns what the filings are."""
        from cpc_classifier.bundle import ModelBundle
        from cpc_classifier.encoder import filing_text
        from cpc_classifier.filing import ClassifiedFiling
        from cpc_classifier.intake import read_filings

        manifest = ModelBundle.load(self.bundle).manifest
        self.max_tokens = manifest.encoder.max_tokens
        what = write_filings(self.folder / "all.jsonl", count, synthetic)
        with (self.folder / "all.jsonl").open(encoding="utf-8") as file:
            (self.folder / "one.jsonl").write_text(file.readline(), encoding="utf-8")
        for name in ("one", "all"):
            texts = [
                filing_text(item.filing, manifest.text.fields, manifest.text.max_chars)
                for item in read_filings(self.folder / f"{name}.jsonl")
                if isinstance(item, ClassifiedFiling)
            ]
            (self.folder / f"{name}.json").write_text(json.dumps(texts), encoding="utf-8")
        return what

    def cpc(self, name: str, count: int) -> float:
        """Seconds of `cpc suggest` on a file of `count` filings; the results are checked."""
        out = self.folder / "out.jsonl"
        command = (*CPC, "suggest", self.folder / f"{name}.jsonl", "--bundle", self.bundle)
        with out.open("w", encoding="utf-8") as file:
            start = time.perf_counter()
            run(command, "cpc suggest", stdout=file)
            seconds = time.perf_counter() - start
        with out.open(encoding="utf-8") as file:
            answered = sum(bool(json.loads(line)["suggestions"]) for line in file)
        if answered != count:
            stop(f"cpc suggest gave suggestions for {answered} of {count} filings")
        return seconds

    def other(self, name: str, cut: bool = False) -> float:
        """Seconds of sentence-transformers on the same texts.

        Args:
            name: "one" or "all".
            cut: to as many tokens as the bundle reads; else as many as the model does by itself.
        """
        texts, out = self.folder / f"{name}.json", self.folder / "out.npy"
        most = str(self.max_tokens) if cut else "0"
        command = (sys.executable, BASELINE, texts, out, most, self.device)
        start = time.perf_counter()
        said = run(command, "sentence-transformers")
        seconds = time.perf_counter() - start
        self.baseline = json.loads(said.splitlines()[-1])
        return seconds
