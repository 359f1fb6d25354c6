"""From a scored row to what a person reads: symbol, title, path, kind."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from cpc_classifier.hierarchy import Hierarchy
from cpc_classifier.label_facts import LabelFacts
from cpc_classifier.labels import LabelIndex
from cpc_classifier.result import PathStep, Suggestion
from cpc_classifier.subgroups import Subgroups
from taxonomy.symbol import Rank

__all__ = ["Presenter"]


class Presenter:
    """Knows the names of all deep rows.

    Attributes:
        symbols: of the deep rows: the label rows, then the subgroups.
    """

    def __init__(
        self, labels: LabelIndex, hierarchy: Hierarchy, subgroups: Subgroups, release: str
    ) -> None:
        """Look up the titles.

        Args:
            labels: the label rows.
            hierarchy: the same as arrays.
            subgroups: those below them.
            release: of the bundle.
        """
        self.symbols = labels.symbols + subgroups.symbols
        self._ranks, self._hierarchy, self._subgroups = labels.ranks, hierarchy, subgroups
        self._facts = LabelFacts(self.symbols, release)

    def suggestion(
        self,
        row: int,
        score: float,
        scores: NDArray[np.float32],
        below: Mapping[int, float],
    ) -> Suggestion:
        """One suggestion; no step of its path scores below the next one.

        Args:
            row: its deep row.
            score: its score.
            scores: float32 (n,), of the label rows.
            below: the score of the subtree of each subgroup that was scored.
        """
        n = len(self._hierarchy)
        place = row if row < n else int(self._subgroups.group[row - n])
        above = [*self._hierarchy.path_rows(place), *([place] if row >= n else [])]
        path = [(r, float(scores[r])) for r in above]
        if row >= n:
            path += [(n + i, below[i]) for i in self._subgroups.path(row - n)]
        least, steps = score, []
        for r, value in reversed(path):
            least = max(least, value)  # sums of subtrees are rounded
            steps.append(PathStep(self.symbols[r], least))
        return Suggestion(
            self.symbols[row],
            self._ranks[row] if row < n else Rank.SUBGROUP,
            score,
            self._facts.title(row),
            tuple(reversed(steps)),
            "additional" if self._facts.is_additional_only(row) else "inventive",
        )
