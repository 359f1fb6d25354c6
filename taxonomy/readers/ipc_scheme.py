"""Reader of the IPC scheme as WIPO publishes it (`ipc_scheme_YYYYMMDD.zip`).

One file a language, `EN_ipc_scheme_YYYYMMDD.xml`, with the root `IPCScheme` and its `edition`
(YYYYMMDD). `ipcEntry` elements are nested as the scheme is. `kind` is `s` for a section, `c` for a
class, `u` for a subclass, `m` for a main group, and the number of dots below it, letters from `A`
for ten; `symbol` is zero-padded (`A01B0001020000`). Entries of kind `t` (subsection), `g` (guidance
heading), `i` (subclass index) and `n` (note) repeat a symbol and are no places. `entryType` is `K`
for a place of classification and `I` for one of an indexing scheme, which tells additional
information only.

Titles are written as the CPC title list writes them: parts joined by "; ", references in
parentheses, symbols as the CPC prints them, pictures as `[IMAGE file]`.

Source: WIPO, IPC Scheme Master Files Specification (3.0 of 2015 and later), as far as public
readers of editions 2019 to 2027 show it; files of older formats (`staticIpc`) are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from lxml import etree

from taxonomy.assemble import Assembly, SchemeEntry
from taxonomy.errors import ReleaseFileError
from taxonomy.flags import Flag, derived
from taxonomy.readers.cells import symbol_in
from taxonomy.readers.members import members
from taxonomy.readers.xml import parse, plain_text
from taxonomy.symbol import Rank
from taxonomy.tree import Taxonomy

__all__ = ["read_ipc_scheme"]

SECTIONS = "ABCDEFGH"
_NAME = re.compile(r"(EN_ipc|ipcr?)_scheme_[0-9]{8}\.xml", re.IGNORECASE | re.ASCII)
_EXPECTED = "the ipc_scheme_YYYYMMDD.zip of WIPO, or a folder with EN_ipc_scheme_YYYYMMDD.xml"
_ABOVE = {"s": Rank.SECTION, "c": Rank.CLASS, "u": Rank.SUBCLASS}
_NO_PLACES = ("t", "g", "i", "n")


def read_ipc_scheme(path: Path) -> Taxonomy:
    """Reads an edition of the IPC.

    Args:
        path: the zip as it is published, or a folder with its English file.

    Returns:
        The edition, named after its date: `2026.01` for 20260101. Indexing codes are flagged
        additional-only.

    Raises:
        ReleaseFileError: there is not just one English file, or it is broken or not whole; the
            message names file and line.
    """
    found = members(path, _NAME, _EXPECTED)
    if len(found) != 1:
        those = ", ".join(found) or "no IPC scheme"
        raise ReleaseFileError(f"{path}: {those}, where one file is needed; give {_EXPECTED}")
    (file,) = found.values()
    root = parse(file.read(), file.name)
    date = re.fullmatch(r"([0-9]{4})([0-9]{2})[0-9]{2}", root.get("edition", ""))
    if etree.QName(root).localname != "IPCScheme" or date is None:
        raise ReleaseFileError(
            f"{file.name} line {root.sourceline}: no IPCScheme with an edition, as WIPO publishes "
            f"it since 2015; give {_EXPECTED}"
        )
    walk = _Walk(file.name)
    walk.entries(root, "")
    absent = [s for s in SECTIONS if s not in walk.rows.symbols]
    if absent:
        raise ReleaseFileError(f"{file.name}: these sections are missing: {', '.join(absent)}")
    ranks = np.array(walk.rows.ranks, np.int8)
    indexing = np.array(walk.indexing) * np.uint8(Flag.ADDITIONAL_ONLY)
    flags = derived(walk.rows.symbols, ranks) | indexing
    return Taxonomy.assembled(f"{date[1]}.{date[2]}", walk.rows, flags)


@dataclass(slots=True)
class _Walk:
    """Takes entries in the order of the scheme."""

    file: str
    rows: Assembly = field(default_factory=Assembly)
    indexing: list[bool] = field(default_factory=list)

    def entries(self, element: etree._Element, above: str) -> None:
        """All entries below an element.

        Args:
            element: the root or an entry.
            above: the symbol that they are nested in, "" for a section.
        """
        for entry in element.iterchildren("{*}ipcEntry"):
            place = above
            if entry.get("kind", "") not in _NO_PLACES:
                place = self._place(entry, above)
            self.entries(entry, place)

    def _place(self, entry: etree._Element, above: str) -> str:
        where = f"{self.file} line {entry.sourceline}"
        parsed = symbol_in(entry.get("symbol", ""), where)
        symbol = str(parsed)
        kind = entry.get("kind", "")
        dots = _dots(kind, where)
        if dots < 0 and parsed.rank != _ABOVE[kind]:
            raise ReleaseFileError(
                f"{where}: {symbol} is no {_ABOVE[kind].label}, as its kind says"
            )
        self.rows.add(SchemeEntry(symbol, dots, _title(entry, where)), where)
        parent = self.rows.parents[-1]
        found = self.rows.symbols[parent] if parent >= 0 else ""
        if found != above:
            raise ReleaseFileError(
                f"{where}: {symbol} is nested in {above or 'nothing'}, but its kind, {kind}, "
                f"puts it below {found or 'nothing'}"
            )
        self.indexing.append(entry.get("entryType") == "I")
        return symbol


def _dots(kind: str, where: str) -> int:
    """0 for a main group, 1 and more below it, -1 above it."""
    if kind in _ABOVE:
        return -1
    if kind == "m":
        return 0
    if re.fullmatch(r"[1-9A-Z]|[1-9][0-9]", kind, re.ASCII):
        return int(kind) if kind.isdigit() else int(kind, 36)
    raise ReleaseFileError(f"{where}: {kind!r} is no kind of entry; see the specification of WIPO")


def _title(entry: etree._Element, where: str) -> str:
    parts = []
    for part in entry.iterfind("{*}textBody/{*}title/{*}titlePart"):
        texts = " ".join(_written(text, where) for text in part.iterchildren("{*}text"))
        references = [_written(r, where) for r in part.iterchildren("{*}entryReference")]
        parts.append(f"{texts} ({'; '.join(references)})" if references else texts)
    return "; ".join(part.strip() for part in parts)


def _written(element: etree._Element, where: str) -> str:
    """A text with the symbols that it refers to."""
    pieces = "".join(_pieces(element, where))
    return re.sub(r" (?=[,;.)])|(?<=\() ", "", " ".join(pieces.split()))


def _pieces(element: etree._Element, where: str) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        tag = str(child.tag).rpartition("}")[2]
        if tag in ("sref", "mref"):
            ends = (child.get(name, "") for name in ("ref", "endRef")[: 1 + (tag == "mref")])
            yield f" {' - '.join(str(symbol_in(end, where)) for end in ends)} "
        elif tag == "img":
            yield f"[IMAGE {child.get('src', '')}]"
        elif isinstance(child.tag, str):  # an entity, which is not resolved, is none
            yield plain_text(child)
        yield child.tail or ""
