"""How often a model met each symbol: what makes one frequent, rare or unseen.

Propensities are those of Jain, Prabhu and Varma, "Extreme Multi-label Loss Functions for
Recommendation, Tagging, Ranking & Other Missing Label Applications", KDD 2016, formula 2, with the
constants they recommend where a data set has none of its own: with N training filings, of which N_l
have the symbol l,

    1 / p_l = 1 + C (N_l + B)^-A,   C = (ln N - 1) (B + 1)^A,   A = 0.55, B = 1.5
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cpc_classifier.hierarchy import Hierarchy
from cpc_classifier.memory import Memory
from cpc_classifier.subgroups import Subgroups
from taxonomy.symbol import Symbol
from training.evaluation.labelled import read_labelled
from training.evaluation.tree import Tree

__all__ = ["FREQUENCIES", "Counts", "count_files", "count_memory"]

FREQUENCIES = {"head": 100, "torso": 10, "tail": 1, "unseen": 0}
"""The least number of training filings of a symbol of each frequency."""
A, B = 0.55, 1.5


@dataclass(frozen=True, slots=True)
class Counts:
    """Training filings, and how many of them have each symbol or one below it."""

    filings: int
    of: Mapping[str, int]

    def frequency(self, symbol: str) -> str:
        """``head``, ``torso``, ``tail`` or ``unseen``."""
        known = self.of.get(symbol, 0)
        return next(name for name, least in FREQUENCIES.items() if known >= least)

    def inverse_propensity(self, symbol: str) -> float:
        """1 / p_l, at least 1; the less often a symbol was met, the more a right guess counts."""
        c = max(0.0, math.log(max(1, self.filings)) - 1) * (B + 1) ** A
        return 1 + c * float(self.of.get(symbol, 0) + B) ** -A


def count_files(paths: Sequence[Path], tree: Tree) -> Counts:
    """Count the labelled filings of some JSON-lines files.

    Raises:
        CorpusError: a line that is not a record; names file and line.
    """
    found: Counter[str] = Counter()
    filings = 0
    for path in paths:
        for labelled in read_labelled(path):
            filings += 1
            symbols = (str(Symbol.parse(text)) for text in labelled.symbols)
            found.update({above for symbol in symbols for above in tree.path(symbol)})
    return Counts(filings, found)


def count_memory(memory: Memory, hierarchy: Hierarchy, subgroups: Subgroups, tree: Tree) -> Counts:
    """Count the filings that a bundle's memory holds: those it was trained and validated on.

    Args:
        memory: of the bundle; titles and definitions in it are not counted.
        hierarchy: its label rows.
        subgroups: those below them.
        tree: paths of all these.
    """
    symbols = hierarchy.symbols + subgroups.symbols
    found: Counter[str] = Counter()
    filings = 0
    for item, name in enumerate(memory.names, memory.titles):
        if name.startswith("f\t"):
            filings += 1
            own = (symbols[row] for row in memory.rows(item).tolist())
            found.update({above for symbol in own for above in tree.path(symbol)})
    return Counts(filings, found)
