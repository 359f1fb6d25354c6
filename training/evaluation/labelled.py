"""Filings with the symbols that an office gave them, as they are measured against."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cpc_classifier.filing import Filing
from taxonomy.errors import CpcError
from taxonomy.symbol import Symbol
from training.corpus import filing_of, read_records

__all__ = ["Labelled", "read_labelled"]


@dataclass(frozen=True, slots=True)
class Labelled:
    """A filing with the symbols it was given, as printed; ``complete``: there are no others."""

    filing: Filing
    symbols: tuple[str, ...]
    complete: bool


def read_labelled(path: Path) -> list[Labelled]:
    """Labelled filings of a JSON-lines file; those without a text or a symbol are left out.

    The IPC symbols count where a record has no CPC symbols; its labels are then not complete.

    Raises:
        CorpusError: a line that is not a record; names file and line.
    """
    found = []
    for record in read_records(path):
        filing = filing_of(record)
        symbols = tuple(s for s in (record["cpc"] or record["ipc"]) if _is_symbol(s))
        if symbols and not filing.is_empty:
            found.append(Labelled(filing, symbols, record["cpc_complete"]))
    return found


def _is_symbol(text: str) -> bool:
    try:
        Symbol.parse(text)
    except CpcError:
        return False
    return True
