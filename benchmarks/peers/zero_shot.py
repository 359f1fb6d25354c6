"""No training: the label whose nearest title or definition is most like the filing (cosine)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from benchmarks.peers.examples import Examples

__all__ = ["fit"]

TOP = 20
BLOCK = 32
"""Filings compared together: their similarities to all texts are held at once."""


@dataclass(frozen=True, slots=True)
class Model:
    """The label texts, in the order of their labels."""

    texts: sp.csr_matrix
    starts: np.ndarray
    """int64 (labels,): the first text of each."""

    def scores(self, x: sp.csr_matrix) -> sp.csr_matrix:
        """float32 csr (n, labels): the best of each text."""
        parts = []
        turned = self.texts.T.tocsr()
        for i in range(0, x.shape[0], BLOCK):
            found = np.maximum.reduceat((x[i : i + BLOCK] @ turned).toarray(), self.starts, axis=1)
            best = np.argpartition(-found, min(TOP, found.shape[1] - 1), axis=1)[:, :TOP]
            data = np.take_along_axis(found, best, axis=1).astype(np.float32)
            begins = np.arange(len(best) + 1) * best.shape[1]
            parts.append(sp.csr_matrix((data.ravel(), best.ravel(), begins), found.shape))
        return sp.csr_matrix(sp.vstack(parts))


def fit(examples: Examples, settings: Mapping[str, Any], threads: int) -> Model:
    """Take the texts as they are; each has one label.

    Raises:
        ValueError: settings, of which there are none, or a text with several labels.
    """
    if settings:
        raise ValueError(f"zero-shot knows no setting {sorted(settings)[0]!r}")
    if (np.diff(examples.y.indptr) != 1).any():
        raise ValueError("zero-shot compares with label texts alone: set filings = false")
    owner = examples.y.indices
    order = np.argsort(owner, kind="stable")
    starts = np.searchsorted(owner[order], np.arange(len(examples.names)))
    return Model(examples.x[order], starts)
