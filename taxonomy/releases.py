"""The releases on this machine: those that were imported, and the packaged structure.

An imported release has files of its name in `releases/` of the data folder: the snapshot of its
tree, its details, and the index of its words. A second import takes the place of the first.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from taxonomy.details import Details, write_details
from taxonomy.errors import SnapshotError, UnknownReleaseError
from taxonomy.release import Release, merge
from taxonomy.search_index import build_index, definition_text
from taxonomy.snapshot import read_snapshot, write_snapshot
from taxonomy.structure import read_structure
from taxonomy.tree import Taxonomy

__all__ = [
    "details", "home", "import_release", "imported", "load", "packaged", "statements", "targets",
]  # fmt: skip

_SNAPSHOT = re.compile(r"([0-9]{4}\.[0-9]{2})\.snapshot")


def home() -> Path:
    """The data folder: `$CPC_HOME`, else `~/.local/share/cpc-classifier`. It may not exist yet."""
    return Path(os.environ.get("CPC_HOME") or "~/.local/share/cpc-classifier").expanduser()


def import_release(paths: Sequence[Path]) -> Release:
    """Reads the official files of one release and keeps it.

    Args:
        paths: zips as they are published, or folders with their files; see
            `readers.release_files`.

    Returns:
        The release.

    Raises:
        ReleaseFileError: the files cannot be used; nothing is kept of them.
        SnapshotError: the data folder cannot be written.
    """
    from taxonomy.readers.release_files import read_parts  # brings the XML reader along

    release = merge(read_parts(paths))
    folder = home() / "releases"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SnapshotError(
            f"{folder} cannot be made ({error.strerror or error}); let CPC_HOME name a folder "
            "that you may write to"
        ) from error
    name = release.taxonomy.release
    write_details(release, folder / f"{name}.details")
    told = {symbol: definition_text(said) for symbol, said in release.definitions.items()}
    build_index(release.taxonomy, told, folder / f"{name}.index")
    write_snapshot(release.taxonomy, folder / f"{name}.snapshot")
    return release


def imported() -> list[str]:
    """The imported releases, oldest first."""
    folder = home() / "releases"
    names = [entry.name for entry in folder.iterdir()] if folder.is_dir() else []
    return sorted(match[1] for name in names if (match := _SNAPSHOT.fullmatch(name)))


def load(release: str = "") -> Taxonomy:
    """A release.

    Args:
        release: an imported one, such as `2025.05`; "" takes the newest that was imported, or
            the packaged structure if none was.

    Raises:
        UnknownReleaseError: the named release was not imported.
        SnapshotError: its snapshot is damaged.
    """
    known = imported()
    if not release and not known:
        return packaged()
    if release and release not in known:
        there = ", ".join(known) if known else "none"
        raise UnknownReleaseError(
            f"release {release[:40]!r} was not imported (imported: {there}); import it with: "
            "cpc taxonomy import CPCTitleListYYYYMM.zip"
        )
    name, folder = release or known[-1], home() / "releases"
    return read_snapshot(folder / f"{name}.snapshot", folder / f"{name}.index")


def details(release: str) -> Details | None:
    """What is kept of an imported release beside its tree; None where it has no such file."""
    path = home() / "releases" / f"{release}.details"
    return Details(path) if path.is_file() else None


def statements(release: str) -> dict[str, str]:
    """What the definitions of an imported release say; empty where none were imported."""
    kept = details(release)
    return kept.statements() if kept else {}


def targets(symbol: str) -> tuple[str, ...]:
    """Where the warnings of all imported releases say that documents of a symbol go."""
    kept = [found for name in imported() if (found := details(name))]
    return tuple(dict.fromkeys(target for each in kept for target in each.targets(symbol)))


@cache
def packaged() -> Taxonomy:
    """Release 2025.05 down to main groups, which ships with the package.

    Titles are our own English labels; main groups have none ("").
    """
    return read_structure()
