"""The refusal of a corpus that shares a filing with the test set."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from training.corpus.records import TEXTS, read_records
from training.errors import CorpusError, OverlapError

__all__ = ["normal", "refuse_overlap"]


def refuse_overlap(
    paths: Sequence[Path], held_out: Sequence[Path], exclude: Sequence[str] = ()
) -> None:
    """Refuse a corpus that shares a filing with the test set.

    Two records are the same filing when their ids are, or their normalised title and abstract
    (case, accents, punctuation and spaces aside; claims where both are empty).

    Raises:
        OverlapError: names both files and the id or line.
        CorpusError: there is no test file to compare with.
    """
    if not held_out:
        raise CorpusError("no held-out file was found: data.held_out of the recipe names none")
    for path in paths:
        if path.resolve() in {p.resolve() for p in held_out}:
            raise OverlapError(f"{path} is a held-out test file: it may not be learnt")
    seen: dict[str, Path] = {}
    for path in held_out:
        for record in read_records(path, TEXTS):
            seen.update(dict.fromkeys(_fingerprints(record), path))
    for path in paths:
        for number, record in enumerate(read_records(path, TEXTS), 1):
            hits = [key for key in _fingerprints(record) if key in seen]
            if hits and record["id"] not in exclude:
                raise OverlapError(
                    f"{path} line {number} (id {record['id']!r}) is also in {seen[hits[0]]}: "
                    "a test filing may not be learnt; remove it, or list its id in data.exclude"
                )


def _fingerprints(record: dict[str, Any]) -> list[str]:
    title, abstract, claims = (normal(record[k]) for k in ("title", "abstract", "claims"))
    text = title + abstract if abstract else title or claims
    return [f"id:{record['id']}"] * bool(record["id"]) + [f"text:{text}"] * bool(text)


def normal(text: str) -> str:
    """Letters and digits alone, without case and accents."""
    bare = unicodedata.normalize("NFKD", text).casefold()
    return re.sub(r"[\W_]+", "", "".join(c for c in bare if not unicodedata.combining(c)))
