"""Reader of a table of one's own that says where documents went: a CSV file in UTF-8.

The first line names the columns: `from` and `to`, and `confidence` and `reason` where they are
wanted, in any order. An empty `to` retires the symbol; an empty `confidence` is 1.

    from,to,confidence,reason
    A01B1/022,A01B1/02,,folding spades are spades again
    A01B999/00,,,
"""

from __future__ import annotations

import re
from pathlib import Path

from taxonomy.errors import ReleaseFileError
from taxonomy.readers.cells import symbol_in
from taxonomy.readers.members import Member, members
from taxonomy.transfer import OWN, Transfer, refuse_circle

__all__ = ["read_transfer_table"]

_NAME = re.compile(r".+\.csv", re.IGNORECASE)
_EXPECTED = "a table of transfers: a .csv file with the columns from,to and, if wanted, " + (
    "confidence,reason"
)
_REQUIRED, _OPTIONAL = ("from", "to"), ("confidence", "reason")


def read_transfer_table(path: Path) -> tuple[Transfer, ...]:
    """Reads a table of transfers.

    Args:
        path: the .csv file (or a zip or folder that holds no other).

    Returns:
        The transfers in the order of the table, with the source `OWN`. A `from` and a `to` that
        were exchanged cannot be told from symbols alone: check them against both releases.

    Raises:
        ReleaseFileError: a column is missing or unknown, a value is bad, a transfer is a
            duplicate, a symbol is retired and transferred, or transfers go round in a circle; the
            message names file and line.
    """
    found = members(path, _NAME, _EXPECTED)
    if len(found) != 1:
        those = ", ".join(found) or "no .csv file"
        raise ReleaseFileError(f"{path}: {those}, where one is needed; give {_EXPECTED}")
    (file,) = found.values()
    places: dict[tuple[str, str], str] = {}
    transfers = []
    for where, values in _rows(file):
        transfer = _transfer(values, where)
        pair = transfer.symbol, transfer.target
        if pair in places:
            raise ReleaseFileError(
                f"{where}: {pair[0]} to {pair[1] or 'nowhere'} is a duplicate of {places[pair]}"
            )
        places[pair] = where
        transfers.append(transfer)
    for (symbol, target), where in places.items():
        if target and (symbol, "") in places:
            raise ReleaseFileError(
                f"{where}: {symbol} goes to {target}, but {places[symbol, '']} retires it without "
                "a target"
            )
    try:
        refuse_circle(transfers)
    except ReleaseFileError as error:
        raise ReleaseFileError(f"{file.name}: {error}") from error
    return tuple(transfers)


def _rows(file: Member) -> list[tuple[str, dict[str, str]]]:
    """The rows by the names of their columns."""
    rows = file.rows(",")
    where, header = next(rows, (f"{file.name} line 1", []))
    names = [name.lower() for name in header]
    known = ", ".join((*_REQUIRED, *_OPTIONAL))
    for name in names:
        if name not in (*_REQUIRED, *_OPTIONAL):
            raise ReleaseFileError(f"{where}: {name!r} is no column of transfers; use {known}")
        if names.count(name) > 1:
            raise ReleaseFileError(f"{where}: two columns are named {name}")
    missing = [name for name in _REQUIRED if name not in names]
    if missing:
        raise ReleaseFileError(f"{where}: no column {' and no '.join(missing)}; use {known}")
    named = []
    for place, values in rows:
        if len(values) != len(names):
            raise ReleaseFileError(
                f"{place}: {len(values)} columns, where the first line names {len(names)}"
            )
        named.append((place, dict(zip(names, values, strict=True))))
    return named


def _transfer(values: dict[str, str], where: str) -> Transfer:
    symbol = str(symbol_in(values["from"], where))
    target = str(symbol_in(values["to"], where)) if values["to"] else ""
    said = values.get("confidence") or "1"
    if not re.fullmatch(r"[01]|[01]?\.[0-9]+", said) or not 0 < float(said) <= 1:
        raise ReleaseFileError(
            f"{where}: {said!r} is no confidence; it is a number above 0 and at most 1, like 0.8"
        )
    return Transfer(symbol, target, OWN, float(said), values.get("reason", ""))
