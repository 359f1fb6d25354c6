from __future__ import annotations

import logging
from pathlib import Path

import pytest

from cpc_classifier.label_facts import LabelFacts
from taxonomy import releases
from taxonomy.snapshot import write_snapshot
from taxonomy.tree import SchemeEntry, Taxonomy

SYMBOLS = ("H", "H01", "H01M", "H01M10/00", "H01M2220/00", "Y02E")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CPC_HOME", str(tmp_path))
    (tmp_path / "releases").mkdir()
    return tmp_path / "releases"


def test_own_labels_serve_where_no_release_is_imported(home: Path) -> None:
    facts = LabelFacts(SYMBOLS, "2025.05")
    packaged = releases.packaged()
    assert [facts.title(row) for row in range(3)] == [packaged.title(s) for s in SYMBOLS[:3]]
    assert facts.title(3) == ""


def test_titles_come_from_the_imported_release(home: Path) -> None:
    entries = [
        SchemeEntry("H", -1, "Invented section"),
        SchemeEntry("H01", -1, ""),
        SchemeEntry("H01M", -1, "Invented subclass"),
        SchemeEntry("H01M10/00", 0, "Invented group"),
    ]
    write_snapshot(Taxonomy.from_entries("2031.01", entries), home / "2031.01.snapshot")
    facts = LabelFacts(SYMBOLS, "2031.01")
    assert facts.title(0) == "Invented section"
    assert facts.title(1) == releases.packaged().title("H01")
    assert facts.title(3) == "Invented group"
    assert LabelFacts(SYMBOLS, "2025.05").title(3) == ""


def test_a_damaged_release_is_logged_and_own_labels_serve(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (home / "2031.01.snapshot").write_bytes(b"broken")
    with caplog.at_level(logging.WARNING):
        facts = LabelFacts(SYMBOLS, "2031.01")
    assert "2031.01" in caplog.text
    assert facts.title(0) == releases.packaged().title("H")


def test_the_2000_series_and_section_y_are_additional(home: Path) -> None:
    facts = LabelFacts(SYMBOLS, "")
    found = [facts.is_additional_only(row) for row in range(len(SYMBOLS))]
    assert found == [False, False, False, False, True, True]
