"""How far off in the tree the first guess is.

The number of edges from the first guess to the nearest true symbol, with one node above the
sections: 0 where it is right, 2 for a sibling, 6 at subclass for another section. It is the
tree-induced error of Dekel, Keshet and Singer, "Large Margin Hierarchical Classification", ICML
2004. Told only of filings whose labels are complete: an unlisted symbol might be nearer.
"""

from __future__ import annotations

import numpy as np

from training.evaluation.bootstrap import Statistic, mean
from training.evaluation.judged import Judged
from training.evaluation.tree import Tree

__all__ = ["tree_distance"]


def tree_distance(judged: Judged, tree: Tree) -> dict[str, Statistic]:
    """``tree_distance``; where nothing is guessed, the way from the node above the sections."""
    found = np.full(len(judged), np.nan)
    for i in np.flatnonzero(judged.complete):
        column = judged.columns[i, 0]
        if column < 0:
            found[i] = min(len(tree.path(s)) for s in judged.wanted[i])
        else:
            guess = judged.symbols[column]
            found[i] = min(tree.distance(guess, s) for s in judged.wanted[i])
    return {"tree_distance": mean(found)}
