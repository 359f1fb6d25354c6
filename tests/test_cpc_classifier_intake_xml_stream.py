from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from intake_documents import european, grant

from cpc_classifier.intake import xml_stream
from cpc_classifier.intake.source import ByteSource
from cpc_classifier.intake.xml_stream import RawDocument, split_documents


class Trickle:
    """A stream that gives a few bytes at a time, as a pipe may."""

    def __init__(self, data: bytes, step: int) -> None:
        self._stream = io.BytesIO(data)
        self._step = step

    def read(self, size: int = -1, /) -> bytes:
        return self._stream.read(self._step if size < 0 else min(size, self._step))


def split(data: bytes, step: int = 1 << 20, limit: int = 1 << 20) -> list[RawDocument]:
    return list(split_documents(ByteSource(Trickle(data, step), "f"), limit))


@pytest.mark.parametrize("step", [1, 7, 64, 100_000])
def test_documents_are_cut_at_their_boundaries_however_the_bytes_arrive(step: int) -> None:
    parts = [grant("1"), b"   " + european(), b"\n\x00\n" + grant("3")]
    found = split(b"".join(parts), step)
    assert [document.data.strip() for document in found] == [p.strip(b" \n\x00") for p in parts]
    assert [document.number for document in found] == [1, 2, 3]


def test_offsets_point_at_the_documents() -> None:
    data = grant("1") + b"\n\n" + european() + grant("3")
    for document in split(data):
        assert data[document.offset :].startswith(document.data)


def test_a_document_that_breaks_off_ends_at_the_next_declaration() -> None:
    broken = grant("1")[:900]
    assert [d.data.strip() for d in split(broken + grant("2"))] == [
        broken.strip(),
        grant("2").strip(),
    ]


def test_documents_without_declarations_are_cut_at_doctype_and_root() -> None:
    bare = grant("1")[grant("1").index(b"<us-patent-grant") :]
    with_doctype = grant("2")[grant("2").index(b"<!DOCTYPE") :]
    found = split(bare[:500] + with_doctype[:700] + bare)
    assert [d.data for d in found] == [bare[:500], with_doctype[:700], bare.strip()]


def test_a_document_over_the_limit_is_cut_to_its_head_and_the_next_is_whole() -> None:
    large = grant("1").replace(b"small", b"small " * 200_000)
    found = split(large + grant("2"), limit=300_000)
    assert [d.too_large for d in found] == [True, False]
    assert len(found[0].data) <= xml_stream._HEAD_BYTES
    assert found[0].offset == 0
    assert found[1].data.strip() == grant("2").strip()


@given(st.lists(st.sampled_from([grant("1"), european(), b"<?xml ", b"x", b"</us-patent-grant>"])))
def test_no_byte_is_lost_or_doubled(parts: list[bytes]) -> None:
    data = b"".join(parts)
    joined = b"".join(document.data for document in split(data, 97))
    assert b"".join(joined.split()) == b"".join(data.split())
