"""Parabel (balanced trees of two branches) and Bonsai (shallow, of many) of Omikuji 0.5.

https://github.com/tomtung/omikuji. Prabhu et al., "Parabel", WWW 2018; Khandagale et al.,
"Bonsai", Machine Learning 109, 2020.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from benchmarks.peers.examples import Examples

__all__ = ["fit", "write_examples"]

TOP = 20


@dataclass(frozen=True, slots=True)
class Model:
    """A forest of label trees."""

    forest: Any
    labels: int
    beam: int

    def scores(self, x: sp.csr_matrix) -> sp.csr_matrix:
        """float32 csr (n, labels): the best of each text."""
        found = []
        for i in range(x.shape[0]):
            span = slice(x.indptr[i], x.indptr[i + 1])
            pairs = list(zip(x.indices[span].tolist(), x.data[span].tolist(), strict=True))
            found.append(self.forest.predict(pairs, beam_size=self.beam, top_k=TOP))
        data = np.array([score for own in found for _, score in own], np.float32)
        columns = np.array([label for own in found for label, _ in own], np.int32)
        starts = np.cumsum([0, *map(len, found)])
        return sp.csr_matrix((data, columns, starts), shape=(x.shape[0], self.labels))


def fit(examples: Examples, settings: Mapping[str, Any], threads: int) -> Model:
    """Train.

    Args:
        settings: ``beam``, and any hyperparameter of Omikuji by its name.
    """
    import omikuji

    options = dict(settings)
    beam = options.pop("beam", 10)
    hyper = omikuji.Model.default_hyper_param()
    for key, value in options.items():
        setattr(hyper, key, value)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "train.txt"
        write_examples(path, examples.x, examples.y)
        forest = omikuji.Model.train_on_data(str(path), hyper, n_threads=threads)
    return Model(forest, len(examples.names), beam)


def write_examples(path: Path, x: sp.csr_matrix, y: sp.csr_matrix) -> None:
    """Write the Extreme Classification Repository's format, without texts that have no words."""
    told = np.flatnonzero((np.diff(x.indptr) > 0) & (np.diff(y.indptr) > 0)).tolist()
    with path.open("w", encoding="ascii") as file:
        file.write(f"{len(told)} {x.shape[1]} {y.shape[1]}\n")
        for i in told:
            labels = ",".join(map(str, y.indices[y.indptr[i] : y.indptr[i + 1]].tolist()))
            span = slice(x.indptr[i], x.indptr[i + 1])
            pairs = zip(x.indices[span].tolist(), x.data[span].tolist(), strict=True)
            file.write(f"{labels} {' '.join(f'{at}:{value:.5f}' for at, value in pairs)}\n")
