"""Reader of the official CPC scheme (`CPCSchemeXMLYYYYMM.zip`).

One file a section (`cpc-scheme-A.xml`) down to subclasses, each of which links to a file of its
own (`cpc-scheme-A01B.xml`) with its groups. Items are nested as the scheme is; `level` is 2 for a
section, 3 for a subsection heading, 4 for a class, 5 for a subclass, 6 for a guidance heading, 7
for a main group, and dots + 7 below it. Headings repeat a symbol and are no places; their notes
are kept with the symbol that they repeat. Files are read one at a time.

Titles are written as the title list writes them: parts joined by "; ", what only CPC says in
braces, references in parentheses, pictures as `[IMAGE file]`.
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
from taxonomy.flags import Flag
from taxonomy.readers.members import Member, members
from taxonomy.readers.xml import cpc_symbols, parse, plain_text
from taxonomy.scheme import Note, Scheme
from taxonomy.symbol import Rank
from taxonomy.tree import Taxonomy

__all__ = ["NAMES", "read_scheme_xml"]

SECTIONS = "ABCDEFGHY"
NAMES = re.compile(r"cpc-scheme(-[A-HY]([0-9]{2}[A-Z])?)?\.xml", re.ASCII)
_EXPECTED = "the official CPCSchemeXMLYYYYMM.zip, or a folder with its files"
_SUBCLASS, _MAIN_GROUP, _HEADINGS = 5, 7, (3, 6)
_ABOVE_GROUPS = (2, 4, _SUBCLASS)
"""The levels of a section, class and subclass."""
_FLAGS = {
    "not-allocatable": Flag.NOT_ALLOCATABLE,
    "additional-only": Flag.ADDITIONAL_ONLY,
    "breakdown-code": Flag.BREAKDOWN_CODE,
    "c-set-base-allowed": Flag.C_SET_BASE,
    "c-set-subsequent-allowed": Flag.C_SET_SUBSEQUENT,
    "definition-exists": Flag.DEFINED,
}


def read_scheme_xml(path: Path) -> Scheme:
    """Reads a scheme.

    Args:
        path: the zip as it is published, or a folder with its files.

    Returns:
        The release, named after the publication date: `2021.05` for 2021-05-01. Where the file of
        a subclass is not there, the subclass has no groups and `missing` names the file.

    Raises:
        ReleaseFileError: a section's file is missing, a file is broken, or files are of different
            releases; the message names file and line.
    """
    found = members(path, NAMES, _EXPECTED)
    absent = [n for s in SECTIONS if (n := f"cpc-scheme-{s}.xml") not in found]
    if absent:
        raise ReleaseFileError(
            f"{path}: of the nine section files these are missing: {', '.join(absent)}"
        )
    walk = _Walk(found)
    for section in SECTIONS:
        file = f"cpc-scheme-{section}.xml"
        for item in walk.roots(found[file]):
            walk.item(item, file, "")
        if not walk.rows.symbols or walk.rows.symbols[-1][0] != section:
            raise ReleaseFileError(
                f"{path}: {file} does not hold section {section} and end with it"
            )
    taxonomy = Taxonomy.assembled(walk.release, walk.rows, np.array(walk.flags, np.uint8))
    return Scheme(
        taxonomy,
        np.array(walk.revised, np.int32),
        tuple(walk.ipc),
        {symbol: tuple(notes) for symbol, notes in walk.notes.items()},
        walk.references,
        tuple(walk.missing),
    )


@dataclass(slots=True)
class _Walk:
    """Takes items in the order of the scheme."""

    found: dict[str, Member]
    release: str = ""
    rows: Assembly = field(default_factory=Assembly)
    flags: list[int] = field(default_factory=list)
    revised: list[int] = field(default_factory=list)
    ipc: list[str] = field(default_factory=list)
    notes: dict[str, list[Note]] = field(default_factory=dict)
    references: dict[str, tuple[str, ...]] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)

    def roots(self, member: Member) -> Iterator[etree._Element]:
        """The outermost items of a file of this release."""
        root = parse(member.read(), member.name)
        date = re.fullmatch(r"(\d{4})-(\d{2})-\d{2}", root.get("publication-date", ""))
        if root.tag != "class-scheme" or date is None:
            raise ReleaseFileError(
                f"{member.name} line {root.sourceline}: no class-scheme with a publication-date; "
                f"give {_EXPECTED}"
            )
        if root.get("scheme-type") != "cpc":
            raise ReleaseFileError(
                f"{member.name} line {root.sourceline}: a scheme of type "
                f"{root.get('scheme-type')!r}, not cpc"
            )
        release = f"{date[1]}.{date[2]}"
        if self.release not in ("", release):
            raise ReleaseFileError(
                f"{member.name}: of {release}, but the files before it are of {self.release}"
            )
        self.release = release
        yield from root.iterchildren("classification-item")

    def item(self, item: etree._Element, file: str, above: str) -> None:
        """An item and all below it.

        Args:
            file: its name.
            above: the symbol that it is nested in, "" for a section.
        """
        where = f"{file} line {item.sourceline}"
        symbol = (item.findtext("classification-symbol") or "").strip()
        level = _level(item, where)
        self._note(item, symbol)
        if level not in _HEADINGS:
            self._place(item, symbol, level, where, above)
            above = symbol
        linked = item.get("link-file", "")
        if level == _SUBCLASS and linked:
            self._linked(linked, symbol)
        for child in item.iterchildren("classification-item"):
            self.item(child, file, above)

    def _linked(self, file: str, subclass: str) -> None:
        """What lies below a subclass, from its own file."""
        member = self.found.get(file)
        if member is None:
            self.missing.append(file)
            return
        for root in self.roots(member):
            said = (root.findtext("classification-symbol") or "").strip()
            if said != subclass:
                raise ReleaseFileError(
                    f"{file} line {root.sourceline}: holds {said!r}, not {subclass}, as is linked"
                )
            self._note(root, subclass)
            for child in root.iterchildren("classification-item"):
                self.item(child, file, subclass)

    def _place(self, item: etree._Element, symbol: str, level: int, where: str, above: str) -> None:
        dots = level - _MAIN_GROUP if level >= _MAIN_GROUP else -1
        title, references = _title(item.find("class-title"))
        self.rows.add(SchemeEntry(symbol, dots, title), where)
        rank = self.rows.ranks[-1]
        if rank < Rank.MAIN_GROUP and level != _ABOVE_GROUPS[rank]:
            raise ReleaseFileError(
                f"{where}: {symbol} is a {Rank(rank).label} and has level {level}; it must have "
                f"{_ABOVE_GROUPS[rank]}"
            )
        parent = self.rows.parents[-1]
        found = self.rows.symbols[parent] if parent >= 0 else ""
        if found != above:
            raise ReleaseFileError(
                f"{where}: {symbol} is nested in {above or 'nothing'}, but its level, {level}, "
                f"puts it below {found or 'nothing'}"
            )
        flags = Flag.FROZEN.value if item.get("status") == "frozen" else 0
        for name, flag in _FLAGS.items():
            if item.get(name) == "true":
                flags |= flag.value
        self.flags.append(flags)
        self.revised.append(_revised(item, where))
        self.ipc.append(item.get("ipc-concordant", ""))
        if references:
            self.references[symbol] = references

    def _note(self, item: etree._Element, symbol: str) -> None:
        for note in item.iterfind("notes-and-warnings/note"):
            for paragraph in note.iterchildren("note-paragraph"):
                kept = Note(
                    note.get("type", "note"),
                    paragraph.get("warning-type", ""),
                    plain_text(paragraph),
                    cpc_symbols(paragraph),
                )
                told = self.notes.setdefault(symbol, [])
                if kept not in told:  # a subclass has its notes in both of its files
                    told.append(kept)


def _level(item: etree._Element, where: str) -> int:
    level = item.get("level", "")
    if not re.fullmatch(r"[2-9]|[1-9][0-9]", level, re.ASCII):
        raise ReleaseFileError(f"{where}: {level!r} is no level; an item has 2 to 99")
    return int(level)


def _revised(item: etree._Element, where: str) -> int:
    """When an item was last revised, as YYYYMMDD; 0 where it is not said."""
    said = item.get("date-revised", "")
    if said and not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", said):
        raise ReleaseFileError(f"{where}: {said!r} is no date; date-revised has YYYY-MM-DD")
    return int(said.replace("-", "") or 0)


def _title(title: etree._Element | None) -> tuple[str, tuple[str, ...]]:
    """A title as the title list writes it, and the symbols that its references name."""
    if title is None:
        return "", ()
    parts = ("".join(_written(part)) for part in title.iterchildren("title-part"))
    text = "; ".join(" ".join(part.split()) for part in parts)
    references = [s for r in title.iter("reference") for s in cpc_symbols(r)]
    return text, tuple(dict.fromkeys(references))


_AROUND = {"CPC-specific-text": ("{", "}"), "reference": ("(", ")")}


def _written(element: etree._Element) -> Iterator[str]:
    for child in element:
        before, after = _AROUND.get(str(child.tag), ("", ""))
        yield before
        if child.tag in ("title-part", "text", *_AROUND):
            yield child.text or ""
            yield from _written(child)
        elif child.tag == "media":
            yield f"[IMAGE {child.get('file-name', '')}]"
        elif isinstance(child.tag, str):  # an entity is not read
            yield "".join(map(str, child.itertext()))
        yield after
        yield child.tail or ""
