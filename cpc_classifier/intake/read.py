"""Reads any supported file as a stream of filings and errors."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import BinaryIO

from cpc_classifier.errors import FilingError
from cpc_classifier.filing import ClassifiedFiling, Unreadable
from cpc_classifier.intake.archive import read_zip
from cpc_classifier.intake.csv_table import read_csv
from cpc_classifier.intake.detect import HEAD_BYTES, FileFormat, detect
from cpc_classifier.intake.json_lines import read_json
from cpc_classifier.intake.limits import DEFAULT_LIMITS, Limits
from cpc_classifier.intake.refusals import merge_refusals
from cpc_classifier.intake.source import ByteSource
from cpc_classifier.intake.unpack import unpack
from cpc_classifier.intake.xml_documents import read_xml
from taxonomy.errors import CpcError

__all__ = ["read_filings"]

_Results = Iterator[ClassifiedFiling | Unreadable]
_READERS = {
    FileFormat.XML: read_xml,
    FileFormat.JSON: read_json,
    FileFormat.CSV: read_csv,
}


def read_filings(
    source: Path | BinaryIO, name: str = "", limits: Limits = DEFAULT_LIMITS
) -> _Results:
    """Reads a file of filings; its format is recognised by its content.

    Memory stays bounded whatever the size of the file, and nothing is raised for bad input: a
    filing, or a whole file, that cannot be read comes as an `Unreadable` in its place.

    Args:
        source: a file, or a binary stream (it need not be seekable and is not closed).
        name: how the file is called in messages and in the ids of nameless filings; by default
            the name of the file.
        limits: on sizes, see `Limits`.

    Yields:
        One result for every filing, in the order of the file.
    """
    if not isinstance(source, Path):
        given = getattr(source, "name", "")
        label = name or (Path(given).name if isinstance(given, str) and given else "input")
        yield from _read(ByteSource(source, label), 0, limits)
        return
    label = name or source.name
    try:
        stream = source.open("rb")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        yield Unreadable(label, FilingError(f"{label} cannot be opened: {reason}. Check its path."))
        return
    with stream:
        yield from _read(ByteSource(stream, label), 0, limits)


def _read(source: ByteSource, depth: int, limits: Limits) -> _Results:
    """Reads a stream that lies in `depth` zips."""
    yield from merge_refusals(_parts(source, depth, limits), source.name)


def _parts(source: ByteSource, depth: int, limits: Limits) -> _Results:
    try:
        plain = unpack(source, limits)
        found = detect(plain.peek(HEAD_BYTES), plain.name)
        if found is FileFormat.ZIP:
            yield from read_zip(plain, depth, limits, partial(_read, limits=limits))
        else:
            yield from _READERS[found](plain, limits)
    except CpcError as error:
        yield Unreadable(source.name, error)
