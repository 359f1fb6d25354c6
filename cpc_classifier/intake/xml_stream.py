"""Cuts a stream of concatenated XML documents at their boundaries, in bounded memory.

A weekly file of the USPTO is not one XML document but thousands, each with its own declaration
and DOCTYPE. A document ends behind the closing tag of a known root element, or in front of the
next XML declaration, DOCTYPE or root element, whichever comes first: so a document that breaks
off takes none of its neighbours with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from cpc_classifier.intake.source import BLOCK_BYTES, ByteSource

__all__ = ["RawDocument", "split_documents"]

_ROOTS = rb"us-patent-grant|us-patent-application|ep-patent-document"
_TOKEN = re.compile(
    rb"(?P<declaration><\?xml\s)|(?P<doctype><!DOCTYPE\s)"
    rb"|(?P<open><(?:" + _ROOTS + rb")(?=[\s>/]))|(?P<close></(?:" + _ROOTS + rb")\s*>)"
)
_TOKEN_BYTES = 64  # longer than any token, so that one on the edge of a block is seen whole
_BLANK = b" \t\r\n\x00\xef\xbb\xbf"  # white space, padding, byte order mark
_HEAD_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class RawDocument:
    """The bytes of one document.

    Attributes:
        number: position in the file, from 1.
        offset: of its first byte in the (unpacked) file.
        data: the document, or its head where it is over the limit.
        too_large: whether it is over the limit.
    """

    number: int
    offset: int
    data: bytes
    too_large: bool = False


class _Splitter:
    """State between two blocks: the bytes of the current document seen so far."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._buffer = bytearray()
        self._scanned = 0
        self._rooted = False
        self._head = b""
        self._dropped = 0
        self._number = 0
        self._offset = 0

    def feed(self, block: bytes) -> Iterator[RawDocument]:
        self._buffer += block
        yield from self._cut(len(self._buffer) - _TOKEN_BYTES)
        if len(self._buffer) > self._limit + _TOKEN_BYTES:
            self._drop()

    def finish(self) -> Iterator[RawDocument]:
        yield from self._cut(len(self._buffer))
        yield from self._emit(len(self._buffer))

    def _cut(self, end: int) -> Iterator[RawDocument]:
        """Looks for boundaries that begin before `end`."""
        while token := _TOKEN.search(self._buffer, self._scanned):
            if token.start() >= end:
                break
            kind = token.lastgroup
            start, stop = token.span()
            if kind == "close":
                yield from self._emit(stop)
                continue
            if kind == "declaration" or self._rooted:
                yield from self._emit(start)
                start, stop = 0, stop - start
            self._rooted = self._rooted or kind == "open"
            self._scanned = stop
        self._scanned = max(self._scanned, min(end, len(self._buffer)), 0)

    def _emit(self, stop: int) -> Iterator[RawDocument]:
        data = bytes(self._buffer[:stop])
        del self._buffer[:stop]
        offset, self._offset = self._offset - self._dropped, self._offset + stop
        head, self._head, self._dropped = self._head, b"", 0
        self._scanned, self._rooted = 0, False
        body = data.lstrip(_BLANK)
        if head or body:
            self._number += 1
            too_large = bool(head) or len(body) > self._limit
            offset += 0 if head else len(data) - len(body)
            yield RawDocument(
                self._number, offset, (head or body)[:_HEAD_BYTES] if too_large else body, too_large
            )

    def _drop(self) -> None:
        """Forgets what lies behind of a document over the limit, but for its head."""
        self._head = self._head or bytes(self._buffer[:_HEAD_BYTES])
        self._offset += self._scanned
        self._dropped += self._scanned
        del self._buffer[: self._scanned]
        self._scanned = 0


def split_documents(source: ByteSource, limit: int) -> Iterator[RawDocument]:
    """Cuts a stream into documents.

    Args:
        source: XML in an 8-bit encoding.
        limit: bytes of one document; of a larger one only the head is kept.

    Yields:
        The documents in order; blank stretches between them are dropped.
    """
    splitter = _Splitter(limit)
    while block := source.read(BLOCK_BYTES):
        yield from splitter.feed(block)
    yield from splitter.finish()
