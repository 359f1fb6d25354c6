"""The corpus: records of many sources, each with its own trust, as examples of one release."""

from __future__ import annotations

from training.corpus.duplicates import near_duplicates, without_duplicates
from training.corpus.examples import (
    Example,
    Known,
    Trust,
    negative_rows,
    read_examples,
    read_unlabelled,
    resolve,
)
from training.corpus.overlap import refuse_overlap
from training.corpus.records import filing_of, read_records
from training.corpus.splits import chosen, split

__all__ = [
    "Example",
    "Known",
    "Trust",
    "chosen",
    "filing_of",
    "near_duplicates",
    "negative_rows",
    "read_examples",
    "read_records",
    "read_unlabelled",
    "refuse_overlap",
    "resolve",
    "split",
    "without_duplicates",
]
