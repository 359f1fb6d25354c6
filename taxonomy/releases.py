"""The releases on this machine: those that were imported, and the packaged structure.

Imported releases are snapshots in `releases/` of the data folder; a release has one, and a second
import takes the place of the first.
"""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path

from taxonomy.errors import SnapshotError, UnknownReleaseError
from taxonomy.readers.title_list import read_title_list
from taxonomy.snapshot import read_snapshot, write_snapshot
from taxonomy.structure import read_structure
from taxonomy.tree import Taxonomy

__all__ = ["home", "import_release", "imported", "load", "packaged"]

_SNAPSHOT = re.compile(r"([0-9]{4}\.[0-9]{2})\.snapshot")


def home() -> Path:
    """The data folder: `$CPC_HOME`, else `~/.local/share/cpc-classifier`. It may not exist yet."""
    return Path(os.environ.get("CPC_HOME") or "~/.local/share/cpc-classifier").expanduser()


def import_release(path: Path) -> Taxonomy:
    """Reads an official title list and keeps its release.

    Args:
        path: the zip, or a folder with its files.

    Returns:
        The release.

    Raises:
        ReleaseFileError: the title list cannot be used; nothing is kept of it.
        SnapshotError: the data folder cannot be written.
    """
    taxonomy = read_title_list(path)
    folder = home() / "releases"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SnapshotError(
            f"{folder} cannot be made ({error.strerror or error}); let CPC_HOME name a folder "
            "that you may write to"
        ) from error
    write_snapshot(taxonomy, folder / f"{taxonomy.release}.snapshot")
    return taxonomy


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
    return read_snapshot(home() / "releases" / f"{release or known[-1]}.snapshot")


@cache
def packaged() -> Taxonomy:
    """Release 2025.05 down to main groups, which ships with the package.

    Titles are our own English labels; main groups have none ("").
    """
    return read_structure()
