"""Reader of the CPC validity file (`CPCValidityFileYYYYMM.txt` or its zip).

UTF-8, one row a line between tabs, after a header line: symbol, the day from which it holds, and
the day up to which it holds, empty where it still does; days as YYYY-MM-DD. A symbol that was
deleted and came back has several rows.

Source: the files of 2021 to 2026 as public readers of them show them. None of them tells whether
the last day counts: here it does, and the next period may begin on it.
"""

from __future__ import annotations

import re
from datetime import date
from itertools import pairwise
from pathlib import Path

from taxonomy.errors import BadSymbolError, ReleaseFileError
from taxonomy.readers.cells import symbol_in
from taxonomy.readers.members import members
from taxonomy.symbol import Symbol
from taxonomy.validity import Period, Validity

__all__ = ["NAMES", "read_validity"]

NAMES = re.compile(r"CPCValidityFile.*\.txt", re.IGNORECASE)
"""Matches the whole name of a file of this kind."""
_EXPECTED = "the official CPCValidityFileYYYYMM.zip, or the .txt file in it"
_COLUMNS = ("symbol", "valid from", "valid to")


def read_validity(path: Path) -> dict[str, Validity]:
    """When each symbol was or is in force, deleted ones too.

    Args:
        path: the zip as it is published, or its file.

    Returns:
        Symbol as the official files print it -> its periods, in the order of the file. Symbols
        with the same periods share one object.

    Raises:
        ReleaseFileError: there is not just one file, or a row is bad: no symbol, no date, an end
            before its start, periods that overlap, or columns that are too few, too many or
            exchanged; the message names file and line.
    """
    found = members(path, NAMES, _EXPECTED)
    if len(found) != 1:
        those = ", ".join(found) or "no validity file"
        raise ReleaseFileError(f"{path}: {those}, where one is needed; give {_EXPECTED}")
    (file,) = found.values()
    rows = file.rows("\t")
    where, header = next(rows, (f"{file.name} line 1", []))
    _check_header(header, where)
    periods: dict[tuple[str, ...], Period] = {}
    shared: dict[tuple[Period, ...], Validity] = {}
    validity: dict[str, Validity] = {}
    for where, columns in rows:
        symbol = _symbol(columns, where)
        days = tuple(columns[1:])
        if days not in periods:
            periods[days] = _period(days, where)
        held = validity[symbol].periods if symbol in validity else ()
        together = _together(held, periods[days], f"{where}: {symbol}")
        validity[symbol] = shared.setdefault(together, Validity(together))
    if not validity:
        raise ReleaseFileError(f"{file.name} holds no symbol")
    return validity


def _check_header(header: list[str], where: str) -> None:
    """The columns are known by their order; a header may not say another one."""
    names = [name.lower() for name in header]
    try:
        Symbol.parse(names[0] if names else "")
        named = False  # it is a row already
    except BadSymbolError:
        named = len(names) == len(_COLUMNS)
    if not named or "from" in names[2] or "to" in names[1].split() or "from" in names[0]:
        raise ReleaseFileError(
            f"{where}: {', '.join(header) or 'nothing'}; the first line names the columns, which "
            f"are {', '.join(_COLUMNS)}"
        )


def _symbol(columns: list[str], where: str) -> str:
    if len(columns) not in (2, 3):  # an editor may have cut off the tab before an empty end
        raise ReleaseFileError(
            f"{where}: {len(columns)} columns; a row has 3, {', '.join(_COLUMNS)}, between tabs"
        )
    return str(symbol_in(columns[0], where))


def _period(days: tuple[str, ...], where: str) -> Period:
    start = _day(days[0], _COLUMNS[1], where)
    end = _day(days[1], _COLUMNS[2], where) if any(days[1:]) else None
    if end is not None and end < start:
        raise ReleaseFileError(f"{where}: valid from {start} to {end}, which is before")
    return Period(start, end)


def _day(text: str, column: str, where: str) -> date:
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return date.fromisoformat(text)
        fault = "a day is written as YYYY-MM-DD"
    except ValueError as error:
        fault = str(error)
    raise ReleaseFileError(f"{where}: {column}: {text!r} is no day: {fault}")


def _together(held: tuple[Period, ...], more: Period, what: str) -> tuple[Period, ...]:
    """The periods of a symbol and one more, in order of time."""
    periods = sorted((*held, more), key=lambda period: period.start)
    for before, after in pairwise(periods):
        if before.end is None or after.start < before.end or before.start == after.start:
            raise ReleaseFileError(
                f"{what} is valid from {after.start}, but also from {before.start} to "
                f"{before.end or 'today'}: the periods overlap"
            )
    return tuple(periods)
