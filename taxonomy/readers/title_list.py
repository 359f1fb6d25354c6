"""Reader of the official CPC title list (`CPCTitleListYYYYMM.zip`).

Nine files `cpc-section-X_YYYYMMDD.txt`, UTF-8, one row a line: symbol, dots (empty above main
groups, 0 for a main group) and title, between tabs. Subsections and guidance headings, which
repeat the symbol that follows them, are no symbols and are dropped; the lists known so far have
none.
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

from taxonomy.assemble import Assembly, SchemeEntry
from taxonomy.errors import ReleaseFileError
from taxonomy.tree import Taxonomy

__all__ = ["read_title_list"]

SECTIONS = "ABCDEFGHY"
LARGEST_FILE = 200 * 1024 * 1024  # bytes; the largest real one has 4 MB
_NAME = re.compile(r"cpc-section-([A-HY])_(\d{4})(\d{2})(\d{2})\.txt", re.IGNORECASE | re.ASCII)
_FAILURES = (OSError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError)

_Found = dict[str, Callable[[], bytes]]


def read_title_list(path: Path) -> Taxonomy:
    """Reads a title list.

    Args:
        path: the zip as it is published, or a folder with its nine files.

    Returns:
        The release, named after the date of the files: `2025.05` for 20250501.

    Raises:
        ReleaseFileError: a file is missing or broken; the message names file and line.
    """
    found = _in_folder(path) if path.is_dir() else _in_zip(path)
    sections, release = _nine(path, found)
    rows = Assembly()
    for section in SECTIONS:
        name = sections[section]
        try:
            data = found[name]()
        except _FAILURES as error:
            raise ReleaseFileError(f"{path}: {name} cannot be read: {error}") from error
        if len(data) > LARGEST_FILE:
            raise ReleaseFileError(f"{path}: {name} {_TOO_LARGE}")
        file = Path(name).name
        for number, entry in _entries(file, data):
            where = f"{file} line {number}"
            if not entry.symbol.startswith(section):
                raise ReleaseFileError(f"{where}: {entry.symbol!r} is not of section {section}")
            rows.add(entry, where)
        if not rows.symbols or rows.symbols[-1][0] != section:
            raise ReleaseFileError(f"{path}: {name} holds no symbol")
    return Taxonomy.assembled(release, rows)


_TOO_LARGE = f"is over {LARGEST_FILE // 2**20} MiB and is no file of a title list"


def _in_folder(folder: Path) -> _Found:
    """The section files in a folder, or in folders directly in it."""
    files = [f for pattern in ("*.txt", "*/*.txt") for f in sorted(folder.glob(pattern))]
    named = [f for f in files if _NAME.fullmatch(f.name)]

    def reader(file: Path) -> Callable[[], bytes]:
        def read() -> bytes:
            with file.open("rb") as stream:
                return stream.read(LARGEST_FILE + 1)

        return read

    return {str(f.relative_to(folder)): reader(f) for f in named}


def _in_zip(path: Path) -> _Found:
    """The section files in a zip, in any folder of it."""

    def reader(member: zipfile.ZipInfo) -> Callable[[], bytes]:
        def read() -> bytes:
            with zipfile.ZipFile(path) as archive, archive.open(member) as stream:
                return stream.read(LARGEST_FILE + 1)

        return read

    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except FileNotFoundError as error:
        raise ReleaseFileError(f"{path}: there is no such file or folder") from error
    except _FAILURES as error:
        raise ReleaseFileError(
            f"{path}: not a readable zip ({error}); give the official CPCTitleListYYYYMM.zip, "
            "or a folder with its nine files"
        ) from error
    named = [m for m in members if _NAME.fullmatch(Path(m.filename).name)]
    for member in named:
        if member.file_size > LARGEST_FILE:
            raise ReleaseFileError(f"{path}: {member.filename} {_TOO_LARGE}")
    return {m.filename: reader(m) for m in named}


def _nine(path: Path, found: _Found) -> tuple[dict[str, str], str]:
    """The file of each section, and the release that all of them are of."""
    sections: dict[str, str] = {}
    releases: dict[str, str] = {}
    for name in found:
        match = _NAME.fullmatch(Path(name).name)
        section = match[1].upper() if match else ""
        if section in sections:
            raise ReleaseFileError(
                f"{path}: two files for section {section}: {sections[section]} and {name}"
            )
        sections[section] = name
        if match:
            releases.setdefault(f"{match[2]}.{match[3]}", name)
    missing = [s for s in SECTIONS if s not in sections]
    if missing:
        names = ", ".join(f"cpc-section-{s}_YYYYMMDD.txt" for s in missing)
        raise ReleaseFileError(f"{path}: of the nine section files these are missing: {names}")
    if len(releases) > 1:
        several = ", ".join(f"{name} is of {release}" for release, name in releases.items())
        raise ReleaseFileError(f"{path}: files of different releases: {several}")
    return sections, next(iter(releases))


def _entries(file: str, data: bytes) -> Iterator[tuple[int, SchemeEntry]]:
    """The rows of one file with their line numbers, without headings."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data.count(b"\n", 0, error.start)
        raise ReleaseFileError(
            f"{file} line {before + 1}: not UTF-8 (byte {data[error.start]:#04x}); "
            "save the file in UTF-8, as it is published"
        ) from error
    lines = text.split("\n")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        if "\x00" in line:
            raise ReleaseFileError(f"{file} line {number}: not UTF-8 text (a zero byte)")
        symbol, dots, title = _columns(line, f"{file} line {number}")
        following = lines[number].split("\t") if number < len(lines) else [""]
        if _is_heading(symbol, dots, title, following):
            continue
        yield number, SchemeEntry(symbol, int(dots) if dots else -1, title)


def _columns(line: str, where: str) -> tuple[str, str, str]:
    columns = [column.strip() for column in line.split("\t")]
    if len(columns) != 3:
        raise ReleaseFileError(
            f"{where}: {len(columns)} columns; a row has 3, symbol, dots and title, between tabs"
        )
    symbol, dots, title = columns
    if dots and not re.fullmatch(r"[0-9]{1,2}", dots):
        raise ReleaseFileError(f"{where}: {dots!r} is no number of dots")
    if not title:
        raise ReleaseFileError(f"{where}: {symbol} has no title")
    return symbol, dots, title


def _is_heading(symbol: str, dots: str, title: str, following: list[str]) -> bool:
    """Whether a row is a subsection or a guidance heading: it repeats the symbol of the next."""
    if dots:
        return False
    return not symbol or (symbol == following[0].strip() and title != following[-1].strip())
