from __future__ import annotations

import dataclasses
import io
import logging

import pytest
from intake_documents import grant

from cpc_classifier.filing import ClassifiedFiling
from cpc_classifier.intake import read_filings
from taxonomy.allocation import Allocation, CombinationSet


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


def member(rank: str, symbol: str, kind: str = "I") -> str:
    """A member of a combination set, of a symbol like `C01B 3/00`."""
    place, group = symbol.split()
    main, sub = group.split("/")
    return (
        f"<combination-rank><rank-number>{rank}</rank-number><classification-cpc>"
        "<cpc-version-indicator><date>20130101</date></cpc-version-indicator>"
        f"<section>{place[0]}</section><class>{place[1:3]}</class><subclass>{place[3:]}</subclass>"
        f"<main-group>{main}</main-group><subgroup>{sub}</subgroup>"
        f"<symbol-position>L</symbol-position><classification-value>{kind}</classification-value>"
        "</classification-cpc></combination-rank>"
    )


def with_sets(*sets: str) -> bytes:
    """The grant, with these combination sets in place of its own."""
    data = grant().decode()
    start, stop = data.index("<combination-set>"), data.index("</further-cpc>")
    return (data[:start] + "".join(sets) + data[stop:]).encode()


def a_set(number: str, *members: str) -> str:
    told = f"<group-number>{number}</group-number>"
    return f"<combination-set>{told}{''.join(members)}</combination-set>"


def later(symbol: str, kind: str = "inventive") -> Allocation:
    return Allocation(symbol, kind, "later", "2013.01")


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


def test_combination_sets_are_kept_apart_in_the_order_of_their_ranks() -> None:
    found = read_one(
        with_sets(
            a_set("1", member("1", "C08K 5/01"), member("2", "C08L 23/06")),
            a_set("2", member("10", "C08L 25/06"), member("2", "C08L 23/06"),
                  member("1", "C08K 5/01", "A"), member("3", "C08L 23/06")),
        )
    )  # fmt: skip
    assert found.combinations == (
        CombinationSet((later("C08K5/01"), later("C08L23/06")), 1),
        CombinationSet(
            (
                later("C08K5/01", "additional"),
                later("C08L23/06"),
                later("C08L23/06"),
                later("C08L25/06"),
            ),
            2,
        ),
    )
    assert found.allocations == read_one(grant()).allocations


@pytest.mark.parametrize("rank", ["", "0", "first", "9" * 5000])
def test_without_ranks_a_set_has_the_order_of_the_document(rank: str) -> None:
    data = with_sets(a_set("", member(rank, "C08L 23/06"), member("1", "C08K 5/01")))
    (found,) = read_one(data).combinations
    assert found == CombinationSet((later("C08L23/06"), later("C08K5/01")))


def test_a_set_with_a_member_that_cannot_be_read_is_left_out(
    caplog: pytest.LogCaptureFixture,
) -> None:
    broken = a_set("1", member("1", "C08K 5/01"), member("2", "?08L 23/06"))
    whole = a_set("2", member("1", "C08K 5/01"), member("2", "C08L 23/06"))
    with caplog.at_level(logging.INFO):
        found = read_one(with_sets(broken, a_set("3"), whole))
    assert [combination.number for combination in found.combinations] == [2]
    assert "2 combination sets cannot be read" in caplog.text
