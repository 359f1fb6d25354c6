"""What the memory's items vote for: label rows with all above them, and the very symbols.

Kept as sparse matrices over the items, so that a batch of neighbours is one product.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from cpc_classifier.hierarchy import Hierarchy
from cpc_classifier.memory import Memory
from cpc_classifier.subgroups import Subgroups

__all__ = ["Votes"]

Floats = NDArray[np.float32]
Items = NDArray[np.int64]


class Votes:
    """Rows of the items of a memory; follows a memory that grows."""

    def __init__(self, memory: Memory, hierarchy: Hierarchy, subgroups: Subgroups) -> None:
        self._memory, self._hierarchy, self._subgroups = memory, hierarchy, subgroups
        indptr, rows = memory.item_rows()
        self._symbols, self._closed = self._matrices(indptr, rows)

    def masses(self, weights: Floats, items: Items) -> Floats:
        """The weight of given items in each label's subtree.

        An item counts once a label, whether one or several of its rows lie below. A label sums
        the weights of its items in the order given, so it never gets less than one below it.

        Args:
            weights: float32 (B, k), at least 0.
            items: int64 (B, k).

        Returns:
            float32 (B, n), in [0, 1] where the weights of a filing sum to 1.
        """
        self._follow()
        masses: Floats = (self._picked(weights, items) @ self._closed).toarray()
        return np.minimum(masses, np.float32(1), out=masses)

    def symbols(self, weights: Floats, items: Items) -> sp.csr_array:
        """The weight of given items at the very symbols they have, nothing above them.

        Returns:
            float32 csr (B, n + s) over deep rows, their columns ascending.
        """
        self._follow()
        # gathered by hand: a product of sparse matrices clears a place for every column first
        indptr, deep = self._symbols.indptr, self._symbols.shape[1]
        first, counts = indptr[items].ravel(), (indptr[items + 1] - indptr[items]).ravel()
        ends = np.cumsum(counts)
        at = np.repeat(first - (ends - counts), counts) + np.arange(counts.sum())
        filing = np.repeat(np.arange(items.size) // items.shape[1], counts)
        keys = filing * deep + self._symbols.indices[at]
        found, place = np.unique(keys, return_inverse=True)
        summed = np.bincount(place, np.repeat(weights.ravel(), counts), len(found))
        starts = np.searchsorted(found, np.arange(len(items) + 1) * deep)
        data = summed.astype(np.float32)
        return sp.csr_array((data, found % deep, starts), shape=(len(items), deep))

    def _picked(self, weights: Floats, items: Items) -> sp.csr_array:
        # int32 as in the matrices: of another type, scipy would convert those whole at each product
        starts = np.arange(len(items) + 1, dtype=np.int32) * np.int32(items.shape[1])
        at = items.ravel().astype(np.int32)
        shape = (len(items), self._symbols.shape[0])
        return sp.csr_array((weights.ravel(), at, starts), shape=shape)

    def _follow(self) -> None:
        """Take in items that the memory has gained."""
        known = self._symbols.shape[0]
        if known == len(self._memory):
            return
        rows = [self._memory.rows(item) for item in range(known, len(self._memory))]
        indptr = np.cumsum([0, *(len(own) for own in rows)])
        new = self._matrices(indptr, np.concatenate(rows))
        self._symbols = sp.csr_array(sp.vstack((self._symbols, new[0]), format="csr"))
        self._closed = sp.csr_array(sp.vstack((self._closed, new[1]), format="csr"))

    def _matrices(
        self, indptr: NDArray[np.int32], rows: NDArray[np.int32]
    ) -> tuple[sp.csr_array, sp.csr_array]:
        deep = len(self._hierarchy) + len(self._subgroups)
        ones = np.ones(len(rows), np.float32)
        symbols = sp.csr_array((ones, rows, indptr), shape=(len(indptr) - 1, deep))
        return symbols, self._hierarchy.closed_csr(indptr, self._subgroups.label_rows(rows))
