from __future__ import annotations

import io
import logging

import pytest
from intake_documents import european, grant

from cpc_classifier.errors import (
    EmptyFilingError,
    FilingError,
    FilingTooLargeError,
    UnsupportedFormatError,
)
from cpc_classifier.filing import ClassifiedFiling, Unreadable
from cpc_classifier.intake import Limits, read_filings

BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE us-patent-grant [<!ENTITY a "ha">'
    b'<!ENTITY b "&a;&a;&a;&a;">]><us-patent-grant><p>&b;</p></us-patent-grant>'
)
EXTERNAL = (
    b'<?xml version="1.0"?><!DOCTYPE us-patent-grant [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    b"<us-patent-grant><p>&a;</p></us-patent-grant>"
)
FOREIGN = b'<?xml version="1.0"?>\n<PATDOC DTD="2.5"><B110>1</B110></PATDOC>\n'


def read(data: bytes, limits: Limits | None = None) -> list[ClassifiedFiling | Unreadable]:
    return list(read_filings(io.BytesIO(data), "week.xml", limits or Limits()))


def ids(results: list[ClassifiedFiling | Unreadable]) -> list[str]:
    return [r.id if isinstance(r, Unreadable) else r.filing.id for r in results]


def codes(results: list[ClassifiedFiling | Unreadable]) -> list[str]:
    return [r.error.code if isinstance(r, Unreadable) else "" for r in results]


@pytest.mark.parametrize(
    ("broken", "id"),
    [
        (grant("7").replace(b"</abstract>", b"</abstrakt>"), "US7B2"),
        (grant("7")[:1500], "US7B2"),
        (grant("7").replace(b"small", b"small \xff"), "US7B2"),
        (european("en").replace(b"</B540>", b""), "EP0640886B1"),
        (BOMB, "week.xml#2"),
        (EXTERNAL, "week.xml#2"),
        (FOREIGN, "week.xml#2"),
        (b"<?xml version='1.0'?> only text", "week.xml#2"),
    ],
)
def test_one_broken_document_gives_its_error_and_the_others_go_on(broken: bytes, id: str) -> None:
    results = read(grant("1") + broken + b"\n" + grant("3") + european("fr"))
    assert ids(results) == ["US1B2", id, "US3B2", "EP0640886B1"]
    assert [bool(code) for code in codes(results)] == [False, True, False, False]
    error = results[1]
    assert isinstance(error, Unreadable)
    assert "week.xml, document 2 (at byte " in error.error.message


def test_entities_are_refused_with_a_sentence() -> None:
    for data in (BOMB, EXTERNAL):
        (found,) = read(data)
        assert isinstance(found, Unreadable)
        assert found.error.code == "bad_filing"
        assert "declares an entity of its own" in found.error.message
        assert "passwd" not in found.error.message


def test_entities_of_pictures_are_accepted() -> None:
    pictures = b'[\n<!ENTITY US1-D00001.TIF SYSTEM "US1-D00001.TIF" NDATA TIF>\n]'
    (found,) = read(grant("1").replace(b"[ ]", pictures))
    assert ids([found]) == ["US1B2"]


def test_the_last_document_may_break_off() -> None:
    results = read(grant("1") + grant("2")[:-30])
    assert ids(results) == ["US1B2", "US2B2"]
    assert isinstance(results[1], Unreadable)
    assert "cut off" in results[1].error.message


def test_a_document_over_the_limit() -> None:
    large = grant("2").replace(b"small", b"small " * 5_000)
    results = read(grant("1") + large + grant("3"), Limits(document_bytes=20_000))
    assert ids(results) == ["US1B2", "US2B2", "US3B2"]
    assert isinstance(results[1], Unreadable)
    assert type(results[1].error) is FilingTooLargeError


def test_sequence_listings_are_passed_over(caplog: pytest.LogCaptureFixture) -> None:
    listing = b'<?xml version="1.0"?>\n<sequence-cwu id="S"><p>acgt</p></sequence-cwu>\n'
    with caplog.at_level(logging.INFO):
        assert ids(read(grant("1") + listing + grant("2"))) == ["US1B2", "US2B2"]
    assert "1 sequence listings" in caplog.text
    (alone,) = read(listing)
    assert isinstance(alone, Unreadable)
    assert type(alone.error) is EmptyFilingError


def test_a_file_of_a_foreign_format_gives_one_refusal() -> None:
    (found,) = read(FOREIGN * 50)
    assert isinstance(found, Unreadable)
    assert type(found.error) is UnsupportedFormatError
    assert found.id == "week.xml"
    assert "2001 to 2004" in found.error.message
    assert "ICE XML 4.0 to 4.7" in found.error.message
    assert "other 49 parts" in found.error.message


def test_foreign_documents_among_others_keep_their_places() -> None:
    results = read(FOREIGN + grant("2") + FOREIGN)
    assert ids(results) == ["week.xml#1", "US2B2", "week.xml#3"]
    assert codes(results) == ["unsupported_format", "", "unsupported_format"]


def test_a_document_wrapped_by_a_tool_is_read() -> None:
    data = grant("1")
    start = data.index(b"<us-patent-grant")
    wrapped = data[:start] + b"<html><body><p>]&gt;\n" + data[start:] + b"</p></body>\n</html>"
    assert read(wrapped) == read(data)


def test_what_belongs_to_no_document_is_an_error() -> None:
    results = read(grant("1") + b"</p>left over text<p>" + grant("3"))
    assert ids(results) == ["US1B2", "week.xml#2", "US3B2"]
    assert isinstance(results[1], Unreadable)
    assert type(results[1].error) is FilingError
    assert "left over" not in results[1].error.message


def test_a_document_without_text_is_empty() -> None:
    data = b"<us-patent-grant lang='EN'><abstract> <p/> </abstract></us-patent-grant>"
    (found,) = read(data)
    assert isinstance(found, Unreadable)
    assert type(found.error) is EmptyFilingError


def test_utf_16_is_read() -> None:
    data = european("de").decode().replace('encoding="UTF-8"', 'encoding="UTF-16"')
    for encoded in (data.encode("utf-16"), data.encode("utf-16-le"), data.encode("utf-16-be")):
        assert read(encoded) == read(european("de"))
