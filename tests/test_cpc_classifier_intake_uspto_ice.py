from __future__ import annotations

import dataclasses
import io
import logging

import pytest
from intake_documents import grant

from cpc_classifier.filing import Allocation, ClassifiedFiling
from cpc_classifier.intake import read_filings


def read_one(data: bytes) -> ClassifiedFiling:
    (found,) = read_filings(io.BytesIO(data), "week.xml")
    assert isinstance(found, ClassifiedFiling), found
    return found


def test_everything_of_a_grant_is_read() -> None:
    filing = read_one(grant()).filing
    assert filing.id == "US10000001B2"
    assert filing.title == "Cell with a H2O\u2014cooled lid"
    assert filing.abstract == "A cell has a lid (11) and a wall."
    assert filing.claims.split("\n") == [
        "1. A cell comprising: a lid; and a wall.",
        "2. The cell of claim 1, wherein the lid is flat.",
    ]
    assert filing.description.split("\n") == [
        "FIELD",
        "The cell is small.",
        "Its length is",
        "a = 2",
        "units.",
    ]
    assert filing.language == "en"
    assert (filing.filing_date, filing.publication_date) == ("2017-03-02", "2020-01-07")


def test_allocations_are_main_then_further_without_search_fields_and_combinations(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO):
        found = read_one(grant())
    assert found.allocations == (
        Allocation("H01M10/0525", "inventive", "first", "2013.01"),
        Allocation("Y02E60/10", "additional", "later", "2020.05"),
    )
    assert "1 CPC symbols cannot be read" in caplog.text


@pytest.mark.parametrize(
    ("number", "kind", "id"),
    [
        ("07057742", "B2", "US7057742B2"),
        ("D0435854", "S1", "USD435854S1"),
        ("RE045317", "E1", "USRE45317E1"),
        ("20220240350", "A1", "US20220240350A1"),
    ],
)
def test_numbers_are_written_as_on_the_document(number: str, kind: str, id: str) -> None:
    assert read_one(grant(number, kind)).filing.id == id


def test_an_application_is_read_like_a_grant() -> None:
    data = grant("20200123456", "A1").replace(b"patent-grant", b"patent-application")
    data = data.replace(b"data-grant", b"data-application")
    expected = dataclasses.replace(read_one(grant()).filing, id="US20200123456A1")
    assert read_one(data).filing == expected


def test_a_design_has_no_abstract_and_is_read() -> None:
    data = grant("D0435854", "S1")
    start, stop = data.index(b"<abstract"), data.index(b"</abstract>") + len(b"</abstract>")
    filing = read_one(data[:start] + data[stop:]).filing
    assert filing.abstract == ""
    assert filing.claims.startswith("1. A cell")


@pytest.mark.parametrize(
    "doctype",
    [b"", b'<!DOCTYPE us-patent-grant SYSTEM "of-a-version-to-come.dtd" [ ]>'],
)
def test_the_dtd_does_not_matter(doctype: bytes) -> None:
    start = grant().index(b"<!DOCTYPE")
    stop = grant().index(b"<us-patent-grant")
    assert read_one(grant()[:start] + doctype + grant()[stop:]) == read_one(grant())


def test_a_document_without_a_number_is_called_after_its_file() -> None:
    data = grant()
    start, stop = data.index(b"<publication-reference"), data.index(b"<application-reference")
    filing = read_one(data[:start] + data[stop:]).filing
    assert filing.id == "week.xml#1"
    assert filing.publication_date == "2020-01-07"


def test_a_default_namespace_does_not_matter() -> None:
    data = grant().replace(b"<us-patent-grant ", b'<us-patent-grant xmlns="urn:some" ')
    assert read_one(data) == read_one(grant())
