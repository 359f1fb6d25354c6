"""Details of a release: the round trip, and files that cannot be used."""

from __future__ import annotations

import sqlite3
from datetime import date
from pathlib import Path

import pytest

from taxonomy.definition import Definition, Reference, Synonym
from taxonomy.details import Details, SymbolDetails, write_details
from taxonomy.errors import SnapshotError
from taxonomy.release import Release
from taxonomy.scheme import Note
from taxonomy.transfer import WARNING, Transfer
from taxonomy.tree import Taxonomy
from taxonomy.validity import Period, Validity

DEFINITION = Definition(
    "H01M10/00",
    "Rechargeable cells",
    "Cells that are charged again.",
    "Cells that are charged again.\nTheir parts",
    "Told from H01M6/00 by charging.",
    (Reference("limiting", "cells used once", "H01M6/00 and subgroups", ("H01M6/00",)),),
    "Say the electrolyte, too.",
    (("cell", "what stores charge"), ("", "a meaning alone")),
    (Synonym("abbreviations", "SoC", "state of charge"),),
)
NOTES = (
    Note("note", "", "Looked at last, 'as ever'.", ()),
    Note("warning", "reclass-source", "Goes into H01M4/00.", ("H01M4/00", "H01M6/00")),
)
VALIDITY = Validity((Period(date(2013, 1, 1), date(2015, 6, 30)), Period(date(2020, 1, 1))))


@pytest.fixture
def release(mini_scheme: Taxonomy) -> Release:
    return Release(
        taxonomy=mini_scheme,
        revised={"H01M10/00": 20290801},
        ipc={"H01M10/00": "H01M10/00", "A01B2001/045": "CPCONLY"},
        notes={"H01M10/00": NOTES},
        references={"H01M10/00": ("H01M4/00", "H01M6/00")},
        validity={"H01M10/00": VALIDITY, "H01M6/00": Validity((Period(date(2013, 1, 1)),))},
        definitions={"H01M10/00": DEFINITION},
        transfers=(Transfer("H01M10/00", "H01M4/00", WARNING, 1.0, "reclass-source"),),
        missing=("cpc-scheme-G05B.xml",),
    )


@pytest.fixture
def path(release: Release, tmp_path: Path) -> Path:
    path = tmp_path / "2030.01.details"
    write_details(release, path)
    return path


def test_what_is_known_of_a_symbol_comes_back(path: Path) -> None:
    assert Details(path).of("H01M10/00") == SymbolDetails(
        20290801, "H01M10/00", NOTES, ("H01M4/00", "H01M6/00"), VALIDITY, DEFINITION
    )


def test_of_other_symbols_nothing_is_known(path: Path) -> None:
    assert Details(path).of("A01B1/00") == SymbolDetails(0, "", (), (), None, None)
    assert Details(path).of("'; drop table note") == SymbolDetails(0, "", (), (), None, None)


def test_the_whole_tables_come_back(path: Path, release: Release) -> None:
    details = Details(path)
    assert details.ipc() == release.ipc
    assert details.validity() == release.validity
    assert details.transfers() == release.transfers
    assert [details.targets(t.symbol) for t in release.transfers] == [
        (t.target,) for t in release.transfers
    ]
    assert details.targets("A01B1/00") == ()
    assert details.missing() == release.missing
    assert details.statements() == {"H01M10/00": DEFINITION.covers}


def test_only_the_file_itself_is_left(path: Path, release: Release) -> None:
    write_details(release, path)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_a_folder_that_is_not_there_is_named(release: Release, tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="nowhere.*cannot be written"):
        write_details(release, tmp_path / "nowhere" / "2030.01.details")


@pytest.mark.parametrize("content", [b"no database", b""], ids=["foreign", "empty"])
def test_a_file_that_is_none_says_how_to_import(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "2030.01.details"
    path.write_bytes(content)
    with pytest.raises(SnapshotError, match=r"2030\.01\.details .*import the release again"):
        Details(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match=r"gone\.details cannot be read"):
        Details(tmp_path / "gone.details")


def test_another_format_is_told(path: Path) -> None:
    with sqlite3.connect(path) as store:
        store.execute("pragma user_version = 99")
    store.close()
    with pytest.raises(SnapshotError, match="of another format; import the release again"):
        Details(path)


def test_reading_never_writes(path: Path) -> None:
    before = path.read_bytes()
    Details(path).of("H01M10/00")
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]
