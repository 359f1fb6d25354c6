from __future__ import annotations

import gzip
import io

import pytest
from intake_documents import grant

from cpc_classifier.errors import FilingError, FilingTooLargeError
from cpc_classifier.intake import Limits
from cpc_classifier.intake.source import ByteSource
from cpc_classifier.intake.unpack import unpack


def contents(data: bytes, limits: Limits | None = None) -> bytes:
    source = unpack(ByteSource(io.BytesIO(data), "f"), limits or Limits())
    return b"".join(iter(source.read, b""))


@pytest.mark.parametrize("text", ["", "a", "<a>\u00e9\U0001f600</a>", "{}"])
def test_gzip_and_utf_16_are_undone(text: str) -> None:
    plain = text.encode()
    assert contents(plain) == plain
    assert contents(gzip.compress(plain)) == plain
    assert contents(text.encode("utf-16")).removeprefix(b"\xef\xbb\xbf") == plain
    assert contents(gzip.compress(text.encode("utf-16"))) == plain


def test_a_gzip_file_that_breaks_off_is_named() -> None:
    with pytest.raises(FilingError, match="damaged or cut off"):
        contents(gzip.compress(grant())[:-20])


def test_utf_16_that_breaks_off_is_named() -> None:
    with pytest.raises(FilingError, match="not valid UTF-16"):
        contents("<a>".encode("utf-16") + b"\x00\xd8")


def test_a_file_that_expands_without_end_is_stopped() -> None:
    packed = gzip.compress(bytes(64 << 20))
    with pytest.raises(FilingTooLargeError, match="50 times"):
        contents(packed, Limits(expansion_ratio=50, expansion_floor_bytes=1 << 20))
    assert len(contents(packed)) == 64 << 20  # under the usual floor
