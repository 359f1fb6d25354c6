"""How much an example counts, by the recipe's ``[corpus]``.

A record's weight is that of its trust; of one with a title alone, times that of such records. It is
drawn as much more often in stage 1, and its row of the loss weighs as much in stage 2. At 0 it is
left out of everything that is learnt, the memory too.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from training.corpus.examples import Example
from training.label_texts import LabelText
from training.recipe import Corpus

__all__ = ["filing_weights", "text_weights", "trust_weights"]

KINDS = {"title": "titles", "definition": "definitions", "label": "labels"}
"""Kind of a label text -> its key in ``[corpus]``."""


def trust_weights(examples: Sequence[Example], corpus: Corpus) -> np.ndarray:
    """float64 (n,): the weight of each example's trust alone, at least 0."""
    return np.array([getattr(corpus, e.trust.replace("-", "_")) for e in examples], np.float64)


def filing_weights(examples: Sequence[Example], corpus: Corpus) -> np.ndarray:
    """float64 (n,): the weight of each example, at least 0."""
    bare = np.array([e.is_title_only for e in examples], bool)
    return trust_weights(examples, corpus) * np.where(bare, corpus.title_only, 1.0)


def text_weights(texts: Sequence[LabelText], corpus: Corpus) -> np.ndarray:
    """float64 (n,): the weight of each label text, at least 0."""
    return np.array([getattr(corpus, KINDS[t.kind]) for t in texts], np.float64)
