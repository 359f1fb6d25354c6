"""Scores of all symbols, from what the graph says of a filing and what the memory remembers.

The label rows (sections to main groups) are scored densely, the subgroups below the best main
groups. Knows no texts and no files.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cpc_classifier.calibration import Calibration
from cpc_classifier.hierarchy import Hierarchy
from cpc_classifier.memory import Memory, vote
from cpc_classifier.subgroup_scores import Candidates, SubgroupScorer, SubgroupScores
from cpc_classifier.subgroups import Subgroups
from cpc_classifier.votes import Votes
from taxonomy.symbol import Rank

__all__ = ["Evidence", "Scoring"]

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What the graph and the memory say of some filings.

    Attributes:
        logits: float32 (B, n), of the head.
        queries: float32 (B, d), of length 1, what the memory is asked.
        similarity: float32 (B, k), of the nearest items, nearest first.
        items: int64 (B, k), which these are.
    """

    logits: Floats
    queries: Floats
    similarity: Floats
    items: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.logits)

    def __getitem__(self, filings: slice) -> Evidence:
        """That of some of the filings."""
        return Evidence(
            self.logits[filings],
            self.queries[filings],
            self.similarity[filings],
            self.items[filings],
        )


class Scoring:
    """Head, memory and calibration put together.

    Attributes:
        hierarchy: the label rows.
        subgroups: those below them.
        memory: its titles are those of both.
        calibration: the fitted numbers.
    """

    def __init__(
        self,
        hierarchy: Hierarchy,
        subgroups: Subgroups,
        memory: Memory,
        calibration: Calibration,
    ) -> None:
        self.hierarchy, self.subgroups = hierarchy, subgroups
        self.memory, self.calibration = memory, calibration
        self._votes = Votes(memory, hierarchy, subgroups)
        self._scorer = SubgroupScorer(memory, hierarchy, subgroups, calibration.subgroup)

    @property
    def ranks(self) -> tuple[Rank, ...]:
        """The ranks that are scored, section first."""
        deepest = Rank.SUBGROUP if len(self.subgroups) else self.hierarchy.deepest
        return tuple(rank for rank in Rank if rank <= deepest)

    def evidence(self, logits: Floats, queries: Floats) -> Evidence:
        """Ask the memory.

        Args:
            logits: float32 (B, n), of the head.
            queries: float32 (B, d), of length 1.
        """
        return Evidence(logits, queries, *self.memory.search(queries, self.calibration.k))

    def masses(self, evidence: Evidence) -> Floats:
        """The share of the vote for each label's subtree: float32 (B, n), in [0, 1]."""
        weights = vote(evidence.similarity, self.calibration.temperature)
        return self._votes.masses(weights, evidence.items)

    def label_scores(self, evidence: Evidence) -> Floats:
        """Calibrated scores of the label rows: float32 (B, n), no row above its parent."""
        masses = self.masses(evidence)
        conditionals = self.calibration.conditionals(evidence.logits, masses, self.hierarchy)
        return self.hierarchy.products(conditionals)

    def candidates(self, evidence: Evidence, scores: Floats) -> Candidates:
        """The subgroups below the best main groups, and what speaks for each.

        Args:
            evidence: of B filings.
            scores: float32 (B, n), of the label rows.
        """
        weights = vote(evidence.similarity, self.calibration.subgroup.vote_temperature)
        votes = self._votes.symbols(weights, evidence.items)
        return self._scorer.candidates(evidence.queries, votes, scores)

    def subgroup_scores(self, evidence: Evidence, scores: Floats) -> SubgroupScores:
        """Calibrated scores of those subgroups; arguments as in `candidates`."""
        return self._scorer.scores(self.candidates(evidence, scores))
