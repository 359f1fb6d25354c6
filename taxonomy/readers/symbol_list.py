"""Reader of the official CPC symbol list (`CPCSymbolListYYYYMM.zip`, or the CSV in it).

A CSV file in UTF-8, or one a section, whose first line names the columns; they are found by their
names, in any order. Used are `SYMBOL` (`A01B   1/02`), `level` (2 section, 3 subsection heading, 4
class, 5 subclass, 6 guidance heading, 7 main group, dots + 7 below it), `sort-key`,
`not-allocatable`, `additional-only`, `status` and, where they are there, `breakdown-code` and
`date-revised`. Headings repeat a symbol and are dropped. There are no titles.

Rows need not be sorted: their place is that of the sort-key, which is written like a symbol, with
2000 taken from the group of the 2000-series. In the scheme XML of 2019.08 and 2021.05 that order
is the one of the nesting, without exception; the order of the symbols themselves has 24 in
2019.08 (C08F2216/085 stands in C08F216/00). It also holds there, and is demanded here, that
`not-allocatable` is true of all above main groups, and `breakdown-code` of the 2000-series alone,
which tells exchanged columns.

Source: the names and values of the scheme XML, and public readers of the lists of 2019 to 2026.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from taxonomy.assemble import Assembly, SchemeEntry
from taxonomy.errors import ReleaseFileError
from taxonomy.flags import Flag
from taxonomy.readers.cells import symbol_in
from taxonomy.readers.members import Member, members
from taxonomy.symbol import Rank, Symbol
from taxonomy.tree import Taxonomy

__all__ = ["NAMES", "SymbolList", "read_symbol_list"]

SECTIONS = "ABCDEFGHY"
NAMES = re.compile(r"CPCSymbolList.*\.csv", re.IGNORECASE)
"""Matches the whole name of a file of this kind."""
_EXPECTED = "the official CPCSymbolListYYYYMM.zip, or the CSV file in it"
_REQUIRED = ("symbol", "level", "sort-key", "not-allocatable", "additional-only", "status")
_OPTIONAL = ("breakdown-code", "date-revised")
_ABOVE = {2: Rank.SECTION, 4: Rank.CLASS, 5: Rank.SUBCLASS}
_HEADINGS, _MAIN_GROUP = (3, 6), 7
_YES_OR_NO = {"TRUE": True, "FALSE": False}
_STATUS = {"published": Flag(0), "frozen": Flag.FROZEN}


@dataclass(frozen=True, slots=True, eq=False)
class SymbolList:
    """A release as its symbol list tells it.

    Attributes:
        taxonomy: the tree with flags; all titles are "".
        revised: int32 (n,), when each row was last revised, as YYYYMMDD; 0 where it is not said.
    """

    taxonomy: Taxonomy
    revised: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class _Row:
    where: str
    key: Symbol
    symbol: Symbol
    dots: int
    flags: Flag
    revised: int


def read_symbol_list(path: Path) -> SymbolList:
    """Reads a symbol list.

    Args:
        path: the zip as it is published, a folder with its files, or the CSV file.

    Returns:
        The release, named after the file: `2025.05` for CPCSymbolList202505.

    Raises:
        ReleaseFileError: no name tells the release or they tell several, a section or a column is
            missing, a value does not fit its column or its row, or a row does not fit below those
            before it; the message names file and line.
    """
    found = members(path, NAMES, _EXPECTED)
    if not found:
        raise ReleaseFileError(f"{path}: no file named like CPCSymbolListYYYYMM.csv")
    release = _release(path, found)
    rows = [row for file in found.values() for row in _rows(file)]
    rows.sort(key=lambda row: row.key)
    absent = sorted(set(SECTIONS) - {row.symbol.section for row in rows})
    if absent:
        raise ReleaseFileError(f"{path}: no symbols of these sections: {', '.join(absent)}")
    assembly = Assembly()
    for row in rows:
        assembly.add(SchemeEntry(str(row.symbol), row.dots, ""), row.where)
    flags = np.array([row.flags for row in rows], np.uint8)
    revised = np.array([row.revised for row in rows], np.int32)
    return SymbolList(Taxonomy.assembled(release, assembly, flags), revised)


def _release(path: Path, names: Iterable[str]) -> str:
    """The release that the name of the zip or of its files says."""
    dates = (re.search(r"(20[0-9]{2})(0[1-9]|1[0-2])", name) for name in (path.name, *names))
    said = sorted({f"{date[1]}.{date[2]}" for date in dates if date})
    if len(said) != 1:
        raise ReleaseFileError(
            f"{path}: its name tells {' and '.join(said) or 'no'} release; name it as it is "
            "published, CPCSymbolListYYYYMM"
        )
    return said[0]


def _rows(file: Member) -> Iterator[_Row]:
    """The symbols of one file, without headings, in its own order."""
    rows = file.rows(",")
    where, header = next(rows, (f"{file.name} line 1", []))
    columns = _columns(header, where)
    for place, values in rows:
        if len(values) != len(header):
            raise ReleaseFileError(
                f"{place}: {len(values)} columns, where the first line names {len(header)}"
            )
        named = {name: values[at] for name, at in columns.items()}
        level = named["level"]
        if not re.fullmatch(r"[2-9]|[1-9][0-9]", level):
            raise ReleaseFileError(f"{place}: level: {level!r} is no level; a row has 2 to 99")
        if int(level) not in _HEADINGS:
            yield _row(named, int(level), place)


def _columns(header: list[str], where: str) -> dict[str, int]:
    """Where the columns stand that are used."""
    names = [re.sub(r"[ _.]", "-", name.lower()) for name in header]
    missing = [name for name in _REQUIRED if name not in names]
    if missing:
        raise ReleaseFileError(
            f"{where}: these columns are missing: {', '.join(missing)}; give {_EXPECTED}"
        )
    used = [name for name in (*_REQUIRED, *_OPTIONAL) if name in names]
    twice = [name for name in used if names.count(name) > 1]
    if twice:
        raise ReleaseFileError(f"{where}: two columns are named {twice[0]}")
    return {name: names.index(name) for name in used}


def _row(named: dict[str, str], level: int, where: str) -> _Row:
    symbol = key = symbol_in(named["symbol"], where)
    if named["sort-key"] != named["symbol"]:
        key = symbol_in(named["sort-key"], f"{where}: sort-key")
    if key.is_indexing:
        raise ReleaseFileError(
            f"{where}: sort-key: {key} is of the 2000-series; is the column exchanged with SYMBOL?"
        )
    rank = _ABOVE.get(level)
    if rank is not None and symbol.rank != rank:
        raise ReleaseFileError(
            f"{where}: level: {symbol} is a {symbol.rank.label}, not a {rank.label}, as level "
            f"{level} says"
        )
    flags = _flags(named, symbol, where)
    dots = -1 if rank is not None else level - _MAIN_GROUP
    revised = _revised(named.get("date-revised", ""), where)
    return _Row(where, key, symbol, dots, flags, revised)


def _flags(named: dict[str, str], symbol: Symbol, where: str) -> Flag:
    status = named["status"]
    if status.lower() not in _STATUS:
        raise ReleaseFileError(f"{where}: status: {status!r} is neither published nor frozen")
    flags = _STATUS[status.lower()]
    for name, flag in (
        ("not-allocatable", Flag.NOT_ALLOCATABLE), ("additional-only", Flag.ADDITIONAL_ONLY),
    ):  # fmt: skip
        if _is_true(named[name], name, where):
            flags |= flag
    if symbol.rank < Rank.MAIN_GROUP and Flag.NOT_ALLOCATABLE not in flags:
        raise ReleaseFileError(
            f"{where}: not-allocatable: FALSE for {symbol}, a {symbol.rank.label}, which may "
            "never be allocated; is the column exchanged with another?"
        )
    said = named.get("breakdown-code")
    if said is not None and _is_true(said, "breakdown-code", where) != symbol.is_indexing:
        raise ReleaseFileError(
            f"{where}: breakdown-code: {said} for {symbol}, but it is TRUE for the 2000-series "
            "alone; is this column, or SYMBOL, exchanged with another?"
        )
    return flags | Flag.BREAKDOWN_CODE if symbol.is_indexing else flags


def _is_true(value: str, column: str, where: str) -> bool:
    if value.upper() not in _YES_OR_NO:
        raise ReleaseFileError(f"{where}: {column}: {value!r} is neither TRUE nor FALSE")
    return _YES_OR_NO[value.upper()]


def _revised(text: str, where: str) -> int:
    """A day as YYYYMMDD, 0 where none is said."""
    if not re.fullmatch(r"(20[0-9]{2}-?(0[1-9]|1[0-2])-?[0-3][0-9])?", text):
        raise ReleaseFileError(f"{where}: date-revised: {text!r} is no day, as 2013-01-01 is")
    return int(text.replace("-", "") or 0)
