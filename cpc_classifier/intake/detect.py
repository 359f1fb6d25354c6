"""Recognises a file's format by its content; its name plays no part."""

from __future__ import annotations

from enum import Enum

from cpc_classifier.errors import EmptyFilingError, UnsupportedFormatError
from cpc_classifier.intake.csv_table import delimiter_of
from cpc_classifier.intake.foreign import describe_bytes, refusal

__all__ = ["HEAD_BYTES", "FileFormat", "detect"]

HEAD_BYTES = 1 << 16
_BLANK = b" \t\r\n\x00\xef\xbb\xbf"


class FileFormat(Enum):
    """Families of formats; XML is told apart further by each document's root element."""

    ZIP = "zip"
    XML = "xml"
    JSON = "json"
    CSV = "csv"


def detect(head: bytes, name: str) -> FileFormat:
    """Recognises a format.

    Args:
        head: the first `HEAD_BYTES` bytes, gzip and UTF-16 undone.
        name: of the file, for messages.

    Raises:
        EmptyFilingError: the file is empty or blank.
        UnsupportedFormatError: a sentence that says what the file seems to be and what is read.
    """
    body = head.lstrip(_BLANK)
    if not body and len(head) < HEAD_BYTES:
        raise EmptyFilingError(f"{name} is empty. Check whether it was written completely.")
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return FileFormat.ZIP
    if body.startswith(b"<"):
        return FileFormat.XML
    if body.startswith((b"{", b"[")) and not body.startswith(b"{\\rtf"):
        return FileFormat.JSON
    if delimiter_of(head):
        return FileFormat.CSV
    raise UnsupportedFormatError(refusal(name, describe_bytes(head)))
