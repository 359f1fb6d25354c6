"""What the memory of a bundle holds: titles of all symbols, definitions, classified filings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from cpc_classifier.labels import LabelIndex
from cpc_classifier.memory import Memory
from cpc_classifier.subgroups import Subgroups
from training.corpus import Example
from training.label_texts import LabelText

__all__ = ["build_memory", "deep_rows", "symbol_rows"]


def deep_rows(labels: LabelIndex, subgroups: Subgroups) -> dict[str, int]:
    """Symbol -> deep row."""
    return {symbol: row for row, symbol in enumerate(labels.symbols + subgroups.symbols)}


def symbol_rows(examples: Sequence[Example], row_of: Mapping[str, int]) -> list[np.ndarray]:
    """The deep rows of each filing's very symbols: int32, ascending."""
    return [
        np.unique(np.array([row_of[s] for s in e.symbols if s in row_of], np.int32))
        for e in examples
    ]


def build_memory(
    texts: Sequence[LabelText],
    text_vectors: np.ndarray,
    filings: Sequence[Example],
    filing_vectors: np.ndarray,
    row_of: Mapping[str, int],
) -> Memory:
    """Titles in the order of the deep rows, then definitions, then filings.

    Args:
        texts: label texts, a title for each symbol of ``row_of`` among them.
        text_vectors: float32 (len(texts), d), of length 1.
        filings: labelled; one without a symbol in ``row_of`` is left out.
        filing_vectors: float32 (len(filings), d), likewise.
        row_of: symbol -> deep row.
    """
    at = np.full(len(row_of), -1)
    defined: list[int] = []
    for i, text in enumerate(texts):
        row = row_of.get(text.symbol, -1)
        if row >= 0 and text.kind == "title":
            at[row] = i
        elif row >= 0:
            defined.append(i)
    lost = np.flatnonzero(at < 0)
    if len(lost):
        symbol = next(s for s, row in row_of.items() if row == lost[0])
        raise ValueError(f"{len(lost)} symbols have no title text, {symbol} among them")
    rows = symbol_rows(filings, row_of)
    filed = np.array([i for i, own in enumerate(rows) if len(own)], np.int64)
    return Memory.pack(
        np.concatenate((text_vectors[at], text_vectors[defined], filing_vectors[filed])),
        [[row_of[texts[i].symbol]] for i in defined] + [rows[i] for i in filed],
        [f"d\t{texts[i].symbol}" for i in defined] + [f"f\t{filings[i].filing.id}" for i in filed],
        titles=len(at),
    )
