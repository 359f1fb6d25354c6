"""The envelope of a request is all or nothing; its filings stand each for itself."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cpc_classifier.errors import FilingError
from cpc_classifier.filing import Filing, Unreadable
from cpc_classifier.intake import Limits
from cpc_classifier.schemas import parse_filing, parse_options, parse_suggest
from cpc_classifier.service_errors import RequestError
from taxonomy.symbol import Rank

SECRET = "zanzibarquokka"


def body(**values: Any) -> bytes:
    return json.dumps({"filings": [{"title": "a"}], **values}).encode()


def test_a_full_request() -> None:
    asked = parse_suggest(body(level="main-group", limit=3, threshold=0.5))
    assert (asked.level, asked.limit, asked.threshold) == (Rank.MAIN_GROUP, 3, 0.5)
    assert asked.filings == [{"title": "a"}]


def test_defaults_and_null_level() -> None:
    for asked in (parse_suggest(body()), parse_suggest(body(level=None))):
        assert (asked.level, asked.limit, asked.threshold) == (None, 10, 0.0)


def test_a_byte_order_mark_is_passed_over() -> None:
    assert parse_suggest(b"\xef\xbb\xbf" + body()).limit == 10


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"limit": "3"}, "limit"),
        ({"limit": 3.0}, "limit"),
        ({"limit": True}, "limit"),
        ({"limit": 0}, "limit"),
        ({"limit": 101}, "limit"),
        ({"limit": None}, "limit"),
        ({"threshold": "0.5"}, "threshold"),
        ({"threshold": 1.01}, "threshold"),
        ({"threshold": -0.01}, "threshold"),
        ({"threshold": float("nan")}, "threshold"),
        ({"threshold": float("inf")}, "threshold"),
        ({"level": "Subclass"}, "level"),
        ({"level": ["subclass"]}, "level"),
        ({"level": 2}, "level"),
        ({"filings": []}, "filings"),
        ({"filings": {}}, "filings"),
        ({"filings": "text"}, "filings"),
        ({"filings": None}, "filings"),
        ({"levels": "subclass"}, "levels"),
    ],
)
def test_a_wrong_envelope_names_the_field(values: dict[str, Any], field: str) -> None:
    with pytest.raises(RequestError) as caught:
        parse_suggest(body(**values))
    assert [found["field"] for found in caught.value.detail["fields"]] == [field]
    assert field in str(caught.value)


def test_an_unknown_level_lists_the_levels() -> None:
    with pytest.raises(RequestError, match="section, class, subclass, main-group, subgroup") as e:
        parse_suggest(body(level="family"))
    assert e.value.detail["levels"] == [rank.label for rank in Rank]


def test_no_message_holds_what_was_sent() -> None:
    sent = body(filings=SECRET, limit=SECRET, level=SECRET, threshold=SECRET)
    with pytest.raises(RequestError) as caught:
        parse_suggest(sent)
    assert SECRET not in str(caught.value) + json.dumps(caught.value.detail)


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe{}", "not UTF-8"),
        (b'{"filings": ["\xe9"]}', "not UTF-8"),
        (b"[]", "must be an object"),
        (b"null", "must be an object"),
        (b'"text"', "must be an object"),
        (b"{}", "filings: is missing"),
        (b"[" * 100_000, "nests too deep"),
        (b'{"limit": ' + b"9" * 5000 + b"}", "number that is too long"),
    ],
)
def test_a_body_that_is_no_request(sent: bytes, said: str) -> None:
    with pytest.raises(RequestError, match=said):
        parse_suggest(sent)


def test_a_query_is_read_from_words() -> None:
    asked = parse_options({"level": "class", "limit": "7", "threshold": "0.25"})
    assert (asked.level, asked.limit, asked.threshold) == (Rank.CLASS, 7, 0.25)


@pytest.mark.parametrize(
    "query", [{"limit": "many"}, {"level": "x"}, {"threshold": "nan"}, {"Limit": "1"}]
)
def test_a_wrong_query_is_refused(query: dict[str, str]) -> None:
    with pytest.raises(RequestError):
        parse_options(query)


def test_a_filing_is_read() -> None:
    found = parse_filing({"id": 7, "title": " A  b ", "claims": ["one", "two"]}, 4, Limits())
    assert isinstance(found, Filing)
    assert (found.id, found.title, found.claims) == ("7", "A b", "1. one\n2. two")


def test_a_filing_without_id_gets_its_position() -> None:
    found = parse_filing({"title": "a"}, 4, Limits())
    assert found.id == "4"


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ("text", "4"),
        (None, "4"),
        (3.5, "4"),
        ([{"title": "a"}], "4"),
        ({}, "4"),
        ({"name": "a"}, "4"),
        ({"id": "A", "title": 5}, "A"),
        ({"id": "A", "title": ["a"]}, "A"),
        ({"id": "A", "abstract": {"p": "a"}}, "A"),
        ({"id": "A", "claims": [1]}, "A"),
        ({"id": ["A"], "title": "a"}, "4"),
        ({"id": "A", "title": "half \ud83d"}, "A"),
        ({"id": "A", "title": "a", "claims": ["half \ud83d"]}, "A"),
        ({"id": "A\ud83d", "title": "a"}, "A?"),
    ],
)
def test_a_bad_filing_becomes_an_error_in_its_place(value: object, name: str) -> None:
    found = parse_filing(value, 4, Limits())
    assert isinstance(found, Unreadable)
    assert isinstance(found.error, FilingError)
    assert found.id == name
    str(found.error).encode("utf-8")


def test_a_text_over_the_limit_names_the_limit() -> None:
    found = parse_filing({"title": SECRET * 10}, 0, Limits(filing_chars=100))
    assert isinstance(found, Unreadable)
    assert found.error.code == "filing_too_large"
    assert "100" in str(found.error)
    assert SECRET not in str(found.error)
