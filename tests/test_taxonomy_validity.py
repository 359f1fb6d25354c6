"""The validity file: what is read, and that each fault names file and line."""

from __future__ import annotations

import zipfile
from datetime import date
from pathlib import Path

import pytest

from taxonomy.errors import ReleaseFileError
from taxonomy.readers.validity import read_validity
from taxonomy.validity import Period, Validity

HEADER = "Symbol\tValid from\tValid to"
ROWS = (
    "A\t2013-01-01\t",
    "A01B1/02\t2013-01-01\t",
    "A01B   1/022\t2013-01-01\t2015-04-30",
    "A01B2001/045\t2020-08-01\t",
    "A01B1/022\t2018-01-01\t",
)


def write(folder: Path, *rows: str, header: str = HEADER, end: str = "\r\n") -> Path:
    file = folder / "CPCValidityFile203001.txt"
    file.write_bytes(end.join((header, *rows, "")).encode())
    return file


def period(start: str, end: str = "") -> Period:
    return Period(date.fromisoformat(start), date.fromisoformat(end) if end else None)


EXPECTED = {
    "A": Validity((period("2013-01-01"),)),
    "A01B1/02": Validity((period("2013-01-01"),)),
    "A01B1/022": Validity((period("2013-01-01", "2015-04-30"), period("2018-01-01"))),
    "A01B2001/045": Validity((period("2020-08-01"),)),
}


def test_a_file_is_read_alone_in_its_zip_and_in_a_folder(tmp_path: Path) -> None:
    file = write(tmp_path, *ROWS)
    with zipfile.ZipFile(tmp_path / "CPCValidityFile203001.zip", "w") as archive:
        archive.write(file, "CPCValidityFile203001/" + file.name)
    for source in (file, tmp_path, tmp_path / "CPCValidityFile203001.zip"):
        assert read_validity(source) == EXPECTED


def test_line_ends_marks_and_empty_lines_do_not_matter(tmp_path: Path) -> None:
    file = write(tmp_path, *ROWS, "", header="\ufeff" + HEADER, end="\n")
    assert read_validity(file) == EXPECTED


def test_a_tab_that_an_editor_cut_off_does_not_matter(tmp_path: Path) -> None:
    assert read_validity(write(tmp_path, *(row.rstrip("\t") for row in ROWS))) == EXPECTED


def test_the_order_of_periods_does_not_matter(tmp_path: Path) -> None:
    assert read_validity(write(tmp_path, *reversed(ROWS))) == EXPECTED


def test_symbols_with_the_same_periods_share_one_object(tmp_path: Path) -> None:
    found = read_validity(write(tmp_path, *ROWS))
    assert found["A"] is found["A01B1/02"]


@pytest.mark.parametrize(
    ("day", "holds"),
    [
        ("2012-12-31", False), ("2013-01-01", True), ("2015-04-30", True), ("2015-05-01", False),
        ("2017-12-31", False), ("2018-01-01", True), ("2999-01-01", True),
    ],
)  # fmt: skip
def test_a_symbol_holds_from_its_first_to_its_last_day(day: str, holds: bool) -> None:
    assert EXPECTED["A01B1/022"].holds(date.fromisoformat(day)) is holds


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("A01B1/04\t2013-02-30\t", r"valid from: '2013-02-30' is no day: day.*range"),
        ("A01B1/04\t20130101\t", r"valid from: '20130101' is no day: .* YYYY-MM-DD"),
        ("A01B1/04\t01/01/2013\t", r"valid from: '01/01/2013' is no day"),
        ("A01B1/04\t\t2015-01-01", r"valid from: '' is no day"),
        ("A01B1/04\t2013-01-01\tnow", r"valid to: 'now' is no day"),
        ("A01B1/04\t2015-01-01\t2013-01-01", r"valid from 2015-01-01 to 2013-01-01, which is bef"),
        ("A01B1/04", r"1 columns; a row has 3, symbol, valid from, valid to"),
        ("A01B1/04\t2013-01-01\t\t", r"4 columns; a row has 3"),
        ("A01B1/04 2013-01-01", r"1 columns; a row has 3"),
        ("2013-01-01\tA01B1/04\t", r"'2013-01-01' is no CPC symbol"),
        ("A01B1/4\t2013-01-01\t", r"'A01B1/4' is no CPC symbol"),
        ("A01B1/02\t2014-01-01\t", r"A01B1/02 is valid from 2014-01-01, but also from 2013-01-01 "),
        ("A01B1/02\t2012-01-01\t", r"A01B1/02 .* to today: the periods overlap"),
        ("A01B1/02\t2012-01-01\t2013-01-02", r"A01B1/02 is valid .*overlap"),
        ("A01B1/02\t2013-01-01\t", r"A01B1/02 is valid .*overlap"),
        ("A01B1/02\t2013-01-01\t2013-01-01", r"A01B1/02 is valid .*overlap"),
    ],
)
def test_a_fault_names_file_and_line(tmp_path: Path, row: str, fault: str) -> None:
    file = write(tmp_path, *ROWS, row)
    with pytest.raises(ReleaseFileError, match=rf"^CPCValidityFile203001\.txt line 7: {fault}"):
        read_validity(file)


def test_a_period_may_begin_on_the_last_day_of_the_one_before(tmp_path: Path) -> None:
    rows = ("A01B1/04\t2013-01-01\t2015-01-01", "A01B1/04\t2015-01-01\t")
    (validity,) = read_validity(write(tmp_path, *rows)).values()
    assert [p.start.year for p in validity.periods] == [2013, 2015]


@pytest.mark.parametrize(
    "header",
    [
        ROWS[0],
        "Symbol\tValid to\tValid from",
        "Valid from\tSymbol\tValid to",
        "Symbol,Valid from,Valid to",
        "Symbol\tValid from",
    ],
)
def test_a_header_that_names_other_columns_is_refused(tmp_path: Path, header: str) -> None:
    file = write(tmp_path, *ROWS[1:], header=header)
    with pytest.raises(ReleaseFileError, match=r"line 1: .* which are symbol, valid from, valid"):
        read_validity(file)


def test_where_there_is_not_just_one_file_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(ReleaseFileError, match="no validity file, where one is needed"):
        read_validity(tmp_path)
    file = write(tmp_path, *ROWS)
    file.with_name("CPCValidityFile203005.txt").write_bytes(file.read_bytes())
    with pytest.raises(ReleaseFileError, match=r"203001\.txt, CPC\w+203005\.txt, where one is"):
        read_validity(tmp_path)


def test_a_file_without_rows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReleaseFileError, match=r"203001\.txt holds no symbol"):
        read_validity(write(tmp_path))
    (tmp_path / "CPCValidityFile203001.txt").write_bytes(b"")
    with pytest.raises(ReleaseFileError, match=r"203001\.txt line 1: nothing; the first line"):
        read_validity(tmp_path)
