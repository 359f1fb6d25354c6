"""A linear SVM for each label against all others: scikit-learn's LinearSVC (liblinear)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from benchmarks.peers.examples import Examples

__all__ = ["fit"]

TOP = 20
SMALLEST = 0.01
"""Weights below it decide nothing and would fill the memory."""


@dataclass(frozen=True, slots=True)
class Model:
    """One hyperplane a label."""

    weights: sp.csr_matrix
    """float32 (words, labels)."""
    offsets: np.ndarray
    """float32 (labels,)."""

    def scores(self, x: sp.csr_matrix) -> sp.csr_matrix:
        """float32 csr (n, labels): the best of each text, distances made positive."""
        found = np.asarray((x @ self.weights).todense()) + self.offsets
        best = np.argpartition(-found, min(TOP, found.shape[1] - 1), axis=1)[:, :TOP]
        data = 1 / (1 + np.exp(-np.take_along_axis(found, best, axis=1)))
        starts = np.arange(len(best) + 1) * best.shape[1]
        return sp.csr_matrix((data.astype(np.float32).ravel(), best.ravel(), starts), found.shape)


def fit(examples: Examples, settings: Mapping[str, Any], threads: int) -> Model:
    """Train.

    Args:
        settings: options of LinearSVC by their names.
    """
    from joblib import Parallel, delayed
    from sklearn.svm import LinearSVC

    columns = examples.y.tocsc()

    def one(label: int) -> tuple[sp.csr_matrix, float]:
        positive = np.zeros(columns.shape[0], np.bool_)
        positive[columns.indices[columns.indptr[label] : columns.indptr[label + 1]]] = True
        model = LinearSVC(**settings).fit(examples.x, positive)
        weights = model.coef_[0].astype(np.float32)
        weights[np.abs(weights) < SMALLEST] = 0
        return sp.csr_matrix(weights[None, :]), float(model.intercept_[0])

    found = Parallel(n_jobs=threads, prefer="threads")(
        delayed(one)(label) for label in range(columns.shape[1])
    )
    weights = sp.vstack([w for w, _ in found]).T.tocsr()
    return Model(weights, np.array([b for _, b in found], np.float32))
