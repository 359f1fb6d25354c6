"""Measures bundles on files: reads, asks, and writes figures, reports and plots."""

from __future__ import annotations

import dataclasses
import json
import logging
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from cpc_classifier.bundle import ModelBundle, write_manifest
from cpc_classifier.classifier import Classifier
from taxonomy.symbol import Rank
from training.errors import CorpusError
from training.evaluation.compare import compare
from training.evaluation.counts import Counts, count_files, count_memory
from training.evaluation.figures import figures
from training.evaluation.judged import Evaluation
from training.evaluation.labelled import Labelled, read_labelled
from training.evaluation.plots import draw
from training.evaluation.predict import predict
from training.evaluation.report import comparison_report, report
from training.evaluation.selective import AssignRule
from training.evaluation.tree import Tree

__all__ = ["compare_bundles", "evaluate_bundle", "record_figures"]

log = logging.getLogger(__name__)

ALL = "all"
"""The name of all files together."""
RECORDED = ("filings", "first", "three", "ten", "ece_first", "ece_all")
"""What a manifest keeps of a rank; the rest is made again when it is wanted."""


def evaluate_bundle(
    bundle: Path,
    files: Sequence[Path],
    train: Sequence[Path] = (),
    out: Path | None = None,
    record: bool = False,
    seed: int = 0,
) -> Iterator[dict[str, Any]]:
    """The figures of each file, and of all together where there are several.

    Args:
        bundle: its folder.
        files: labelled filings, JSON lines.
        train: the files that it was trained on, to count symbols in; none: its memory is counted.
        out: gets ``figures.json``, ``report.md`` and the plots.
        record: whether the main figures go into the bundle's manifest.
        seed: of the intervals.

    Returns:
        One mapping for each file, as `figures` gives them, with its name as ``data`` and, as
        ``in_memory``, how many of its filings are in the bundle's memory, which flatters.

    Raises:
        CorpusError: a line that is not a record, or a file without a labelled filing.
        BundleError: no whole bundle.
    """
    classifier = Classifier.load(bundle)
    tree = _tree(classifier)
    counts = _counts(classifier, train, tree)
    known = _in_memory(classifier)
    rule = _rule(classifier)
    told: list[dict[str, Any]] = []

    def tell(name: str, found: Evaluation, seen: int) -> dict[str, Any]:
        measured = figures(found, tree, counts, rule, seed)
        if record:
            record_figures(bundle, name, measured)
        told.append({"data": name, "in_memory": seen} | measured)
        return told[-1]

    parts = []
    for path, data in _read(files):
        parts.append(Evaluation.of(predict(classifier, data), data, tree))
        yield tell(path.name, parts[-1], _seen(path.name, data, known))
    whole = Evaluation.stack(parts)
    if len(parts) > 1:
        yield tell(ALL, whole, sum(each["in_memory"] for each in told))
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        _write(out / "report.md", report(classifier.bundle.label, told, draw(whole, out)))
        _write(out / "figures.json", json.dumps(told, indent=1, ensure_ascii=False) + "\n")


def compare_bundles(
    first: Path,
    second: Path,
    files: Sequence[Path],
    train: Sequence[Path] = (),
    out: Path | None = None,
    seed: int = 0,
) -> Iterator[dict[str, Any]]:
    """Compare two bundles on each file, and on all together where there are several.

    True symbols are rolled up in the first bundle's tree, for both.

    Args:
        first: folder of one bundle.
        second: folder of the other.
        files: labelled filings, JSON lines.
        train: as in `evaluate_bundle`; none: the first bundle's memory is counted.
        out: gets ``comparison.json`` and ``comparison.md``.
        seed: of the bootstrap.

    Returns:
        One mapping for each file, as `compare` gives them, with its name as ``data``, the
        ``bundles`` and ``in_memory`` as in `evaluate_bundle`.

    Raises:
        CorpusError: a line that is not a record, or a file without a labelled filing.
        BundleError: no whole bundle.
    """
    one, other = Classifier.load(first), Classifier.load(second)
    tree = _tree(one)
    counts = _counts(one, train, tree)
    names = one.bundle.label, other.bundle.label
    if names[0] == names[1]:
        names = str(first), str(second)
    known = _in_memory(one) | _in_memory(other)
    told: list[dict[str, Any]] = []

    def tell(name: str, a: Evaluation, b: Evaluation, seen: int) -> dict[str, Any]:
        compared = compare(a, b, tree, counts, seed, names)
        told.append({"data": name, "bundles": list(names), "in_memory": seen} | compared)
        return told[-1]

    ones, others = [], []
    for path, data in _read(files):
        ones.append(Evaluation.of(predict(one, data), data, tree))
        others.append(Evaluation.of(predict(other, data), data, tree))
        yield tell(path.name, ones[-1], others[-1], _seen(path.name, data, known))
    if len(ones) > 1:
        seen = sum(each["in_memory"] for each in told)
        yield tell(ALL, Evaluation.stack(ones), Evaluation.stack(others), seen)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        _write(out / "comparison.md", comparison_report(told))
        _write(out / "comparison.json", json.dumps(told, indent=1, ensure_ascii=False) + "\n")


def record_figures(folder: Path, name: str, measured: dict[str, Any]) -> None:
    """Write the main figures of a test file into the bundle's manifest, under ``test``.

    Args:
        folder: the bundle; verified before and after.
        name: of the test file.
        measured: as from `figures`.
    """
    manifest = ModelBundle.load(folder).manifest
    ranks = [rank.label for rank in Rank if rank.label in measured]
    kept = {key: measured[key] for key in ("filings", "incoherent")} | {
        rank: {key: measured[rank][key] for key in RECORDED if key in measured[rank]}
        for rank in ranks
    }
    known = dict(manifest.figures)
    known["test"] = dict(known.get("test", {})) | {name: kept}
    write_manifest(
        folder,
        name=manifest.name,
        version=manifest.version,
        release=manifest.release,
        encoder=dataclasses.asdict(manifest.encoder),
        text=dataclasses.asdict(manifest.text),
        recipe=manifest.recipe,
        figures=known,
        created=manifest.created,
    )


def _tree(classifier: Classifier) -> Tree:
    labels, below = classifier.hierarchy, classifier.subgroups
    parent = np.concatenate((labels.parent, below.parent))
    return Tree.of(labels.symbols + below.symbols, parent)


def _counts(classifier: Classifier, train: Sequence[Path], tree: Tree) -> Counts:
    if train:
        return count_files(train, tree)
    return count_memory(classifier.memory, classifier.hierarchy, classifier.subgroups, tree)


def _in_memory(classifier: Classifier) -> set[str]:
    """The ids of the filings in a bundle's memory."""
    return {name[2:] for name in classifier.memory.names if name.startswith("f\t")}


def _rule(classifier: Classifier) -> AssignRule:
    c = classifier.calibration
    return AssignRule(c.assign_rank, c.assign_threshold, c.assign_precision, c.assign_confidence)


def _read(files: Sequence[Path]) -> list[tuple[Path, list[Labelled]]]:
    """All files before the first is measured, so that a broken one is told at once."""
    found = [(path, read_labelled(path)) for path in files]
    for path, data in found:
        if not data:
            raise CorpusError(f"{path}: no filing with a text and a symbol: nothing to measure")
    return found


def _seen(name: str, data: Sequence[Labelled], known: set[str]) -> int:
    count = sum(d.filing.id in known for d in data if d.filing.id)
    if count:
        log.warning("%s: %d of %d filings are in the bundle's memory", name, count, len(data))
    return count


def _write(path: Path, text: str) -> None:
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)
