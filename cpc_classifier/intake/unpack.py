"""Undoes what lies around a file: gzip, UTF-16, and the dangers of compressed data."""

from __future__ import annotations

import codecs
import gzip
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable
from typing import IO, cast

from cpc_classifier.errors import FilingError, FilingTooLargeError
from cpc_classifier.intake.limits import Limits
from cpc_classifier.intake.source import BLOCK_BYTES, ByteSource, Readable

__all__ = ["DAMAGE", "Expanded", "unpack"]

DAMAGE = (
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
)
"""What `gzip` and `zipfile` raise on a damaged, encrypted or exotic file."""

_GZIP_MAGIC = b"\x1f\x8b"
_UTF32_BOMS = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_UTF16_STARTS = (
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\x00", "utf-16-le"),
    (b"\x00<", "utf-16-be"),
    (b"{\x00", "utf-16-le"),
    (b"\x00{", "utf-16-be"),
)


class Expanded:
    """An unpacked stream that names damage and refuses what grows without end.

    Args:
        stream: the unpacking stream.
        packed: returns how many packed bytes were taken so far (or belong to the member).
        what: the file's name, for messages.
        limits: the ratio and the floor under which it is not looked at.
    """

    def __init__(
        self, stream: Readable, packed: Callable[[], int], what: str, limits: Limits
    ) -> None:
        self._stream = stream
        self._packed = packed
        self._what = what
        self._limits = limits
        self._bytes = 0

    def read(self, size: int = -1, /) -> bytes:
        """Reads up to `size` unpacked bytes.

        Raises:
            FilingError: the packed data is damaged or cut off.
            FilingTooLargeError: it expands beyond the limit.
        """
        try:
            data = self._stream.read(BLOCK_BYTES if size < 0 else min(size, BLOCK_BYTES))
        except DAMAGE as error:
            raise FilingError(
                f"{self._what} cannot be unpacked: its compressed data is damaged or cut off "
                f"after {self._bytes:,} bytes. Fetch the file again."
            ) from error
        self._bytes += len(data)
        ratio = self._limits.expansion_ratio
        if self._bytes > self._limits.expansion_floor_bytes and (
            self._bytes > ratio * max(self._packed(), 1)
        ):
            raise FilingTooLargeError(
                f"{self._what} expands to more than {ratio} times its packed size. "
                "If it is genuine, unpack it first and pass the files."
            )
        return data


class _Utf8:
    """A UTF-16 stream as UTF-8."""

    def __init__(self, source: ByteSource, encoding: str) -> None:
        self._source = source
        self._decoder = codecs.getincrementaldecoder(encoding)()

    def read(self, size: int = -1, /) -> bytes:
        while True:
            block = self._source.read(size)
            try:
                text = self._decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                raise FilingError(
                    f"{self._source.name} begins as UTF-16 but is not valid UTF-16 near byte "
                    f"{self._source.consumed:,}. Save it as UTF-8."
                ) from error
            if text or not block:
                return text.encode("utf-8")


def unpack(source: ByteSource, limits: Limits) -> ByteSource:
    """Undoes one layer of gzip and UTF-16, if they are there.

    Returns:
        A source of UTF-8 (or whatever 8-bit encoding the file declares).
    """
    if source.peek(2) == _GZIP_MAGIC:
        packed = source
        stream = gzip.GzipFile(fileobj=cast(IO[bytes], packed), mode="rb")
        source = ByteSource(
            Expanded(stream, lambda: packed.consumed, packed.name, limits), packed.name
        )
    head = source.peek(4)
    for start, encoding in _UTF16_STARTS:
        if head.startswith(start) and not head.startswith(_UTF32_BOMS):
            source = ByteSource(_Utf8(source, encoding), source.name)
            source.transcoded = True
            break
    return source
