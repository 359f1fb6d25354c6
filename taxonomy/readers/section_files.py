"""A tree in several files, one a section, whose names tell section and date."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from taxonomy.assemble import Assembly, SchemeEntry
from taxonomy.errors import ReleaseFileError
from taxonomy.readers.members import Member, members
from taxonomy.tree import Taxonomy

__all__ = ["read_section_files"]


def read_section_files(
    path: Path,
    names: re.Pattern[str],
    sections: str,
    expected: str,
    entries: Callable[[Member], Iterator[tuple[int, SchemeEntry]]],
) -> Taxonomy:
    """Reads the files of all sections.

    Args:
        path: a zip, or a folder with the files.
        names: matches the name of a file; its groups are section, year and month.
        sections: their letters, in order.
        expected: what should have been given, for messages.
        entries: the rows of a file with their line numbers.

    Returns:
        The release, named after the date of the files: `2025.05` for 20250501.

    Raises:
        ReleaseFileError: a file is missing, twice there or without symbols, files are of different
            releases, or a row is of another section; names file and line.
    """
    files, release = _files(path, members(path, names, expected), names)
    missing = ", ".join(section for section in sections if section not in files)
    if missing:
        raise ReleaseFileError(
            f"{path}: the files of these sections are missing: {missing}; give {expected}"
        )
    rows = Assembly()
    for section in sections:
        file = files[section].name
        for number, entry in entries(files[section]):
            where = f"{file} line {number}"
            if not entry.symbol.startswith(section):
                raise ReleaseFileError(f"{where}: {entry.symbol!r} is not of section {section}")
            rows.add(entry, where)
        if not rows.symbols or rows.symbols[-1][0] != section:
            raise ReleaseFileError(f"{path}: {file} holds no symbol")
    return Taxonomy.assembled(release, rows)


def _files(
    path: Path, found: dict[str, Member], names: re.Pattern[str]
) -> tuple[dict[str, Member], str]:
    """The file of each section, and the release that all of them are of ("" without files)."""
    files: dict[str, Member] = {}
    releases: dict[str, str] = {}
    for name, member in found.items():
        match = names.fullmatch(name)
        if match is None:
            continue
        section = match[1].upper()
        if section in files:
            raise ReleaseFileError(
                f"{path}: two files for section {section}: {files[section].name} and {name}"
            )
        files[section] = member
        releases.setdefault(f"{match[2]}.{match[3]}", name)
    if len(releases) > 1:
        several = ", ".join(f"{name} is of {release}" for release, name in releases.items())
        raise ReleaseFileError(f"{path}: files of different releases: {several}")
    return files, next(iter(releases), "")
