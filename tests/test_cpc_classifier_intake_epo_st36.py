from __future__ import annotations

import io

import pytest
from intake_documents import european

from cpc_classifier.filing import ClassifiedFiling
from cpc_classifier.intake import read_filings
from taxonomy.allocation import Allocation, CombinationSet


def read_one(data: bytes) -> ClassifiedFiling:
    (found,) = read_filings(io.BytesIO(data), "ep.xml")
    assert isinstance(found, ClassifiedFiling), found
    return found


@pytest.mark.parametrize(
    ("lang", "title", "claims"),
    [
        ("de", "Deckel einer Zelle", "1. Zelle mit einem Deckel.\n2. Zelle nach Anspruch 1."),
        ("en", "Lid of a cell", "1. Cell with a lid."),
        ("fr", "Couvercle de cellule", "1. Cellule."),
    ],
)
def test_texts_are_in_the_language_of_the_proceedings(lang: str, title: str, claims: str) -> None:
    filing = read_one(european(lang)).filing
    assert (filing.language, filing.title, filing.claims) == (lang, title, claims)


def test_the_rest_of_a_specification() -> None:
    filing = read_one(european()).filing
    assert filing.id == "EP0640886B1"
    assert filing.abstract == ""
    assert filing.description.split("\n") == ["Feld", "Die Zelle ist klein.", "a 1", "b 2"]
    assert (filing.filing_date, filing.publication_date) == ("2019-04-05", "2023-01-04")


def test_allocations_carry_position_kind_and_version() -> None:
    assert read_one(european()).allocations == (
        Allocation("B60K17/28", "additional", "later", "2013.01"),
        Allocation("F16D2500/10437", "inventive", "first", "2013.01"),
    )


def test_claims_fall_back_to_english() -> None:
    data = european("fr").replace(b'<claims id="claims03" lang="fr">', b'<claims lang="it">')
    assert read_one(data).filing.claims == "1. Cell with a lid."


def test_the_language_is_found_in_b260_where_the_root_has_none() -> None:
    data = european().replace(b'id="EP01" lang="de"', b'id="EP01"')
    assert read_one(data).filing.title == "Deckel einer Zelle"


def test_a_publication_with_nothing_but_a_title_is_read() -> None:
    data = european("en")
    start, stop = data.index(b"<description"), data.index(b"</ep-patent-document")
    filing = read_one(data[:start] + data[stop:]).filing
    assert (filing.title, filing.claims, filing.description) == ("Lid of a cell", "", "")


def test_neither_declaration_nor_doctype_is_needed() -> None:
    data = european()
    bare = b"<!-- made by hand -->\n" + data[data.index(b"<ep-patent-document") :]
    assert read_one(bare) == read_one(data)


def test_combination_sets_are_kept_apart_in_the_order_of_their_ranks() -> None:
    def member(rank: int, symbol: str) -> str:
        text = f"{symbol} 20130101 LI20210830BHEP"
        return (
            f"<combination-rank><rank-number>{rank}</rank-number><classification-cpc>"
            f"<text>{text}</text></classification-cpc></combination-rank>"
        )

    members = member(2, "C08L  23/06") + member(1, "C08K   5/01")
    told = f"<combination-set><group-number>4</group-number>{members}</combination-set>"
    end = b"</classifications-cpc>"
    found = read_one(european().replace(end, told.encode() + end))
    assert found.combinations == (
        CombinationSet(
            (
                Allocation("C08K5/01", "inventive", "later", "2013.01"),
                Allocation("C08L23/06", "inventive", "later", "2013.01"),
            ),
            4,
        ),
    )
    assert found.allocations == read_one(european()).allocations
