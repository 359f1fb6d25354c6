"""Labelled records in, examples out: labels closed under ancestors, and what is known to be false.

A record lists some true symbols. Where the list is complete, the symbols it does not name are
negatives; where it is not, they are unknown and are never counted as one. A complete IPC list
speaks only of the places that IPC has too: not of section Y and not of the 2000-series.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from cpc_classifier.filing import Filing
from cpc_classifier.hierarchy import Hierarchy
from taxonomy.symbol import Rank, Symbol
from training.corpus.places import Places
from training.corpus.records import TEXTS, filing_of, read_records
from training.corpus.trust import Known, Trust, known_of, trust_of

__all__ = ["Example", "negative_rows", "read_examples", "read_unlabelled"]


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
        trust: what the record's symbols are worth.
    """

    filing: Filing
    symbols: tuple[str, ...]
    rows: np.ndarray
    deepest: np.ndarray
    known: Known
    source: str
    trust: Trust = Trust.COMPLETE_CPC

    @property
    def tells(self) -> Known:
        """Which unlisted rows are false for certain: what calibrates may use.

        None, where some of its symbols stand above main group and others do not: most of those
        were raised there, as the release lacks them, and their new places would count as false.
        """
        deep = [Symbol.parse(s).rank >= Rank.MAIN_GROUP for s in self.symbols]
        return Known.POSITIVES if any(deep) and not all(deep) else self.known

    @property
    def is_title_only(self) -> bool:
        """Whether there is nothing else to read."""
        return not (self.filing.abstract or self.filing.claims or self.filing.description)


def read_examples(
    paths: Sequence[Path],
    hierarchy: Hierarchy,
    languages: Sequence[str],
    places: Places,
    exclude: Sequence[str] = (),
    removed: Counter[str] | None = None,
) -> list[Example]:
    """All usable records of some JSON-lines files.

    A record without a text, in another language, or without one symbol that has a place in the
    release is left out.

    Args:
        paths: JSON lines, ``.gz`` or plain, with the fields of ``../shared/data/patents``.
        hierarchy: the label rows (sections to main groups).
        languages: ISO 639-1 codes to keep.
        places: where symbols lie; counts those of the records that are kept or have no place.
        exclude: ids to leave out.
        removed: counts what is left out, by reason, where one is given.

    Raises:
        CorpusError: a line that is not a record; names file and line.
    """
    row_of = {symbol: row for row, symbol in enumerate(hierarchy.symbols)}
    left_out: Counter[str] = Counter() if removed is None else removed
    found = []
    for path in paths:
        for record in tqdm(read_records(path), desc=f"read {path.name}", disable=None):
            if record["id"] in exclude:
                left_out["named in data.exclude"] += 1
            elif record["lang"] not in languages:
                left_out["another language"] += 1
            elif not (filing := filing_of(record)).filled:
                left_out["no text"] += 1
            elif not (symbols := _symbols(record, places)):
                left_out["no symbol with a place in the release"] += 1
            else:
                found.append(_example(record, filing, symbols, hierarchy, row_of, places))
    return found


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


def negative_rows(hierarchy: Hierarchy) -> np.ndarray:
    """Rows that may be negatives, for each value of ``Known``.

    Returns:
        float32 (3, n_rows), 1 where an unlisted row of such a record is a negative.
    """
    shared = [not Symbol.parse(s).is_additional_only for s in hierarchy.symbols]
    n = len(hierarchy.symbols)
    return np.stack([np.zeros(n), np.asarray(shared), np.ones(n)]).astype(np.float32)


def _symbols(record: dict[str, Any], places: Places) -> tuple[str, ...]:
    """The places of a record's symbols, each once; beside a complete CPC list IPC tells nothing."""
    found = [places.cpc(symbol) for symbol in record["cpc"]]
    if known_of(record) != Known.ALL:
        found += [places.ipc(symbol) for symbol in record["ipc"]]
    return tuple(dict.fromkeys(s for s in found if s))


def _example(
    record: dict[str, Any],
    filing: Filing,
    symbols: tuple[str, ...],
    hierarchy: Hierarchy,
    row_of: dict[str, int],
    places: Places,
) -> Example:
    paths = (reversed(places.taxonomy.path(s)) for s in symbols)
    own = np.asarray(sorted({next(row_of[a] for a in path if a in row_of) for path in paths}), "i4")
    rows = hierarchy.closure(own)
    inner = np.isin(np.arange(len(hierarchy.symbols)), hierarchy.parent[rows])
    deepest = rows[~inner[rows]]
    return Example(
        filing, symbols, rows, deepest, known_of(record), record["source"], trust_of(record)
    )
