from __future__ import annotations

import io
import os
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from intake_documents import european, grant

from cpc_classifier.errors import ServiceError
from cpc_classifier.filing import ClassifiedFiling, Unreadable
from cpc_classifier.intake import Limits, read_filings

STARTS = [
    b"",
    b"<",
    b"<?xml version='1.0'?>",
    b"{",
    b"[",
    b"id,title\n",
    b"PK\x03\x04",
    b"\x1f\x8b\x08\x00",
    b"\xff\xfe",
    b"\xfe\xff",
    b"\xef\xbb\xbf",
    b"<!DOCTYPE a [",
    b"<us-patent-grant>",
    b"<ep-patent-document lang='de'>",
    grant()[:1200],
    european()[:900],
    b'{"title": "',
]


@given(st.sampled_from(STARTS), st.binary(max_size=300), st.sampled_from(STARTS))
def test_arbitrary_bytes_give_filings_or_errors_and_raise_nothing(
    start: bytes, middle: bytes, end: bytes
) -> None:
    for found in read_filings(io.BytesIO(start + middle + end), "f", Limits(document_bytes=500)):
        if isinstance(found, Unreadable):
            assert isinstance(found.error, ServiceError)
            assert found.error.message.startswith("f")
            assert found.id
        else:
            assert not found.filing.is_empty


@given(st.integers(0, len(grant())), st.binary(min_size=1, max_size=5))
def test_a_damaged_document_never_harms_its_neighbours(place: int, damage: bytes) -> None:
    data = grant("7")
    damaged = data[:place] + damage + data[place + len(damage) :]
    results = list(read_filings(io.BytesIO(grant("1") + damaged + grant("3")), "f"))
    read = [r.filing.id for r in results if isinstance(r, ClassifiedFiling)]
    assert read[0] == "US1B2"
    assert read[-1] == "US3B2"


def test_a_path_is_read_and_named_after_its_file(tmp_path: Path) -> None:
    path = tmp_path / "some.txt"
    path.write_bytes(b'{"title": "x"}')
    (found,) = read_filings(path)
    assert isinstance(found, ClassifiedFiling)
    assert found.filing.id == "some.txt#1"
    with path.open("rb") as stream:
        (found,) = read_filings(stream)
        assert isinstance(found, ClassifiedFiling)
        assert found.filing.id == "some.txt#1"
        assert not stream.closed


@pytest.mark.parametrize("kind", ["missing", "folder"])
def test_what_cannot_be_opened_is_an_error_not_an_exception(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "there"
    if kind == "folder":
        path.mkdir()
    (found,) = read_filings(path)
    assert isinstance(found, Unreadable)
    assert found.id == "there"
    assert found.error.code == "bad_filing"
    assert "cannot be opened" in found.error.message


@pytest.mark.parametrize("data", [b"", b" \n\n", b"\x00" * 100])
def test_an_empty_file_is_an_error(data: bytes) -> None:
    (found,) = read_filings(io.BytesIO(data))
    assert isinstance(found, Unreadable)
    assert (found.id, found.error.code) == ("input", "empty_filing")


def test_a_pipe_is_read_as_it_comes() -> None:
    reading, writing = os.pipe()

    def write() -> None:
        with os.fdopen(writing, "wb") as out:
            for number in range(50):
                out.write(grant(str(number + 1)))

    writer = threading.Thread(target=write)
    writer.start()
    with os.fdopen(reading, "rb", buffering=0) as stream:
        ids = [r.filing.id for r in read_filings(stream, "-") if isinstance(r, ClassifiedFiling)]
    writer.join()
    assert ids == [f"US{number + 1}B2" for number in range(50)]
