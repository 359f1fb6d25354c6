"""XR-Linear of PECOS 1.2 with the CPC itself as its label tree.

https://github.com/amzn/pecos. Yu et al., "PECOS: Prediction for Enormous and Correlated Output
Spaces", JMLR 23, 2022. Its clusters are sections, classes, subclasses and main groups.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from benchmarks.peers.examples import Examples
from taxonomy.symbol import Rank
from taxonomy.tree import Taxonomy

__all__ = ["fit", "label_tree"]

TOP = 20


@dataclass(frozen=True, slots=True)
class Model:
    """A linear ranker for every node of the tree."""

    ranker: Any
    beam: int
    threads: int

    def scores(self, x: sp.csr_matrix) -> sp.csr_matrix:
        """float32 csr (n, labels): the best of each text, products over their paths."""
        return self.ranker.predict(
            x, beam_size=self.beam, only_topk=min(TOP, self.beam), threads=self.threads
        )


def fit(examples: Examples, settings: Mapping[str, Any], threads: int) -> Model:
    """Train.

    Args:
        settings: ``beam``, ``Cp``, ``Cn`` (weights of positives and negatives), ``threshold`` (of
            the weights that are kept).
    """
    _mend()
    from pecos.utils.cluster_util import ClusterChain
    from pecos.xmc.xlinear.model import XLinearModel

    options = dict(settings)
    beam = options.pop("beam", 20)
    chain = ClusterChain(label_tree(examples.names, examples.taxonomy))
    x, y = examples.x.copy(), sp.csc_matrix(examples.y)
    x.sort_indices()
    trained = XLinearModel.train(x, y, C=chain, threads=threads, **{"threshold": 0.1} | options)
    return Model(trained, beam, threads)


def label_tree(names: Sequence[str], taxonomy: Taxonomy) -> list[sp.csc_matrix]:
    """The tree above labels of one rank, as PECOS wants it.

    Returns:
        From the root down, for each rank a 0/1 matrix float32 csc (symbols of it, symbols of the
        rank above); the first has one column, the last has the labels as rows.
    """
    own = taxonomy.rank(names[0])
    below, chain = list(names), []
    for rank in range(own - 1, -1, -1):
        above = [taxonomy.roll_up(s, Rank(rank)) for s in below]
        symbols = sorted(set(above), key=taxonomy.row)
        column = {s: i for i, s in enumerate(symbols)}
        chain.append(_matrix([column[s] for s in above], len(symbols)))
        below = symbols
    return [_matrix([0] * len(below), 1), *reversed(chain)]


def _matrix(columns: Sequence[int], width: int) -> sp.csc_matrix:
    ones = np.ones(len(columns), np.float32)
    return sp.csc_matrix((ones, (np.arange(len(columns)), columns)), (len(columns), width))


def _mend() -> None:
    """Let PECOS 1.2.8 make its matrices with numpy 2 and scipy 1.17.

    Its own function asks scipy for a name that is gone, and numpy for no copy where one is needed.
    """
    from pecos.utils import smat_util

    def cs_matrix(arg1, mat_type, shape=None, dtype=None, copy=False, check_contents=False):
        data, indices, starts = arg1
        parts = (np.asarray(data, dtype), np.asarray(indices, np.int32), np.asarray(starts))
        return mat_type(parts, shape=shape, copy=copy)

    smat_util.cs_matrix = cs_matrix
