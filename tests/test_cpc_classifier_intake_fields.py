from __future__ import annotations

import pytest

from cpc_classifier.errors import EmptyFilingError, FilingError, FilingTooLargeError
from cpc_classifier.intake import Limits, filing_from_values
from cpc_classifier.intake.fields import FIELD_NAMES, field_of
from taxonomy.allocation import Allocation


@pytest.mark.parametrize("field", FIELD_NAMES)
def test_names_are_matched_without_regard_to_case_blanks_and_hyphens(field: str) -> None:
    for name in FIELD_NAMES[field]:
        for spelling in (name, name.upper(), name.replace("_", " "), f" {name.replace('_', '-')}"):
            assert field_of(spelling) == field


def test_all_fields_are_taken() -> None:
    found = filing_from_values(
        {
            "Publication-Number": " US 1 ",
            "title": "A\nlid ",
            "abstract": "one  two\n\nthree\x00",
            "claims": ["A lid.", "2. The lid.", {"text": "The  lid\nof 1."}, ""],
            "description": None,
            "lang": "EN-us",
            "filing date": 20190405,
            "date": "2020/01/02",
            "release": "2025.05",
            "cpc": [
                "h01m 10/0525",
                {"symbol": "Y02E60/10", "kind": "A", "position": "later", "version": "2013.01"},
                "no symbol",
            ],
            "colour": 7,
        },
        "f#1",
        "f",
    )
    filing = found.filing
    assert filing.id == "US 1"
    assert filing.title == "A lid"
    assert filing.abstract == "one two\nthree"
    assert filing.claims == "1. A lid.\n2. The lid.\n3. The lid of 1."
    assert filing.language == "en"
    assert (filing.filing_date, filing.publication_date) == ("2019-04-05", "2020-01-02")
    assert found.allocations == (
        Allocation("H01M10/0525"),
        Allocation("Y02E60/10", "additional", "later", "2013.01"),
    )
    assert found.release == "2025.05"


def test_the_first_name_that_is_filled_wins() -> None:
    values = {"number": "N", "id": "", "publication_number": "P", "title": "x"}
    assert filing_from_values(values, "f#1", "f").filing.id == "P"


def test_what_is_not_given_is_empty() -> None:
    filing = filing_from_values({"title": "x", "language": "klingon", "date": "soon"}, "f#1", "f")
    assert filing.filing.id == "f#1"
    assert (filing.filing.language, filing.filing.publication_date) == ("", "")
    assert filing.allocations == ()


def test_lone_surrogates_do_not_get_through() -> None:
    title = filing_from_values({"title": "a\ud800b"}, "f#1", "f").filing.title
    assert title.encode("utf-8") == b"a b"


@pytest.mark.parametrize(
    ("values", "error", "words"),
    [
        ({"id": "1"}, FilingError, "none of the fields title, abstract, claims, description"),
        ({"title": ""}, EmptyFilingError, "holds no text"),
        ({"title": True}, FilingError, "'title' is of the type boolean"),
        ({"title": 1.5}, FilingError, "'title' is of the type number"),
        ({"title": "x", "language": []}, FilingError, "'language' is of the type list"),
        ({"claims": {"a": "b"}}, FilingError, "'claims' is of the type object"),
        ({"claims": ["x", None]}, FilingError, "item 2 of the field 'claims'"),
        ({"title": "x", "cpc": [3]}, FilingError, "'cpc' holds a number"),
        ({"title": "x", "cpc": [{"symbol": []}]}, FilingError, "'cpc.symbol' is of the type list"),
        ({"title": "x" * 60, "claims": ["y" * 60]}, FilingTooLargeError, "120 characters"),
    ],
)
def test_wrong_values_are_named(
    values: dict[str, object], error: type[FilingError], words: str
) -> None:
    with pytest.raises(error) as caught:
        filing_from_values(values, "f#1", "f, line 3", Limits(filing_chars=100))
    assert type(caught.value) is error
    assert caught.value.message.startswith("f, line 3")
    assert words in caught.value.message
