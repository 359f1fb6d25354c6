from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpc_classifier.errors import FilingError
from cpc_classifier.intake.source import ByteSource


def test_what_was_looked_at_is_still_read() -> None:
    source = ByteSource(io.BytesIO(b"abcdef"), "f")
    assert source.peek(2) == b"ab"
    assert source.peek(4) == b"abcd"
    assert source.read(3) == b"abc"
    assert source.consumed == 3
    assert source.peek(99) == b"def"
    assert source.read(99) == b"def"
    assert source.read() == source.peek(1) == b""


@given(st.lists(st.binary(max_size=40).filter(lambda line: b"\n" not in line)))
def test_lines_are_cut_at_newlines_and_at_the_limit(lines: list[bytes]) -> None:
    found = list(ByteSource(io.BytesIO(b"\n".join(lines)), "f").lines(20))
    expected = [line.removesuffix(b"\r") if len(line) <= 20 else line for line in lines]
    if lines and not lines[-1]:
        expected.pop()
    assert [line.data[:20] for line in found] == [line[:20] for line in expected]
    kept = lines[: len(expected)]
    assert [line.whole for line in found] == [len(line) <= 20 for line in kept]


def test_a_stream_that_fails_is_a_filing_error() -> None:
    class Broken(io.RawIOBase):
        def read(self, size: int = -1, /) -> bytes:
            raise OSError("secret path")

    with pytest.raises(FilingError, match=r"f could not be read to its end \(OSError\)"):
        ByteSource(Broken(), "f").read()
