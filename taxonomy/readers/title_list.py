"""Reader of the official CPC title list (`CPCTitleListYYYYMM.zip`).

Nine files `cpc-section-X_YYYYMMDD.txt`, UTF-8, one row a line: symbol, dots (empty above main
groups, 0 for a main group) and title, between tabs. Subsections and guidance headings, which
repeat the symbol that follows them, are no symbols and are dropped; the lists known so far have
none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from taxonomy.assemble import SchemeEntry
from taxonomy.errors import ReleaseFileError
from taxonomy.readers.members import Member
from taxonomy.readers.section_files import read_section_files
from taxonomy.tree import Taxonomy

__all__ = ["NAMES", "read_title_list"]

SECTIONS = "ABCDEFGHY"
NAMES = re.compile(r"cpc-section-([A-HY])_(\d{4})(\d{2})(\d{2})\.txt", re.IGNORECASE | re.ASCII)
_EXPECTED = "the official CPCTitleListYYYYMM.zip, or a folder with its nine files"


def read_title_list(path: Path) -> Taxonomy:
    """Reads a title list.

    Args:
        path: the zip as it is published, or a folder with its nine files.

    Returns:
        The release, named after the date of the files: `2025.05` for 20250501.

    Raises:
        ReleaseFileError: a file is missing or broken; the message names file and line.
    """
    return read_section_files(path, NAMES, SECTIONS, _EXPECTED, _entries)


def _entries(file: Member) -> Iterator[tuple[int, SchemeEntry]]:
    """The rows of one file with their line numbers, without headings."""
    lines = file.text().split("\n")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        symbol, dots, title = _columns(line, f"{file.name} line {number}")
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
