"""Bytes from any stream: look ahead, read in blocks or lines.

The stream need not be seekable. Nothing here holds more than one block, one line or what was
asked for ahead.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Protocol

from cpc_classifier.errors import FilingError

__all__ = ["BLOCK_BYTES", "ByteSource", "Line", "Readable"]

BLOCK_BYTES = 1 << 20


class Readable(Protocol):
    """The one thing asked of a stream."""

    def read(self, size: int = -1, /) -> bytes:
        """Reads up to `size` bytes; empty only at the end."""
        ...


class Line(NamedTuple):
    """A line without its end; `whole` is False where it was cut at the limit."""

    data: bytes
    whole: bool


class ByteSource:
    """A stream with a name, a look-ahead and a count.

    Args:
        stream: anything that reads bytes.
        name: how the file is called in messages and in the ids of nameless filings.
    """

    def __init__(self, stream: Readable, name: str) -> None:
        self.name = name
        self.consumed = 0
        self.transcoded = False
        self._stream = stream
        self._ahead = b""

    def _block(self, size: int = BLOCK_BYTES) -> bytes:
        try:
            return self._stream.read(size) or b""
        except (OSError, ValueError) as error:
            raise FilingError(
                f"{self.name} could not be read to its end ({type(error).__name__}). "
                "Check the file and try again."
            ) from error

    def peek(self, size: int) -> bytes:
        """Returns the next `size` bytes, fewer only at the end, without taking them."""
        if len(self._ahead) < size:
            blocks = [self._ahead]
            missing = size - len(self._ahead)
            while missing > 0 and (block := self._block(missing)):
                blocks.append(block)
                missing -= len(block)
            self._ahead = b"".join(blocks)
        return self._ahead[:size]

    def read(self, size: int = BLOCK_BYTES, /) -> bytes:
        """Takes up to `size` bytes; empty only at the end. A negative size takes one block."""
        size = BLOCK_BYTES if size < 0 else size
        if self._ahead:
            data, self._ahead = self._ahead[:size], self._ahead[size:]
        else:
            data = self._block(size)
        self.consumed += len(data)
        return data

    def unread(self, data: bytes) -> None:
        """Puts bytes back in front."""
        self._ahead = data + self._ahead
        self.consumed -= len(data)

    def lines(self, limit: int) -> Iterator[Line]:
        """Yields the lines; of one longer than `limit` bytes only the beginning is kept."""
        rest, cut = b"", False
        while block := self.read(BLOCK_BYTES):
            parts = block.split(b"\n")
            for part in parts[:-1]:
                yield _line(rest if cut else rest + part, cut, limit)
                rest, cut = b"", False
            if not cut:
                rest += parts[-1]
                if len(rest) > limit:
                    rest, cut = rest[:limit], True
        if rest:
            yield _line(rest, cut, limit)


def _line(data: bytes, cut: bool, limit: int) -> Line:
    return Line(data.removesuffix(b"\r"), not cut and len(data) <= limit)
