"""Reader of the IPC title lists (`EN_ipc_title_list_YYYYMMDD.zip` of WIPO).

Eight files `EN_ipc_section_X_title_list_YYYYMMDD.txt`, UTF-8, one row a line in the order of the
scheme: symbol and title, between them a tab. Symbols of groups are zero-padded (`A01B0001020000`).
Of rows that follow each other with the same symbol, the last is the place; those before it are
headings (subsections, guidance headings) and are dropped.

**The hierarchy of subgroups is not in these files**: they have no dots. Every subgroup is put
directly below its main group, which is true of the ancestor but leaves out the subgroups between;
`readers.ipc_scheme` has the whole tree. Nor do they tell indexing codes from places.

Source: the files of 2012 to 2026 as public readers of them show them (the headings: epo-ops, Ruby).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from taxonomy.assemble import SchemeEntry
from taxonomy.errors import ReleaseFileError
from taxonomy.readers.cells import symbol_in
from taxonomy.readers.members import Member
from taxonomy.readers.section_files import read_section_files
from taxonomy.symbol import Rank
from taxonomy.tree import Taxonomy

__all__ = ["read_ipc_titles"]

SECTIONS = "ABCDEFGH"
_NAME = re.compile(
    r"EN_ipc_section_([A-H])_title_list_(\d{4})(\d{2})\d{2}\.txt", re.IGNORECASE | re.ASCII
)
_EXPECTED = "the EN_ipc_title_list_YYYYMMDD.zip of WIPO, or a folder with its eight files"


def read_ipc_titles(path: Path) -> Taxonomy:
    """Reads a title list.

    Args:
        path: the zip as it is published, or a folder with its eight files.

    Returns:
        The edition, named after the date of the files: `2026.01` for 20260101; all subgroups
        directly below their main groups.

    Raises:
        ReleaseFileError: a file is missing or broken, or files are of different editions; the
            message names file and line.
    """
    return read_section_files(path, _NAME, SECTIONS, _EXPECTED, _entries)


def _entries(file: Member) -> Iterator[tuple[int, SchemeEntry]]:
    """The rows of one file with their line numbers, without headings."""
    waiting: tuple[int, SchemeEntry] | None = None
    for number, line in enumerate(file.text().split("\n"), 1):
        if not line.strip():
            continue
        entry = _entry(line, f"{file.name} line {number}")
        if waiting is not None and waiting[1].symbol != entry.symbol:
            yield waiting
        waiting = number, entry
    if waiting is not None:
        yield waiting


def _entry(line: str, where: str) -> SchemeEntry:
    columns = [column.strip() for column in line.split("\t")]
    if len(columns) != 2 or not columns[1]:
        raise ReleaseFileError(
            f"{where}: {len(columns)} columns; a row has 2, symbol and title, between them a tab"
        )
    symbol = symbol_in(columns[0], where)
    dots = int(symbol.rank) - int(Rank.MAIN_GROUP)
    return SchemeEntry(str(symbol), max(dots, -1), columns[1])
