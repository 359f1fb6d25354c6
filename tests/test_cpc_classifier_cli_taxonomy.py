"""`cpc taxonomy` as a user runs it: import, check, diff and migrate."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from mini_scheme import DATE, write_title_list

from cpc_classifier.cli import cli
from taxonomy.errors import ReleaseFileError

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs `cpc taxonomy` with a home of its own."""
    monkeypatch.setenv("CPC_HOME", str(tmp_path / "home"))

    def call(*words: str | Path) -> Result:
        return CliRunner().invoke(cli, ["taxonomy", *map(str, words)])

    return call


@pytest.fixture
def old(tmp_path: Path) -> Path:
    folder = tmp_path / "old"
    folder.mkdir()
    return write_title_list(folder)


@pytest.fixture
def new(tmp_path: Path) -> Path:
    """A later release: H01M10/42 was renamed to H01M10/44, A01B1/04 reads differently."""
    folder = tmp_path / "new"
    folder.mkdir()
    write_title_list(folder, "20300501")
    file = folder / "cpc-section-H_20300501.txt"
    text = file.read_bytes().replace(b"H01M10/425\t", b"H01M10/445\t")
    file.write_bytes(text.replace(b"H01M10/42\t", b"H01M10/44\t"))
    file = folder / "cpc-section-A_20300501.txt"
    file.write_bytes(file.read_bytes().replace(b"\tHoes\r", b"\tHoes and rakes\r"))
    return folder


def lines(done: Result) -> list[dict[str, Any]]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_import_tells_what_was_kept(run: Run, old: Path) -> None:
    [told] = lines(run("import", old))
    assert (told["release"], told["symbols"] > 50, told["missing"]) == ("2030.01", True, [])


def test_check_of_files_that_agree(run: Run, old: Path) -> None:
    done = run("check", old)
    assert done.exit_code == 0
    assert lines(done)[0]["disagreements"] == {}


def test_check_prints_what_disagrees_and_ends_with_1(run: Run, old: Path, tmp_path: Path) -> None:
    folder = tmp_path / "definitions"
    folder.mkdir()
    for symbol in ("H01M98/00", "H01M99/00"):
        name = f"cpc-definition-{symbol[:3]}{'NM'[symbol[5] == '8']}.xml"
        (folder / name).write_text(
            f"<definitions><definition-item><classification-symbol>{symbol}"
            "</classification-symbol></definition-item></definitions>"
        )
    done = run("check", old, folder, "--limit", "1")
    assert done.exit_code == 1
    counts, one = lines(done)
    assert counts["disagreements"] == {"undefined-symbol": 2}
    assert one["kind"] == "undefined-symbol"
    assert len(lines(run("check", old, folder, "--limit", "0"))) == 3


def test_diff_prints_its_counts_first(run: Run, old: Path, new: Path) -> None:
    run("import", old)
    run("import", new)
    counts, *changes = lines(run("diff", "2030.01", "2030.05"))
    assert counts["counts"] == {
        "added": 2, "deleted": 2, "retitled": 1, "moved": 0, "redotted": 0, "reflagged": 0,
        "reworded": 1,
    }  # fmt: skip
    assert {"change": "deleted", "symbol": "H01M10/42"} in changes
    assert {
        "change": "retitled", "symbol": "A01B1/04", "old": "Hoes", "new": "Hoes and rakes",
        "worded": True,
    } in changes  # fmt: skip
    assert len(changes) == 5


def test_diff_of_files_as_a_table_and_a_page(
    run: Run, old: Path, new: Path, tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    done = run("diff", old, new, "--format", "table", "--report", page)
    assert done.exit_code == 0
    assert done.stdout.splitlines()[0].split() == ["2", "added"]
    assert "H01M10/44" in page.read_text("utf-8")


@pytest.fixture
def filings(tmp_path: Path) -> Path:
    path = tmp_path / "filings.jsonl"
    records = [
        {"id": "A", "title": "Hoe", "cpc": ["A01B1/04"]},
        {"id": "B", "title": "Monitor", "cpc": ["H01M10/425", "H01M10/05"]},
        {"id": "C", "title": "Old", "cpc": ["H01M88/00"]},
    ]
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return path


def test_migrate_offers_what_is_inferred_and_applies_nothing_of_it(
    run: Run, old: Path, new: Path, filings: Path
) -> None:
    run("import", old)
    run("import", new)
    one, two, three, counts = lines(run("migrate", "2030.01", "2030.05", filings))
    assert one["symbols"][0]["outcome"] == "unchanged"
    assert two["symbols"][0]["outcome"] == "retired"
    assert two["symbols"][0]["targets"][0]["symbol"] == "H01M10/445"
    assert two["symbols"][0]["targets"][0]["source"] == "inferred"
    assert [applied["symbol"] for applied in two["applied"]] == ["H01M10/05"]
    assert "neither 2030.01 nor 2030.05" in three["symbols"][0]["look"]
    assert counts["counts"] == {"filings": 3, "work": 2, "unchanged": 2, "retired": 2}
    assert [row["id"] for row in lines(run("migrate", "2030.01", "2030.05", filings, "--work-only"))
            if "id" in row] == ["B", "C"]  # fmt: skip


def test_migrate_applies_a_table_of_ones_own(
    run: Run, old: Path, new: Path, filings: Path, tmp_path: Path
) -> None:
    run("import", old)
    run("import", new)
    table = tmp_path / "ours.csv"
    table.write_text("from,to\nH01M10/425,H01M10/445\n")
    two = lines(run("migrate", "2030.01", "2030.05", filings, "--transfers", table))[1]
    assert two["symbols"][0]["outcome"] == "transferred"
    assert two["symbols"][0]["targets"] == [
        {"symbol": "H01M10/445", "confidence": 1.0, "source": "own"}
    ]
    assert [applied["symbol"] for applied in two["applied"]] == ["H01M10/445", "H01M10/05"]


def test_a_circle_in_a_table_of_ones_own_is_refused(
    run: Run, old: Path, filings: Path, tmp_path: Path
) -> None:
    run("import", old)
    table = tmp_path / "ours.csv"
    table.write_text("from,to\nA01B1/02,A01B1/04\nA01B1/04,A01B1/02\n")
    done = run("migrate", "2030.01", "2030.01", filings, "--transfers", table)
    assert isinstance(done.exception, ReleaseFileError)
    assert "circle" in str(done.exception)


def test_a_release_that_was_not_imported_is_named(run: Run, old: Path) -> None:
    run("import", old)
    done = run("diff", "2030.01", "2031.01")
    assert "2031.01" in str(done.exception)
    assert DATE[:4] in str(done.exception)
