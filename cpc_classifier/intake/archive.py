"""Zip files of office files, as the offices' bulk products come, zips within zips included.

Members are unpacked as streams and never written out under their own names. What lies beside the
documents (pictures, DTDs, style sheets, PDF copies) is passed over by its suffix.
"""

from __future__ import annotations

import logging
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import IO, cast

from cpc_classifier.errors import FilingError, FilingTooLargeError, UnsupportedFormatError
from cpc_classifier.filing import ClassifiedFiling, Unreadable
from cpc_classifier.intake.foreign import refusal
from cpc_classifier.intake.limits import Limits
from cpc_classifier.intake.source import ByteSource
from cpc_classifier.intake.unpack import DAMAGE, Expanded
from taxonomy.errors import CpcError

__all__ = ["MemberReader", "read_zip"]

_LOGGER = logging.getLogger(__name__)
_BESIDE = frozenset(
    ".tif .tiff .png .jpg .jpeg .gif .bmp .svg .pdf .dtd .ent .mod .xsd .xsl .xslt .css .htm .html "
    ".nb .cdx .mol .md5 .sha1 .sha256".split()
)
_OFFICE = ("[Content_Types].xml", "mimetype", "META-INF/MANIFEST.MF")
_ENCRYPTED = 0x1
_SPOOL_BYTES = 32 * 2**20
_Results = Iterator[ClassifiedFiling | Unreadable]
MemberReader = Callable[[ByteSource, int], _Results]
"""Reads a stream that lies so many zips deep."""


def read_zip(source: ByteSource, depth: int, limits: Limits, reader: MemberReader) -> _Results:
    """Reads the members of a zip in their order.

    Args:
        source: of the zip; it is copied to a temporary file, since a zip is read from its end.
        depth: how many zips it lies in.
        limits: on members, depth and expansion.
        reader: reads one member.

    Raises:
        FilingError: the zip is damaged or holds nothing.
        FilingTooLargeError: it has too many members.
        UnsupportedFormatError: it lies too deep or is another program's file.
    """
    if depth > limits.archive_depth:
        raise UnsupportedFormatError(
            f"{source.name} lies in more than {limits.archive_depth} other zip files. Unpack it "
            "and pass the files."
        )
    with tempfile.SpooledTemporaryFile(max_size=_SPOOL_BYTES) as copy:
        shutil.copyfileobj(cast(IO[bytes], source), copy)
        copy.seek(0)
        try:
            archive = zipfile.ZipFile(cast(IO[bytes], copy))
        except DAMAGE as error:
            raise FilingError(
                f"{source.name} is a zip file that is damaged or cut off. Fetch it again."
            ) from error
        with archive:
            for info in _members(archive, source.name, limits):
                yield from _member(archive, info, source.name, depth, limits, reader)


def _members(archive: zipfile.ZipFile, name: str, limits: Limits) -> list[zipfile.ZipInfo]:
    infos = [info for info in archive.infolist() if not info.filename.endswith("/")]
    if len(infos) > limits.archive_members:
        raise FilingTooLargeError(
            f"{name} holds {len(infos):,} files; at most {limits.archive_members:,} are read. "
            "Split it."
        )
    if any(info.filename in _OFFICE for info in infos):
        raise UnsupportedFormatError(
            refusal(name, "a document of an office program or a program library (zip-based)")
        )
    kept = [info for info in infos if PurePosixPath(info.filename).suffix.lower() not in _BESIDE]
    if passed := len(infos) - len(kept):
        _LOGGER.info("%s: %d pictures and other files were passed over", name, passed)
    if not kept:
        raise FilingError(f"{name} holds no file that could be a filing. Check that it is whole.")
    return kept


def _member(
    archive: zipfile.ZipFile,
    info: zipfile.ZipInfo,
    outer: str,
    depth: int,
    limits: Limits,
    reader: MemberReader,
) -> _Results:
    name = f"{outer}/{info.filename}"
    try:
        if info.flag_bits & _ENCRYPTED:
            raise FilingError(f"{name} is encrypted. Unpack the zip with its password first.")
        try:
            stream = archive.open(info)
        except DAMAGE as error:
            raise FilingError(
                f"{name} cannot be unpacked: it is damaged or packed by a method that is not "
                "known. Pack it again with the usual method (deflate)."
            ) from error
        with stream:
            guarded = Expanded(stream, lambda: info.compress_size, name, limits)
            yield from reader(ByteSource(guarded, name), depth + 1)
    except CpcError as error:
        yield Unreadable(name, error)
