"""Labelled records in, examples out: labels closed under ancestors, and what is known to be false.

A record lists some true symbols. Where the list is complete, the symbols it does not name are
negatives; where it is not, they are unknown and are never counted as one. A complete IPC list
speaks only of the places that IPC has too: not of section Y and not of the 2000-series.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from pathlib import Path
from typing import Any

import numpy as np

from cpc_classifier.filing import Filing
from cpc_classifier.hierarchy import Hierarchy
from taxonomy.errors import CpcError
from taxonomy.ipc import shared_place
from taxonomy.symbol import Rank, Symbol
from taxonomy.tree import Taxonomy
from training.corpus.records import TEXTS, filing_of, read_records

__all__ = [
    "Example",
    "Known",
    "Trust",
    "negative_rows",
    "read_examples",
    "read_unlabelled",
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


class Trust(StrEnum):
    """What a record's symbols are worth; a recipe may leave out any of them."""

    COMPLETE_CPC = "complete-cpc"
    """All its CPC symbols are listed: the others are known to be false."""
    PARTIAL_CPC = "partial-cpc"
    """Some are."""
    COMPLETE_IPC = "complete-ipc"
    """All its IPC symbols are, and no CPC symbol."""
    PARTIAL_IPC = "partial-ipc"
    """Some are."""


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
    def is_title_only(self) -> bool:
        """Whether there is nothing else to read."""
        return not (self.filing.abstract or self.filing.claims or self.filing.description)


def read_examples(
    paths: Sequence[Path],
    taxonomy: Taxonomy,
    hierarchy: Hierarchy,
    languages: Sequence[str],
    exclude: Sequence[str] = (),
    concordance: Mapping[str, str] | None = None,
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
        concordance: CPC symbol -> IPC symbol, which tells where an IPC symbol lies in CPC; None:
            what the two schemes share by their symbols.

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
        and (example := _example(record, taxonomy, hierarchy, row_of, concordance)) is not None
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


def place_of(symbol: str, taxonomy: Taxonomy, concordance: Mapping[str, str] | None) -> str:
    """Where an IPC symbol lies in CPC, '' if nowhere; rules and sources in `taxonomy.ipc`."""
    try:
        return shared_place(symbol, taxonomy, concordance).symbol
    except CpcError:
        return ""


def _trust(record: dict[str, Any]) -> Trust:
    if record["cpc"]:
        return Trust.COMPLETE_CPC if record["cpc_complete"] else Trust.PARTIAL_CPC
    return Trust.COMPLETE_IPC if record["ipc_complete"] else Trust.PARTIAL_IPC


def _example(
    record: dict[str, Any],
    taxonomy: Taxonomy,
    hierarchy: Hierarchy,
    row_of: dict[str, int],
    concordance: Mapping[str, str] | None,
) -> Example | None:
    known = (
        Known.ALL
        if record["cpc_complete"]
        else Known.IPC
        if record["ipc_complete"] and not record["cpc"]
        else Known.POSITIVES
    )
    found = [resolve(symbol, taxonomy) for symbol in record["cpc"]]
    if known != Known.ALL:
        found += [place_of(symbol, taxonomy, concordance) for symbol in record["ipc"]]
    symbols = tuple(dict.fromkeys(s for s in found if s))
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
    deepest = rows[~inner[rows]]
    return Example(filing, symbols, rows, deepest, known, record["source"], _trust(record))
