"""CSV with a header line: comma, semicolon or tab, quoted cells over several lines (RFC 4180).

UTF-8 with or without a byte order mark; UTF-16 is turned into UTF-8 before it comes here. The
first line must name at least one text field; columns of other names are passed over.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator

from cpc_classifier.errors import FilingError, FilingTooLargeError
from cpc_classifier.filing import TEXT_FIELDS, ClassifiedFiling, Unreadable
from cpc_classifier.intake.fields import field_of, filing_from_values
from cpc_classifier.intake.limits import Limits
from cpc_classifier.intake.source import ByteSource
from taxonomy.errors import CpcError

__all__ = ["delimiter_of", "read_csv"]

_DELIMITERS = (",", ";", "\t")


def _cells(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return []


def delimiter_of(head: bytes) -> str:
    """The delimiter under which the first line names most fields; "" where it names no text.

    Args:
        head: the beginning of a file.
    """
    line = head.lstrip(b"\xef\xbb\xbf\r\n").partition(b"\n")[0].decode("utf-8", "replace")
    best, most = "", 0
    for delimiter in _DELIMITERS:
        fields = {field_of(cell) for cell in _cells(line.rstrip("\r"), delimiter)} - {""}
        if fields & set(TEXT_FIELDS) and len(fields) > most:
            best, most = delimiter, len(fields)
    return best


class _Text:
    """Lines as text; an error in one does not end the iteration (a generator would be over)."""

    def __init__(self, source: ByteSource, limits: Limits) -> None:
        self._lines = source.lines(limits.document_bytes)
        self._name = source.name
        self._limit = limits.document_bytes
        self.number = 0

    def __iter__(self) -> _Text:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self.number += 1
        where = f"{self._name}, line {self.number:,}"
        if not line.whole:
            raise FilingTooLargeError(f"{where} is longer than {self._limit:,} bytes. Shorten it.")
        try:
            text = line.data.decode("utf-8-sig" if self.number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise FilingError(
                f"{where} is not UTF-8 from byte {error.start:,} of the line on. Save the table "
                "as UTF-8."
            ) from None
        return text.replace("\x00", " ") + "\n"


def read_csv(source: ByteSource, limits: Limits) -> Iterator[ClassifiedFiling | Unreadable]:
    """Reads a table, one row at a time.

    Yields:
        A filing or its error for every row that is not blank.
    """
    delimiter = delimiter_of(source.peek(1 << 16))
    text = _Text(source, limits)
    # The limit is the process's; it is only ever raised, since the default cuts descriptions.
    csv.field_size_limit(max(csv.field_size_limit(), limits.document_bytes))
    rows = csv.reader(text, delimiter=delimiter, strict=True)
    header: list[str] = []
    number = 0
    while True:
        fallback_id = f"{source.name}#{number + 1}"
        where = f"{source.name}, row {number + 1:,} (behind line {text.number:,})"
        try:
            row = next(rows)
            if not header or not any(cell.strip() for cell in row):
                header = header or row
                continue
            number += 1
            yield _filing(header, row, fallback_id, where, limits)
        except StopIteration:
            return
        except csv.Error as error:
            number += 1
            yield Unreadable(fallback_id, _broken(error, where))
            if "field larger" in str(error):
                return
        except CpcError as error:
            number += 1
            yield Unreadable(fallback_id, error)


def _broken(error: csv.Error, where: str) -> FilingError:
    if "field larger" in str(error):
        return FilingTooLargeError(
            f"{where} has a cell without end; the rest of the table is not read. Look for a "
            "quotation mark that is not closed."
        )
    return FilingError(
        f"{where} is not valid CSV: a quotation mark is not closed, or not doubled inside a "
        "quoted cell. Write the table with a CSV library."
    )


def _filing(
    header: list[str], row: list[str], fallback_id: str, where: str, limits: Limits
) -> ClassifiedFiling | Unreadable:
    values = dict(zip(header, row, strict=False))
    found = next((cell for name, cell in values.items() if field_of(name) == "id" and cell), "")
    try:
        if len(row) > len(header):
            raise FilingError(
                f"{where} has {len(row)} cells, the header {len(header)}. Quote cells that hold "
                "the delimiter."
            )
        return filing_from_values(values, fallback_id, where, limits)
    except CpcError as error:
        return Unreadable(found[:200] or fallback_id, error)
