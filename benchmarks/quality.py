"""What a bundle is worth on every labelled test set: one Markdown table.

Two ways, which should agree: `cpc train evaluate` (scores of all label rows, calibration,
coherence) and the command a user runs, `cpc suggest --level subclass`, whose lines an independent
checker compares with the contract and with the labels.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

from machine import CPC, SHARED, bundle_folder, heading, need_modules, needed, run, stop

GET = "The test sets come with the project's shared folder; name another with --data or --checker."
COLUMNS = (
    "test set",
    "filings",
    "subclass first / three / ten",
    "main group first / three / ten",
    "ECE first",
    "ECE all",
    "incoherent",
    "`suggest` first / three / ten",
    "errors",
    "breaches",
)
COUNTS = re.compile(r"(\d+) results, (\d+) break the contract, (\d+) errors")
GUESSES = re.compile(r"first ([\d.]+) three ([\d.]+) ten ([\d.]+)")


def evaluated(bundle: Path, files: list[Path]) -> dict[str, dict[str, Any]]:
    """What `cpc train evaluate` says of each file, by name."""
    said = run((*CPC, "train", "evaluate", bundle, *files), "cpc train evaluate", stderr=None)
    found = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    return {figures["data"]: figures for figures in found}


def suggested(bundle: Path, file: Path, checker: Path, folder: Path) -> dict[str, str]:
    """What the checker says of the lines of `cpc suggest`."""
    out = folder / "results.jsonl"
    command = (*CPC, "suggest", file, "--bundle", bundle, "--level", "subclass")
    with out.open("w", encoding="utf-8") as lines:
        # Status 1 also means that a filing could not be read; the checker counts those.
        run(command, f"cpc suggest {file.name}", ok=(0, 1), stdout=lines)
    with out.open(encoding="utf-8") as lines:
        check = (sys.executable, checker, file, "--rank", "subclass")
        said = run(check, checker.name, ok=(0, 1), stdin=lines)
    counts, guesses = COUNTS.search(said), GUESSES.search(said)
    if counts is None or counts[1] == "0":
        stop(f"cpc suggest gave no results for {file.name}; the checker said: {said.strip()}")
    right = " / ".join(guesses.groups()) if guesses else "-"
    return {"right": right, "breaches": counts[2], "errors": counts[3]}


def row(name: str, figures: dict[str, Any], checked: dict[str, str]) -> tuple[str, ...]:
    """One line of the table."""
    subclass = figures.get("subclass", {})
    return (
        name.removesuffix(".jsonl.gz"),
        f"{figures['filings']:,}",
        _right(subclass),
        _right(figures.get("main-group", {})),
        f"{subclass['ece_first']:.3f}" if "ece_first" in subclass else "-",
        f"{subclass['ece_all']:.5f}" if "ece_all" in subclass else "-",
        str(figures["incoherent"]),
        checked["right"],
        checked["errors"],
        checked["breaches"],
    )


def main() -> None:
    """Measure and print; exit status 1 where a score is incoherent or the contract broken."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bundle", type=Path, help="default: $CPC_BUNDLE, else the starter")
    parser.add_argument("--data", type=Path, default=SHARED / "data" / "patents")
    parser.add_argument("--checker", type=Path, default=SHARED / "tools" / "check_results.py")
    parser.add_argument("--only", default="test_*", help="which sets, as in test_cl*")
    options = parser.parse_args()
    need_modules("cpc_classifier", "training", "onnxruntime")
    bundle = bundle_folder(options.bundle)
    needed(options.checker, "the checker of results", GET)
    files = sorted(needed(options.data, "the test sets", GET).glob(f"{options.only}.jsonl.gz"))
    if not files:
        stop(f"no {options.only}.jsonl.gz in {options.data}")
    manifest = json.loads((bundle / "manifest.json").read_text(encoding="utf-8"))
    print(heading("Quality", "onnxruntime", "tokenizers", "faiss-cpu", "numpy"))
    print(f"bundle    {manifest['name']}-{manifest['version']}, created {manifest['created']}\n")
    figures = evaluated(bundle, files)
    print("| " + " | ".join(COLUMNS) + " |\n" + "|---" * len(COLUMNS) + "|", flush=True)
    broken = 0
    with tempfile.TemporaryDirectory() as folder:
        for file in files:
            checked = suggested(bundle, file, options.checker, Path(folder))
            cells = row(file.name, figures[file.name], checked)
            broken += figures[file.name]["incoherent"] + int(checked["breaches"])
            print("| " + " | ".join(cells) + " |", flush=True)
    sys.exit(bool(broken))


def _right(figures: dict[str, Any]) -> str:
    if not figures:
        return "-"
    return " / ".join(f"{figures[depth]:.3f}" for depth in ("first", "three", "ten"))


if __name__ == "__main__":
    main()
