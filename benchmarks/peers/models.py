"""The peers: each learns from a feature matrix and a label matrix, and scores other features.

A library is imported where it is used, so that one that is missing costs its own row alone.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

__all__ = ["PEERS", "Learn", "Score"]

Settings = Mapping[str, Any]
Score = Callable[[sp.csr_matrix], np.ndarray]
"""float32 features (n, words) -> float32 scores (n, labels)."""
Learn = Callable[[sp.csr_matrix, sp.csr_matrix, Settings], Score]

BEAM = 10


def omikuji(x: sp.csr_matrix, y: sp.csr_matrix, settings: Settings) -> Score:
    """Parabel (two branches) or Bonsai (many) of Omikuji, https://github.com/tomtung/omikuji.

    Prabhu et al., "Parabel", 2018; Khandagale et al., "Bonsai", 2020.
    """
    import omikuji as library

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "train.txt"
        _write_svm(path, x, y)
        hyper = library.Model.default_hyper_param()
        for key, value in settings.items():
            setattr(hyper, key, value)
        model = library.Model.train_on_data(str(path), hyper, n_threads=2)

    def score(rows: sp.csr_matrix) -> np.ndarray:
        found = np.zeros((rows.shape[0], y.shape[1]), np.float32)
        for i in range(rows.shape[0]):
            row = rows[i]
            pairs = list(zip(row.indices.tolist(), row.data.tolist(), strict=True))
            for label, value in model.predict(pairs, beam_size=BEAM, top_k=50):
                found[i, label] = value
        return found

    return score


def _write_svm(path: Path, x: sp.csr_matrix, y: sp.csr_matrix) -> None:
    """The format of the extreme classification repository; texts without a label are left out."""
    told = np.flatnonzero(np.diff(y.indptr))
    with path.open("w", encoding="ascii") as file:
        file.write(f"{len(told)} {x.shape[1]} {y.shape[1]}\n")
        for i in told.tolist():
            labels = ",".join(map(str, y.indices[y.indptr[i] : y.indptr[i + 1]]))
            span = slice(x.indptr[i], x.indptr[i + 1])
            words = " ".join(
                f"{at}:{value:.5f}" for at, value in zip(x.indices[span], x.data[span], strict=True)
            )
            file.write(f"{labels} {words}\n")


def svm(x: sp.csr_matrix, y: sp.csr_matrix, settings: Settings) -> Score:
    """A linear SVM for each label against all others, scikit-learn's liblinear."""
    from joblib import Parallel, delayed
    from sklearn.svm import LinearSVC

    told = np.flatnonzero(np.diff(y.indptr))
    rows, columns = x[told], y[told].tocsc()

    def one(label: int) -> tuple[np.ndarray, float]:
        positive = np.zeros(len(told), bool)
        positive[columns.indices[columns.indptr[label] : columns.indptr[label + 1]]] = True
        model = LinearSVC(**settings).fit(rows, positive)
        weights = model.coef_[0].astype(np.float32)
        weights[np.abs(weights) < 0.01] = 0  # small ones decide nothing and fill the memory
        return sp.csr_matrix(weights), float(model.intercept_[0])

    found = Parallel(n_jobs=2)(delayed(one)(label) for label in range(y.shape[1]))
    weights = sp.vstack([w for w, _ in found]).T.tocsr()
    offsets = np.array([b for _, b in found], np.float32)
    return lambda other: np.asarray((other @ weights).todense() + offsets, np.float32)


def zero_shot(x: sp.csr_matrix, y: sp.csr_matrix, settings: Settings) -> Score:
    """No training: the nearest title of a label, cosine of TF-IDF.

    Its examples are titles alone; the score of a label is that of its nearest one.
    """
    told = np.flatnonzero(np.diff(y.indptr))
    titles, labels = x[told], y[told].tocoo()
    owner = np.full(len(told), -1)
    owner[labels.row] = labels.col
    order = np.argsort(owner, kind="stable")
    starts = np.searchsorted(owner[order], np.arange(y.shape[1]))

    def score(rows: sp.csr_matrix) -> np.ndarray:
        parts = [
            np.maximum.reduceat((rows[i : i + 64] @ titles.T).toarray()[:, order], starts, axis=1)
            for i in range(0, rows.shape[0], 64)
        ]
        return np.concatenate(parts).astype(np.float32)

    return score


PEERS: dict[str, Learn] = {
    "Parabel": omikuji,
    "Bonsai": omikuji,
    "SVM": svm,
    "zero-shot": zero_shot,
}
