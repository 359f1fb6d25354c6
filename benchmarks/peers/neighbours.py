"""The nearest neighbours' labels, on frozen sentence embeddings.

As Bekamiri, Hain and Jurowetzki, "PatentSBERTa", 2021 (arXiv 2103.11933), do with the claims of
patents; here filings and titles of symbols are neighbours alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from benchmarks.peers.examples import Examples

__all__ = ["fit"]


@dataclass(frozen=True, slots=True)
class Model:
    """All vectors, and how neighbours vote."""

    index: Any
    y: sp.csr_matrix
    neighbours: int
    temperature: float

    def scores(self, x: np.ndarray) -> sp.csr_matrix:
        """float32 csr (n, labels): the share of the vote of each label, in [0, 1].

        A neighbour's vote is exp(cosine / temperature); it goes to all labels that it has.
        """
        near, at = self.index.search(np.ascontiguousarray(x, np.float32), self.neighbours)
        votes = np.exp((near - near[:, :1]) / self.temperature)
        votes /= votes.sum(axis=1, keepdims=True)
        starts = np.arange(len(x) + 1) * at.shape[1]
        cast = sp.csr_matrix((votes.ravel(), at.ravel(), starts), (len(x), self.y.shape[0]))
        return sp.csr_matrix(cast @ self.y, dtype=np.float32)


def fit(examples: Examples, settings: Mapping[str, Any], threads: int) -> Model:
    """Put the vectors into an index that is searched whole.

    Args:
        settings: ``neighbours``; ``temperature`` of their votes.
    """
    import faiss

    faiss.omp_set_num_threads(threads)
    index = faiss.IndexFlatIP(examples.x.shape[1])
    for i in range(0, examples.x.shape[0], 1 << 15):
        index.add(np.ascontiguousarray(examples.x[i : i + (1 << 15)], np.float32))
    return Model(
        index, examples.y, min(settings["neighbours"], index.ntotal), settings["temperature"]
    )
