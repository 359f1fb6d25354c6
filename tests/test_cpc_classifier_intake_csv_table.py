from __future__ import annotations

import io

import pytest

from cpc_classifier.filing import ClassifiedFiling, Unreadable
from cpc_classifier.intake import Limits, read_filings
from cpc_classifier.intake.csv_table import delimiter_of


def read(data: bytes | str, limits: Limits | None = None) -> list[ClassifiedFiling | Unreadable]:
    data = data.encode() if isinstance(data, str) else data
    return list(read_filings(io.BytesIO(data), "in.csv", limits or Limits()))


def shown(results: list[ClassifiedFiling | Unreadable]) -> list[str]:
    return [
        f"{r.id}: {r.error.code}"
        if isinstance(r, Unreadable)
        else f"{r.filing.id}: {r.filing.title}"
        for r in results
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_tables_of_every_delimiter_and_encoding(delimiter: str, encoding: str) -> None:
    rows = [
        ["Publication Number", "TITLE", "Abstract", "colour", "CPC", "Date"],
        ["X1", "Ein Deckel f\u00fcr 2", '"one\ntwo ""quoted"""', "red", '"A01B1/00;H01M10/0525"',
         "2020-01-02"],
        [],
        ["X2", '"a, b; c\td"', "", "", "", ""],
    ]  # fmt: skip
    text = "\r\n".join(delimiter.join(row) for row in rows)
    first, second = read(text.encode(encoding))
    assert isinstance(first, ClassifiedFiling)
    assert first.filing.id == "X1"
    assert first.filing.title == "Ein Deckel f\u00fcr 2"
    assert first.filing.abstract == 'one\ntwo "quoted"'
    assert first.filing.publication_date == "2020-01-02"
    assert [a.symbol for a in first.allocations] == ["A01B1/00", "H01M10/0525"]
    assert shown([second]) == ["X2: a, b; c\td".replace("\t", " ")]


def test_a_bad_row_gives_its_own_error() -> None:
    results = read('id,title\nX1,a\nX2,b,c\nX3,\nX4,"d"e\nX5,f\n')
    assert shown(results) == [
        "X1: a",
        "X2: bad_filing",
        "X3: empty_filing",
        "in.csv#4: bad_filing",
        "X5: f",
    ]
    assert isinstance(results[1], Unreadable)
    assert "row 2" in results[1].error.message
    assert "3 cells, the header 2" in results[1].error.message


def test_a_quotation_without_end_is_an_error() -> None:
    results = read('id,title\nX1,a\nX2,"b\nX3,c\n')
    assert shown(results) == ["X1: a", "in.csv#2: bad_filing"]


def test_bytes_that_are_not_utf_8_cost_one_row() -> None:
    results = read("id,title\nX1,a\nX2,\u00e9\nX3,c\n".encode("latin-1"))
    assert shown(results) == ["X1: a", "in.csv#2: bad_filing", "X3: c"]
    assert isinstance(results[1], Unreadable)
    assert "in.csv, line 3 is not UTF-8" in results[1].error.message


def test_a_line_over_the_limit_costs_one_row() -> None:
    results = read(f"id,title\nX1,{'x' * 2000}\nX2,b\n", Limits(document_bytes=1000))
    assert shown(results) == ["in.csv#1: filing_too_large", "X2: b"]


def test_a_header_alone_gives_nothing() -> None:
    assert read("id,title\n") == []


@pytest.mark.parametrize(
    ("head", "delimiter"),
    [
        (b"title\n", ","),
        (b"id;title,x;abstract\n", ";"),
        (b'\xef\xbb\xbf"Title"\tid\r\n', "\t"),
        (b"id,number\n", ""),
        (b"some text about a title, and more\n", ""),
        (b"", ""),
    ],
)
def test_the_delimiter_is_that_under_which_the_header_names_fields(
    head: bytes, delimiter: str
) -> None:
    assert delimiter_of(head) == delimiter
