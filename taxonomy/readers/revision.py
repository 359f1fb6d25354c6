"""Readers of revision concordance lists (RCL): where the groups of one release went in the next.

Of the **IPC**, `ipc_concordancelist_YYYYMMDD.xml` of WIPO (or its zip): the root, `rcl` or since
version 2.4 `IPCConcordanceList`, says `from-version` and `to-version` (YYYYMMDD); each
`concordance` has a zero-padded `from-symbol` and its `modification` (d deleted, c changed, s a
source though unchanged), each `concordance-to` in it a `to-symbol`, its `modification` (n new, c
changed, t a target though unchanged) and, in later versions, `default-reclassification`.

Of the **CPC**, the files with the root `revision-concordance-table` in the XML artefacts of its
notices of changes, one a project: each `revision-concordance-item` has an `amendment-type` (D
deleted, C changed, F frozen, ...), a `classification-symbol` and, in `transferred-to`, its
`target-symbol` elements. `scheme-compilation` files beside them are passed over.

Source: WIPO, Specification of IPC Revision Concordance List, 2.1 of 2013 to 2.4 of 2015, its
elements and attributes, and public readers of the lists of 2018 to 2027; of the CPC's, public
readers alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from taxonomy.errors import ReleaseFileError
from taxonomy.readers.cells import symbol_in
from taxonomy.readers.members import members
from taxonomy.readers.xml import parse, plain_text
from taxonomy.transfer import REVISION, Transfer

__all__ = ["Revision", "read_revision"]

_NAME = re.compile(r".+\.xml", re.IGNORECASE)
_EXPECTED = "the ipc_concordancelist_YYYYMMDD.zip of WIPO, or the XML files of a CPC notice of " + (
    "changes"
)
_IPC, _CPC = ("rcl", "IPCConcordanceList"), "revision-concordance-table"
_DELETED = "d"


@dataclass(frozen=True, slots=True)
class Revision:
    """What a revision concordance list says.

    Attributes:
        old, new: the releases, such as `2025.01`; "" where the list does not say it.
        transfers: in the order of the list, each once. All are of one revision, so that they must
            not be followed from one to the next (see `taxonomy.transfer.resolve`).
    """

    old: str
    new: str
    transfers: tuple[Transfer, ...]


def read_revision(path: Path) -> Revision:
    """Reads the list, or the lists, of one revision.

    Args:
        path: a zip as it is published, a folder with its files, or one XML file.

    Returns:
        Their transfers, with the source `REVISION` and as reason the codes of modification of
        both ends, `d>n`, or the type of amendment, `D`. A deletion without a target retires the
        symbol; any other entry without one says nothing.

    Raises:
        ReleaseFileError: no list is there, one is broken, or lists are of different revisions;
            the message names file and line.
    """
    told: dict[Transfer, None] = {}
    versions: dict[tuple[str, str], str] = {}
    for file in members(path, _NAME, _EXPECTED).values():
        root = parse(file.read(), file.name)
        tag = etree.QName(root).localname
        if tag == "scheme-compilation":
            continue
        if tag not in (*_IPC, _CPC):
            raise ReleaseFileError(
                f"{file.name} line {root.sourceline}: {tag!r} is no revision concordance list; "
                f"give {_EXPECTED}"
            )
        of_cpc = tag == _CPC
        version = ("", _named(path.name)) if of_cpc else _versions(root, file.name)
        versions.setdefault(version, file.name)
        for transfer in (_of_cpc if of_cpc else _of_ipc)(root, file.name):
            told[transfer] = None
    if len(versions) != 1:
        several = "; ".join(f"{name}, of {a} to {b}" for (a, b), name in versions.items())
        raise ReleaseFileError(
            f"{path}: {several or 'no list'}, where one revision is needed; give {_EXPECTED}"
        )
    ((old, new),) = versions
    return Revision(old, new, tuple(told))


def _named(file: str) -> str:
    """The release that the name of a CPC file says, "" if none."""
    said = re.search(r"(20[0-9]{2})(0[1-9]|1[0-2])", file)
    return f"{said[1]}.{said[2]}" if said else ""


def _versions(root: etree._Element, file: str) -> tuple[str, str]:
    read = []
    for name in ("from-version", "to-version"):
        said = root.get(name, "")
        date = re.fullmatch(r"([0-9]{4})(0[1-9]|1[0-2])[0-9]{2}", said)
        if date is None:
            raise ReleaseFileError(
                f"{file} line {root.sourceline}: {name} is {said!r}, not a date as YYYYMMDD"
            )
        read.append(f"{date[1]}.{date[2]}")
    if read[0] >= read[1]:
        raise ReleaseFileError(
            f"{file} line {root.sourceline}: from-version, {read[0]}, is not before to-version, "
            f"{read[1]}"
        )
    return read[0], read[1]


def _of_ipc(root: etree._Element, file: str) -> Iterator[Transfer]:
    for entry in root.iterchildren("{*}concordance"):
        where = f"{file} line {entry.sourceline}"
        symbol = str(symbol_in(entry.get("from-symbol", ""), where))
        before = _modification(entry, where)
        targets = list(entry.iterchildren("{*}concordance-to"))
        if not targets and before == _DELETED:
            yield Transfer(symbol, "", REVISION, 1.0, before)
        for target in targets:
            where = f"{file} line {target.sourceline}"
            reason = f"{before}>{_modification(target, where)}"
            default = target.get("default-reclassification", "")
            if default:
                reason += f", default-reclassification {default}"
            yield Transfer(
                symbol, str(symbol_in(target.get("to-symbol", ""), where)), REVISION, 1.0, reason
            )


def _modification(element: etree._Element, where: str) -> str:
    code = element.get("modification", "").strip().lower()
    if not re.fullmatch(r"[a-z]", code):
        raise ReleaseFileError(
            f"{where}: {code!r} is no code of modification, which has one letter"
        )
    return code


def _of_cpc(root: etree._Element, file: str) -> Iterator[Transfer]:
    for item in root.iter("{*}revision-concordance-item"):
        where = f"{file} line {item.sourceline}"
        symbol = str(symbol_in(_text(item.find("{*}classification-symbol")), where))
        kind = item.get("amendment-type", "").strip().upper()
        if not re.fullmatch(r"[A-Z]", kind):
            raise ReleaseFileError(f"{where}: {kind!r} is no amendment-type, which has one letter")
        targets = list(item.iterfind("{*}transferred-to//{*}target-symbol"))
        if not targets and kind.lower() == _DELETED:
            yield Transfer(symbol, "", REVISION, 1.0, kind)
        for target in targets:
            where = f"{file} line {target.sourceline}"
            yield Transfer(symbol, str(symbol_in(_text(target), where)), REVISION, 1.0, kind)


def _text(element: etree._Element | None) -> str:
    return "" if element is None else plain_text(element)
