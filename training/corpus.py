"""Labelled records in, examples out: labels closed under ancestors, and what is known to be false.

A record lists some true symbols. Where the list is complete, the symbols it does not name are
negatives; where it is not, they are unknown and are never counted as one. A complete IPC list
speaks only of the places that IPC has too: not of section Y and not of the 2000-series.
"""

from __future__ import annotations

import gzip
import json
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

import numpy as np

from cpc_classifier.filing import Filing
from cpc_classifier.hierarchy import Hierarchy
from taxonomy.errors import CpcError
from taxonomy.symbol import Rank, Symbol
from taxonomy.tree import Taxonomy
from training.errors import CorpusError, OverlapError

__all__ = [
    "Example",
    "Known",
    "filing_of",
    "negative_rows",
    "read_examples",
    "read_records",
    "read_unlabelled",
    "refuse_overlap",
    "resolve",
]


class Known(IntEnum):
    """Which unlisted rows are negatives."""

    POSITIVES = 0
    """None: the list is not complete."""
    IPC = 1
    """Those that IPC has too."""
    ALL = 2
    """Every one: the CPC list is complete."""


@dataclass(frozen=True, slots=True)
class Example:
    """One labelled filing.

    Attributes:
        filing: its text.
        symbols: the deepest true symbols that the release knows, any rank.
        rows: int32 label rows, closed under ancestors.
        deepest: int32 label rows without a listed descendant.
        known: which unlisted rows count as negatives.
        source: where the record comes from.
    """

    filing: Filing
    symbols: tuple[str, ...]
    rows: np.ndarray
    deepest: np.ndarray
    known: Known
    source: str


def read_examples(
    paths: Sequence[Path],
    taxonomy: Taxonomy,
    hierarchy: Hierarchy,
    languages: Sequence[str],
    exclude: Sequence[str] = (),
) -> list[Example]:
    """All usable records of some JSON-lines files.

    A record without a text, in another language, or without one symbol that the release knows
    (itself or an ancestor) is left out.

    Args:
        paths: JSON lines, ``.gz`` or plain, with the fields of ``../shared/data/patents``.
        taxonomy: the release, down to subgroups.
        hierarchy: the label rows (sections to main groups).
        languages: ISO 639-1 codes to keep.
        exclude: ids to leave out.

    Raises:
        CorpusError: a line that is not a record; names file and line.
    """
    row_of = {symbol: row for row, symbol in enumerate(hierarchy.symbols)}
    return [
        example
        for path in paths
        for record in read_records(path)
        if record["lang"] in languages
        and record["id"] not in exclude
        and (example := _example(record, taxonomy, hierarchy, row_of)) is not None
    ]


def read_unlabelled(
    paths: Sequence[Path], languages: Sequence[str], exclude: Sequence[str] = ()
) -> list[Filing]:
    """Filings without symbols that have two or more texts, from files of which only the texts and
    the id are looked at.

    Raises:
        CorpusError: a line that is not a record; names file and line.
    """
    return [
        filing
        for path in paths
        for record in read_records(path, TEXTS)
        if record["lang"] in languages and record["id"] not in exclude
        if len((filing := filing_of(record)).filled) > 1
    ]


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


def negative_rows(hierarchy: Hierarchy) -> np.ndarray:
    """Rows that may be negatives, for each value of ``Known``.

    Returns:
        float32 (3, n_rows), 1 where an unlisted row of such a record is a negative.
    """
    shared = [not Symbol.parse(s).is_additional_only for s in hierarchy.symbols]
    n = len(hierarchy.symbols)
    return np.stack([np.zeros(n), np.asarray(shared), np.ones(n)]).astype(np.float32)


def resolve(symbol: str, taxonomy: Taxonomy) -> str:
    """The symbol if the release knows it, else its deepest known ancestor by spelling, else ''."""
    try:
        parsed = Symbol.parse(symbol)
    except CpcError:
        return ""
    if str(parsed) in taxonomy:
        return str(parsed)
    for rank in (Rank.MAIN_GROUP, Rank.SUBCLASS, Rank.CLASS, Rank.SECTION):
        if rank < parsed.rank or (rank == Rank.MAIN_GROUP and parsed.rank == Rank.SUBGROUP):
            above = str(parsed.at(rank))
            if above in taxonomy:
                return above
    return ""


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


def _example(
    record: dict[str, Any], taxonomy: Taxonomy, hierarchy: Hierarchy, row_of: dict[str, int]
) -> Example | None:
    known = (
        Known.ALL
        if record["cpc_complete"]
        else Known.IPC
        if record["ipc_complete"] and not record["cpc"]
        else Known.POSITIVES
    )
    listed = record["cpc"] if known == Known.ALL else record["cpc"] + record["ipc"]
    symbols = tuple(dict.fromkeys(s for s in (resolve(x, taxonomy) for x in listed) if s))
    filing = filing_of(record)
    if not symbols or filing.is_empty:
        return None
    own = np.asarray(
        sorted(
            {next(row_of[a] for a in reversed(taxonomy.path(s)) if a in row_of) for s in symbols}
        ),
        np.int32,
    )
    rows = hierarchy.closure(own)
    inner = np.isin(np.arange(len(hierarchy.symbols)), hierarchy.parent[rows])
    return Example(filing, symbols, rows, rows[~inner[rows]], known, record["source"])


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


def _fingerprints(record: dict[str, Any]) -> list[str]:
    title, abstract, claims = (_normal(record[k]) for k in ("title", "abstract", "claims"))
    text = title + abstract if abstract else title or claims
    return [f"id:{record['id']}"] * bool(record["id"]) + [f"text:{text}"] * bool(text)


def _normal(text: str) -> str:
    bare = unicodedata.normalize("NFKD", text).casefold()
    return re.sub(r"[\W_]+", "", "".join(c for c in bare if not unicodedata.combining(c)))
