"""A record of an invented patent, and files of such."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

RECORD: dict[str, object] = {
    "id": "X1", "title": "Folding spade", "abstract": "A spade that folds.", "claims": "",
    "description": "", "lang": "en", "date": "2020-01-01", "cpc": ["A01B1/022"],
    "cpc_complete": True, "ipc": [], "ipc_complete": False, "source": "invented",
}  # fmt: skip


def write_records(path: Path, *changes: dict[str, object]) -> Path:
    """Writes a record for each of some changes, as JSON lines, and gives the path."""
    lines = "".join(json.dumps(RECORD | change) + "\n" for change in changes)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(lines.encode()))
    else:
        path.write_text(lines, encoding="utf-8")
    return path
