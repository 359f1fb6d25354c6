"""TF-IDF over words: the features of most peers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp

__all__ = ["Words", "with_syllable_pairs"]

HANGUL = re.compile(r"[가-힣]{3,}")


def with_syllable_pairs(text: str) -> str:
    """Korean words, and after each one its pairs of syllables.

    Particles are written together with their noun, so that a whole word is seldom seen twice; pairs
    of syllables are a usual index of Korean text (Lee and Ahn, "Using n-grams for Korean text
    retrieval", SIGIR 1996).

    >>> with_syllable_pairs("배터리의 anode")
    '배터리의 배터 터리 리의 anode'
    """
    return HANGUL.sub(
        lambda m: " ".join([m[0], *(m[0][i : i + 2] for i in range(len(m[0]) - 1))]), text
    )


class Words:
    """A vocabulary with weights, learnt from the examples of one peer."""

    def __init__(self, pairs: bool = False) -> None:
        """``pairs``: whether two words in a row count as a feature beside single ones."""
        from sklearn.feature_extraction.text import TfidfVectorizer

        self._vectorizer: Any = TfidfVectorizer(
            sublinear_tf=True,
            min_df=2,
            max_features=600_000,
            ngram_range=(1, 2 if pairs else 1),
            dtype=np.float32,
        )

    def learn(self, texts: Sequence[str]) -> sp.csr_matrix:
        """Features of the examples: float32 csr (n, words), rows of unit length."""
        return sp.csr_matrix(self._vectorizer.fit_transform(map(with_syllable_pairs, texts)))

    def read(self, texts: Sequence[str]) -> sp.csr_matrix:
        """Features of other texts: likewise."""
        return sp.csr_matrix(self._vectorizer.transform(map(with_syllable_pairs, texts)))
