"""Reads whatever official files of a release are given, each by the reader of its kind.

A kind is told by the names of the files inside, not by the name of the zip.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from taxonomy.errors import ReleaseFileError
from taxonomy.readers import (
    definitions,
    ipc_concordance,
    scheme_xml,
    symbol_list,
    title_list,
    validity,
)
from taxonomy.readers.members import members
from taxonomy.release import Parts

__all__ = ["read_parts"]

T = TypeVar("T")
_KINDS = {
    "titles": ("title list", title_list.NAMES),
    "scheme": ("scheme", scheme_xml.NAMES),
    "listed": ("symbol list", symbol_list.NAMES),
    "validity": ("validity file", validity.NAMES),
    "definitions": ("definitions", definitions.NAMES),
    "concordance": ("concordance", ipc_concordance.NAMES),
}
_EXPECTED = (
    "an official title list, scheme XML, symbol list, validity file, definitions XML or "
    "CPC-to-IPC concordance (a zip as it is published, or a folder with its files)"
)


def read_parts(paths: Sequence[Path]) -> Parts:
    """Reads the files of one release.

    Args:
        paths: zips, folders or files, one of a kind; a folder may hold such zips.

    Raises:
        ReleaseFileError: a path of no known kind, two of one kind, or a broken file.
    """
    found: dict[str, Path] = {}
    for path in _opened(paths):
        kind = _kind(path)
        if kind in found:
            raise ReleaseFileError(
                f"{found[kind]} and {path} are both a {_KINDS[kind][0]}; give one of them"
            )
        found[kind] = path
    listed = _read(found, "listed", symbol_list.read_symbol_list)
    return Parts(
        titles=_read(found, "titles", title_list.read_title_list),
        scheme=_read(found, "scheme", scheme_xml.read_scheme_xml),
        listed=listed.taxonomy if listed else None,
        revised=_revised(listed) if listed else {},
        validity=_read(found, "validity", validity.read_validity) or {},
        definitions=_read(found, "definitions", definitions.read_definitions) or {},
        concordance=_read(found, "concordance", ipc_concordance.read_ipc_concordance) or {},
    )


def _read(found: Mapping[str, Path], kind: str, read: Callable[[Path], T]) -> T | None:
    """What the file of a kind says, None where it is not there."""
    return read(found[kind]) if kind in found else None


def _revised(listed: symbol_list.SymbolList) -> dict[str, int]:
    """When symbols were last revised, where it is said."""
    days = zip(listed.taxonomy.symbols, listed.revised.tolist(), strict=True)
    return {symbol: day for symbol, day in days if day}


def _opened(paths: Sequence[Path]) -> list[Path]:
    """The paths; in place of a folder of zips, the zips in it and the files beside them."""
    found: list[Path] = []
    for path in paths:
        inside = sorted(path.glob("*.zip")) if path.is_dir() else []
        if inside:
            beside = (file for file in sorted(path.iterdir()) if file.suffix in (".txt", ".csv"))
            found += [*inside, *beside]
        else:
            found.append(path)
    return found


def _kind(path: Path) -> str:
    for kind, (_, names) in _KINDS.items():
        if members(path, names, _EXPECTED):
            return kind
    raise ReleaseFileError(f"{path}: none of its files is known; give {_EXPECTED}")
