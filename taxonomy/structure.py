"""The structure of 2025.05 down to main groups, which ships with the package.

Facts only: `data/structure-2025.05.tsv.gz` holds one symbol a line in the order of the scheme,
and parents follow from the order. No official title is in it; titles are our own labels.
"""

from __future__ import annotations

import gzip
import re
from pathlib import Path

from taxonomy.assemble import SchemeEntry
from taxonomy.errors import ReleaseFileError
from taxonomy.labels import labels
from taxonomy.symbol import Rank
from taxonomy.tree import Taxonomy

__all__ = ["PACKAGED", "read_structure", "write_structure"]

PACKAGED = Path(__file__).parent / "data" / "structure-2025.05.tsv.gz"


def write_structure(taxonomy: Taxonomy, path: Path) -> None:
    """Writes the symbols of a release down to main groups; the same bytes for the same release.

    How the packaged file was made: `write_structure(read_title_list(zip), PACKAGED)`.

    Args:
        taxonomy: the release, with or without subgroups.
        path: a file named `structure-RELEASE.tsv.gz`.
    """
    symbols = taxonomy.up_to(Rank.MAIN_GROUP).symbols
    written = path.with_name(path.name + ".part")
    written.write_bytes(gzip.compress("".join(s + "\n" for s in symbols).encode(), 9, mtime=0))
    written.replace(path)


def read_structure(path: Path = PACKAGED) -> Taxonomy:
    """Reads such a file; titles are the own English labels, "" for main groups.

    Raises:
        ReleaseFileError: the file is no structure of a release.
    """
    named = re.fullmatch(r"structure-(\d{4}\.\d{2})\.tsv\.gz", path.name)
    if named is None:
        raise ReleaseFileError(f"{path} is not named structure-YYYY.MM.tsv.gz")
    try:
        symbols = gzip.decompress(path.read_bytes()).decode().split()
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise ReleaseFileError(f"{path} cannot be read: {error}") from error
    known = labels("en")
    return Taxonomy.from_entries(
        named[1], [SchemeEntry(s, 0 if "/" in s else -1, known.get(s, "")) for s in symbols]
    )
