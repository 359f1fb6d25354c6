"""Records of labelled patents, as JSON lines: their fields, checked, and the filing in each."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from cpc_classifier.filing import Filing
from taxonomy.errors import CpcError
from taxonomy.symbol import Symbol
from training.errors import CorpusError

__all__ = ["TEXTS", "cpc_symbols", "filing_of", "read_records"]

TEXTS: dict[str, type] = {
    "id": str,
    "title": str,
    "abstract": str,
    "claims": str,
    "description": str,
    "lang": str,
    "date": str,
}
FIELDS = TEXTS | {
    "cpc": list,
    "cpc_complete": bool,
    "ipc": list,
    "ipc_complete": bool,
    "source": str,
}


def read_records(path: Path, fields: Mapping[str, type] = FIELDS) -> Iterator[dict[str, Any]]:
    """The records of a JSON-lines file, ``.gz`` or plain, with checked field types.

    Args:
        fields: those that each must have, and their types.

    Raises:
        CorpusError: unreadable, or a line that is not a record; names file and line.
    """
    opener = gzip.open if path.suffix == ".gz" else open
    try:
        with opener(path, "rt", encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                yield _record(path, number, line, fields)
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise CorpusError(f"{path}: cannot be read: {error}") from error


def _record(path: Path, number: int, line: str, fields: Mapping[str, type]) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except ValueError as error:
        raise CorpusError(f"{path} line {number}: not JSON: {error}") from error
    for key, kind in fields.items():
        if not isinstance(record, dict) or not isinstance(record.get(key), kind):
            raise CorpusError(f"{path} line {number}: {key!r} must be given, as {kind.__name__}")
    return dict(record)


def filing_of(record: dict[str, Any]) -> Filing:
    """The filing of a record, without its symbols."""
    return Filing(
        id=record["id"],
        title=record["title"],
        abstract=record["abstract"],
        claims=record["claims"],
        description=record["description"],
        language=record["lang"],
        publication_date=record["date"],
    )


def cpc_symbols(paths: Sequence[Path]) -> set[str]:
    """The CPC symbols of all records, as the official files print them; what is none is not in it.

    Raises:
        CorpusError: a line that is not a record; names file and line.
    """
    written = {s for path in paths for r in read_records(path, {"cpc": list}) for s in r["cpc"]}
    found = set()
    for symbol in written:
        try:
            found.add(str(Symbol.parse(symbol)))
        except CpcError:
            continue  # `places` counts it
    return found
