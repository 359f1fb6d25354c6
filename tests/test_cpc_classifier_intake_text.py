from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpc_classifier.intake.text import (
    iso_date,
    language_code,
    one_line,
    paragraphs,
    publication_id,
)


@given(st.dates(min_value=datetime.date(1000, 1, 1)))
def test_every_spelling_of_a_date(date: datetime.date) -> None:
    for form in ("%Y%m%d", "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", " %Y-%m-%dT10:00:00Z"):
        assert iso_date(date.strftime(form)) == date.isoformat()


@pytest.mark.parametrize("text", ["", "20240230", "20240500", "2024", "31.05.2024", "2024-0531"])
def test_what_is_no_date_is_unknown(text: str) -> None:
    assert iso_date(text) == ""


@pytest.mark.parametrize(
    ("text", "code"),
    [("EN", "en"), ("en-US", "en"), ("de_AT", "de"), ("ger", "de"), ("KOR", "ko"), ("english", ""),
     ("", ""), ("\u00e9\u00e9", "")],
)  # fmt: skip
def test_languages(text: str, code: str) -> None:
    assert language_code(text) == code


@given(st.text(st.characters()))
def test_cleaned_text_can_be_encoded_and_is_stable(text: str) -> None:
    cleaned = paragraphs(text)
    cleaned.encode("utf-8")
    assert paragraphs(cleaned) == cleaned
    assert one_line(text) == " ".join(cleaned.split())


@pytest.mark.parametrize(
    ("parts", "id"),
    [
        (("US", "07057742", "B2"), "US7057742B2"),
        (("us", "PP012345", "p2"), "USPP12345P2"),
        (("EP", "0640886", "B1"), "EP0640886B1"),
        (("US", "", "B2"), ""),
    ],
)
def test_publication_numbers(parts: tuple[str, str, str], id: str) -> None:
    assert publication_id(*parts) == id
