"""`cpc train evaluate` on a real bundle: what it prints, writes and records."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_bundle import MEMORY_DIM, TITLES, build_tiny_bundle

from cpc_classifier.bundle import ModelBundle, write_manifest
from cpc_classifier.calibration import Calibration
from cpc_classifier.classifier import Classifier
from cpc_classifier.cli import main
from cpc_classifier.memory import Memory


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_tiny_bundle(tmp_path_factory.mktemp("bundle") / "tiny")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Filings with the words of a main group's title and those of its subclass."""
    groups = [s for s in TITLES if "/" in s]
    lines = []
    for i, symbol in enumerate(groups):
        text = {"title": TITLES[symbol], "abstract": TITLES[symbol[:4]], "claims": ""}
        record = {"id": f"x{i}", "description": "", "lang": "ko" if i % 3 == 0 else "en",
                  "date": "", "cpc": [symbol], "cpc_complete": i % 5 > 0, "ipc": [],
                  "ipc_complete": False, "source": "invented"}  # fmt: skip
        lines.append(json.dumps(record | text))
    path = tmp_path_factory.mktemp("data") / "test.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _worse(bundle: Path, folder: Path) -> Path:
    """The same bundle with a calibration that turns the head and the memory upside down."""
    shutil.copytree(bundle, folder)
    path = folder / "calibration.json"
    turned = dataclasses.replace(Calibration.load(path), alpha=(-1.0,) * 4, beta=(-0.5,) * 4)
    turned.save(path)
    _describe(bundle, folder, name="worse")
    return folder


def _describe(bundle: Path, folder: Path, name: str) -> None:
    manifest = ModelBundle.load(bundle).manifest
    write_manifest(
        folder,
        name=name,
        version="1",
        release=manifest.release,
        encoder=dataclasses.asdict(manifest.encoder),
        text=dataclasses.asdict(manifest.text),
        recipe=manifest.recipe,
        figures=manifest.figures,
    )


def _run(capsys: pytest.CaptureFixture[str], *arguments: object) -> list[dict[str, Any]]:
    with pytest.raises(SystemExit) as ended:
        main(["train", "evaluate", *map(str, arguments)])
    told = capsys.readouterr()
    assert ended.value.code == 0, told.err
    return [json.loads(line) for line in told.out.splitlines()]


def test_one_object_a_file_and_one_over_all(
    bundle: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, _, together = _run(capsys, bundle, data, data)
    assert (one["data"], together["data"]) == ("test.jsonl", "all")
    assert (one["filings"], together["filings"]) == (39, 78)
    assert one["incoherent"] == one["in_memory"] == 0
    for rank in ("class", "subclass", "main-group"):
        assert one[rank]["first"] <= one[rank]["three"] <= one[rank]["ten"] <= 1
        assert one[rank]["first"] == together[rank]["first"]
    assert one["main-group"]["first"] > 0.8
    assert one["assign"]["rank"] == "subclass"
    assert list(one["subclass"]["by_language"]) == ["en", "ko"]
    assert list(one["subclass"]["by_frequency"]) == ["unseen"]  # its memory has titles alone


def test_a_report_figures_and_plots_are_written(
    bundle: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = _run(capsys, bundle, data, "--out", tmp_path / "deep" / "out")
    out = tmp_path / "deep" / "out"
    assert json.loads((out / "figures.json").read_text(encoding="utf-8")) == told
    text = (out / "report.md").read_text(encoding="utf-8")
    linked = {line.split("](")[1].rstrip(")") for line in text.splitlines() if line[:2] == "!["}
    assert linked <= {p.name for p in out.iterdir()}
    assert {"reliability.png", "risk_coverage.png"} <= linked


def test_training_files_are_counted_where_they_are_given(
    bundle: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (found,) = _run(capsys, bundle, data, "--train", data)
    assert list(found["subclass"]["by_frequency"]) == ["tail"]
    assert found["subclass"]["psp_at_1"] > 0


def test_the_manifest_keeps_the_main_figures(
    bundle: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(bundle, copy)
    (told,) = _run(capsys, copy, data, "--record")
    kept = Classifier.load(copy).info()["figures"]["test"]["test.jsonl"]
    assert kept["filings"] == 39
    assert kept["subclass"]["three"] == told["subclass"]["three"]
    assert kept["subclass"]["ece_first"] == told["subclass"]["ece_first"]
    assert "intervals" not in kept["subclass"]


def test_filings_of_the_memory_are_told(
    bundle: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(bundle, copy)
    memory = Memory.load(copy)
    memory.add(np.eye(1, MEMORY_DIM, dtype=np.float32)[0], [0], "f\tx7")
    memory.save(copy)
    _describe(bundle, copy, "learnt")
    (told,) = _run(capsys, copy, data)
    assert told["in_memory"] == 1


def test_the_better_bundle_is_found(
    bundle: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    worse = _worse(bundle, tmp_path / "worse")
    (told,) = _run(capsys, "--compare", worse, bundle, data, "--out", tmp_path)
    assert told["bundles"] == ["worse-1", "tiny-1"]
    assert told["verdict"].startswith("tiny-1 is better: ")
    assert json.loads((tmp_path / "comparison.json").read_text(encoding="utf-8")) == [told]
    assert told["verdict"] in (tmp_path / "comparison.md").read_text(encoding="utf-8")


def test_a_bundle_is_not_better_than_itself(
    bundle: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    *_, together = _run(capsys, "--compare", bundle, bundle, data, data)
    assert (together["data"], together["filings"]) == ("all", 78)
    assert together["bundles"] == [str(bundle)] * 2
    assert together["verdict"].startswith("Nothing can be said")


@pytest.mark.parametrize(
    ("more", "status", "message"),
    [(("--record", "--compare"), 2, "exclude each other"), ((), 1, "nothing to measure")],
)
def test_faults_are_one_line(
    bundle: Path,
    data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    more: tuple[str, ...],
    status: int,
    message: str,
) -> None:
    empty = tmp_path / "empty.jsonl"
    empty.write_text("", encoding="utf-8")
    options = [*more, str(bundle)] if more else []
    with pytest.raises(SystemExit) as ended:
        main(["train", "evaluate", *options, str(bundle), str(empty)])
    told = capsys.readouterr().err
    assert ended.value.code == status
    assert message in told
    assert "Traceback" not in told
