"""The corpus: records of many sources, each with its own trust, as examples of one release."""

from __future__ import annotations

from training.corpus.duplicates import near_duplicates, without_duplicates
from training.corpus.examples import Example, negative_rows, read_examples, read_unlabelled
from training.corpus.overlap import refuse_overlap
from training.corpus.places import Places, resolve
from training.corpus.records import filing_of, read_records
from training.corpus.splits import chosen, split
from training.corpus.trust import Known, Trust
from training.corpus.weights import filing_weights, text_weights

__all__ = [
    "Example",
    "Known",
    "Places",
    "Trust",
    "chosen",
    "filing_of",
    "filing_weights",
    "near_duplicates",
    "negative_rows",
    "read_examples",
    "read_records",
    "read_unlabelled",
    "refuse_overlap",
    "resolve",
    "split",
    "text_weights",
    "without_duplicates",
]
