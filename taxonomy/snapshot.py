"""A release in one file that loads in a fraction of a second.

Layout: 8 bytes of magic with the format's number, the sha256 of all that follows, the length of
the header (4 bytes, little-endian), the header in JSON (release, and the size of each part in
bytes), then the parts: symbols (UTF-8, one a line), parents (int32), ranks (int8), flags (uint8),
titles (UTF-8, one a line). Nothing in it is executed when it is read.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from pathlib import Path

import numpy as np

from taxonomy.errors import ReleaseFileError, SnapshotError
from taxonomy.titles import Titles
from taxonomy.tree import Taxonomy

__all__ = ["read_snapshot", "write_snapshot"]

_MAGIC = b"CPCSNAP\x02"
_PARTS = ("symbols", "parents", "ranks", "flags", "titles")
_HEAD = len(_MAGIC) + 32 + 4  # bytes before the JSON header


def write_snapshot(taxonomy: Taxonomy, path: Path) -> None:
    """Writes a release; what was at `path` stays whole until the new file is.

    Raises:
        SnapshotError: the file cannot be written.
    """
    parts = (
        "\n".join(taxonomy.symbols).encode(),
        taxonomy.parent_rows.astype("<i4").tobytes(),
        taxonomy.ranks.tobytes(),
        taxonomy.flags.tobytes(),
        taxonomy.titles.block,
    )
    sizes = dict(zip(_PARTS, map(len, parts), strict=True))
    header = json.dumps({"release": taxonomy.release, "bytes": sizes}).encode()
    body = b"".join((len(header).to_bytes(4, "little"), header, *parts))
    written = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    try:
        written.write_bytes(_MAGIC + hashlib.sha256(body).digest() + body)
        written.replace(path)
    except OSError as error:
        raise SnapshotError(f"{path} cannot be written: {error.strerror or error}") from error
    finally:
        written.unlink(missing_ok=True)


def read_snapshot(path: Path, index: Path | None = None) -> Taxonomy:
    """Reads a release that `write_snapshot` wrote.

    Args:
        path: the file.
        index: a file that `search_index.build_index` made of the release; it is opened by the
            first search. Without one the first search makes it in memory.

    Raises:
        SnapshotError: the file is missing, damaged, or no snapshot of this format.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SnapshotError(f"{path} cannot be read: {error.strerror or error}") from error
    if data[: len(_MAGIC)] != _MAGIC:
        known = data[:7] == _MAGIC[:7]
        what = "a snapshot of another format" if known else "no snapshot of a CPC release"
        raise SnapshotError(f"{path} is {what}; {_REMEDY}")
    if hashlib.sha256(memoryview(data)[_HEAD - 4 :]).digest() != data[len(_MAGIC) : _HEAD - 4]:
        raise SnapshotError(f"{path} is damaged (its checksum differs); {_REMEDY}")
    try:
        return _decode(data, index)
    except (ValueError, KeyError, TypeError, AttributeError, ReleaseFileError) as error:
        raise SnapshotError(f"{path} is no valid snapshot ({error}); {_REMEDY}") from error


_REMEDY = "import the release again: cpc taxonomy import CPCTitleListYYYYMM.zip"


def _decode(data: bytes, index: Path | None) -> Taxonomy:
    """The release in the bytes of a file whose checksum is right."""
    start = _HEAD + int.from_bytes(data[_HEAD - 4 : _HEAD], "little")
    header = json.loads(data[_HEAD:start])
    parts = {}
    for name in _PARTS:
        end = start + int(header["bytes"][name])
        parts[name] = data[start:end]
        start = end
    if start != len(data):
        raise ValueError(f"{len(data)} bytes where the header says {start}")
    return Taxonomy(
        str(header["release"]),
        parts["symbols"].decode().split("\n"),
        np.frombuffer(parts["parents"], "<i4"),
        np.frombuffer(parts["ranks"], np.int8),
        Titles(parts["titles"]),
        np.frombuffer(parts["flags"], np.uint8),
        index,
    )
