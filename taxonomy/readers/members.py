"""The files of an official publication, read one at a time within limits.

They come in a zip, in a folder or alone; as bytes, as text or as the rows of a table. Owns what is
dangerous about them: a zip that is damaged, encrypted or swells, two files of one name, a file
that is far larger than any real one, a text that is none.
"""

from __future__ import annotations

import csv
import lzma
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from taxonomy.errors import ReleaseFileError

__all__ = ["Member", "members"]

LARGEST_FILE = 200 * 2**20
"""Bytes; the largest real one, a section of the title list, has 5 MB."""
LARGEST_RELEASE = 2 * 2**30
"""Bytes of all files together; the largest real one, a scheme in XML, has 150 MB."""
_FAILURES = (
    OSError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError,
    NotImplementedError, ValueError,  # the last for names and extra fields that make no sense
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Member:
    """One file of a publication.

    Attributes:
        name: without folders.
        read: all its bytes.
    """

    name: str
    read: Callable[[], bytes]

    def text(self) -> str:
        """The whole file as UTF-8 text, without a byte order mark.

        Raises:
            ReleaseFileError: it is not UTF-8, or has zero bytes; names the line.
        """
        data = self.read()
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise ReleaseFileError(
                f"{self.name} line {line}: not UTF-8 (byte {data[error.start]:#04x}); "
                "save the file in UTF-8, as it is published"
            ) from error
        zero = text.find("\x00")
        if zero >= 0:
            line = text.count("\n", 0, zero) + 1
            raise ReleaseFileError(f"{self.name} line {line}: not UTF-8 text (a zero byte)")
        return text

    def rows(self, delimiter: str) -> Iterator[tuple[str, list[str]]]:
        r"""The rows of a table, without empty lines.

        Args:
            delimiter: what stands between columns: "," where values may be quoted, or "\t".

        Yields:
            File and line, for messages, and the values without the blanks around them.

        Raises:
            ReleaseFileError: it is no text, or a quote is never closed; names the line.
        """
        lines = (line[0] for line in re.finditer(r"[^\n]*\n|[^\n]+$", self.text()))
        if delimiter == "\t":
            reader = csv.reader(lines, delimiter=delimiter, quoting=csv.QUOTE_NONE)
        else:
            reader = csv.reader(lines, delimiter=delimiter, strict=True)
        try:
            for row in reader:
                values = [value.strip() for value in row]
                if any(values):
                    yield f"{self.name} line {reader.line_num}", values
        except csv.Error as error:
            raise ReleaseFileError(f"{self.name} line {reader.line_num}: {error}") from error


def members(path: Path, named: re.Pattern[str], expected: str) -> dict[str, Member]:
    """The files whose names match, by name, in order.

    Args:
        path: a zip (files in any folder of it), a folder (files in it or one level below), or a
            file by itself.
        named: matches the whole name of a file that is wanted.
        expected: what should have been given, for messages: "the official X.zip, or ...".

    Raises:
        ReleaseFileError: no such path, a zip that cannot be read, two files of one name, or files
            over the limits; also from `read`.
    """
    found: dict[str, Member] = {}
    total = 0
    for place, size, member in _all(path, expected):
        if not named.fullmatch(member.name):
            continue
        if size > LARGEST_FILE:
            raise ReleaseFileError(
                f"{path}: {place} is over {LARGEST_FILE // 2**20} MiB; give {expected}"
            )
        total += size
        if total > LARGEST_RELEASE:
            raise ReleaseFileError(
                f"{path}: its files are over {LARGEST_RELEASE // 2**30} GiB; give {expected}"
            )
        if member.name in found:
            raise ReleaseFileError(f"{path}: two files named {member.name}")
        found[member.name] = member
    return dict(sorted(found.items()))


def _all(path: Path, expected: str) -> Iterator[tuple[str, int, Member]]:
    if path.is_dir():
        return _in_folder(path)
    if path.is_file() and path.suffix.lower() != ".zip" and not zipfile.is_zipfile(path):
        return iter([_alone(path)])
    return _in_zip(path, expected)


def _in_folder(folder: Path) -> Iterator[tuple[str, int, Member]]:
    for file in sorted((*folder.glob("*"), *folder.glob("*/*"))):
        if file.is_file():
            yield _alone(file)


def _alone(file: Path) -> tuple[str, int, Member]:
    return str(file), file.stat().st_size, Member(file.name, partial(_file, file))


def _file(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            return _bounded(stream, str(file))
    except OSError as error:
        raise ReleaseFileError(f"{file} cannot be read: {error.strerror or error}") from error


def _in_zip(path: Path, expected: str) -> Iterator[tuple[str, int, Member]]:
    try:
        archive = zipfile.ZipFile(path)  # closed when the last of its members is gone
        infos = archive.infolist()
    except FileNotFoundError as error:
        raise ReleaseFileError(f"{path}: there is no such file or folder") from error
    except _FAILURES as error:
        raise ReleaseFileError(f"{path}: not a readable zip ({error}); give {expected}") from error
    for info in infos:
        if not info.filename.endswith("/"):  # `is_dir` fails on an empty name
            member = Member(Path(info.filename).name, partial(_zipped, archive, info))
            yield info.filename, info.file_size, member


def _zipped(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    where = f"{archive.filename}: {info.filename}"
    try:
        with archive.open(info) as stream:
            return _bounded(stream, where)
    except _FAILURES as error:
        raise ReleaseFileError(f"{where} cannot be read: {error}") from error


def _bounded(stream: IO[bytes], where: str) -> bytes:
    data = stream.read(LARGEST_FILE + 1)
    if len(data) > LARGEST_FILE:
        raise ReleaseFileError(f"{where} is over {LARGEST_FILE // 2**20} MiB")
    return data
