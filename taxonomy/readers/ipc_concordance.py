"""Reader of the concordance from the CPC to the IPC, as text or as XML.

- `cpc-ipc-concordance.txt` (before 2019 `CPCtoIPCtxtMay2018.txt`): one row a line between tabs:
  CPC symbol, an empty column or a level, IPC symbol, and what may follow. Where a header line
  names the columns, those whose names begin with CPC and IPC are taken.
- `cpc-ipc-concordance.xml`: `item` elements with `cpc`, `ipc` and `level`.

`CPCONLY` stands for the IPC symbol where the IPC has no place. The IPC has sections A to H and no
2000-series (in release 2021.05 none of 174,777 IPC symbols has one), so that exchanged columns
do not pass.

Source: both files as public readers of 2018 to 2026 show them (PatentsView among them).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from taxonomy.errors import ReleaseFileError
from taxonomy.readers.cells import symbol_in
from taxonomy.readers.members import Member, members
from taxonomy.readers.xml import parse, plain_text
from taxonomy.scheme import CPC_ONLY

__all__ = ["NAMES", "read_ipc_concordance"]

NAMES = re.compile(r"(cpc.?ipc.?concordance|CPCtoIPC).*\.(txt|xml)", re.IGNORECASE)
"""Matches the whole name of a file of this kind."""
_EXPECTED = "the official cpc-ipc-concordance.txt or .xml"


def read_ipc_concordance(path: Path) -> dict[str, str]:
    """The IPC symbol of each CPC symbol.

    Args:
        path: the text or the XML file (or a zip or folder that holds no other); which of them it
            is, its first character tells.

    Returns:
        CPC symbol -> IPC symbol, both as the official CPC files print them, or `CPC_ONLY`.

    Raises:
        ReleaseFileError: there is not just one file, a row is bad or its columns are exchanged,
            or two rows say different things of a symbol; the message names file and line.
    """
    found = members(path, NAMES, _EXPECTED)
    if len(found) != 1:
        those = ", ".join(found) or "no concordance"
        raise ReleaseFileError(f"{path}: {those}, where one file is needed; give {_EXPECTED}")
    (file,) = found.values()
    is_xml = file.read().lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
    ipc_of: dict[str, str] = {}
    spelled: dict[str, str] = {"": "", CPC_ONLY: CPC_ONLY}
    for where, cpc, ipc in _items(file) if is_xml else _lines(file):
        symbol = str(symbol_in(cpc, where))
        if ipc not in spelled:
            spelled[ipc] = _ipc(ipc, where)
        said = spelled[ipc]
        if not said:
            raise ReleaseFileError(f"{where}: {symbol} has no IPC symbol, nor {CPC_ONLY}")
        if ipc_of.setdefault(symbol, said) != said:
            raise ReleaseFileError(
                f"{where}: {symbol} belongs to {said}, but to {ipc_of[symbol]} in a row before"
            )
    if not ipc_of:
        raise ReleaseFileError(f"{file.name} holds no symbol; give {_EXPECTED}")
    return ipc_of


def _lines(file: Member) -> Iterator[tuple[str, str, str]]:
    """Place, CPC and IPC symbol of each row of the text."""
    at_cpc, at_ipc, first = 0, 2, True
    for where, columns in file.rows("\t"):
        names = [re.match(r"CPC(?!ONLY)|IPC", column, re.IGNORECASE) for column in columns]
        heads = [name[0].upper() if name else "" for name in names]
        if first and "CPC" in heads and "IPC" in heads:
            at_cpc, at_ipc, first = heads.index("CPC"), heads.index("IPC"), False
            continue
        if first and len(columns) == 2:
            at_ipc = 1
        first = False
        if len(columns) <= max(at_cpc, at_ipc):
            raise ReleaseFileError(
                f"{where}: {len(columns)} columns; a row has the CPC symbol in column "
                f"{at_cpc + 1} and the IPC symbol in column {at_ipc + 1}, between tabs"
            )
        yield where, columns[at_cpc], columns[at_ipc]


def _items(file: Member) -> Iterator[tuple[str, str, str]]:
    """Place, CPC and IPC symbol of each item of the XML."""
    for item in parse(file.read(), file.name).iter("{*}item"):
        where = f"{file.name} line {item.sourceline}"
        yield where, _said(item, "cpc", where), _said(item, "ipc", where)


def _said(item: etree._Element, name: str, where: str) -> str:
    found = item.find(f"{{*}}{name}")
    if found is None:
        raise ReleaseFileError(f"{where}: an item without {name}; give {_EXPECTED}")
    return plain_text(found)


def _ipc(text: str, where: str) -> str:
    symbol = symbol_in(text, where)
    if symbol.is_additional_only:
        raise ReleaseFileError(
            f"{where}: {symbol} is no IPC symbol, since the IPC has no section Y and no "
            "2000-series; are the columns exchanged?"
        )
    return str(symbol)
