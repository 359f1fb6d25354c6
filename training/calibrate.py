"""Fits how head and memory are mixed, and the score from which a filing is assigned unseen.

The numbers of ``cpc_classifier.calibration.Calibration`` are fitted on validation filings that are
in neither the head's training nor the memory. The likelihood is that of the scores themselves at
every rank, so that what people see is what is calibrated.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy.stats import beta as beta_distribution
from torch import Tensor
from torch.nn import functional

from cpc_classifier.calibration import RANKS, Calibration, mass_log_odds
from cpc_classifier.hierarchy import Hierarchy
from cpc_classifier.memory import Memory, vote
from cpc_classifier.routing import best_places
from cpc_classifier.subgroups import Subgroups
from cpc_classifier.votes import Votes
from taxonomy.symbol import Rank
from training.batches import dense
from training.corpus import Known, negative_rows
from training.errors import CorpusError
from training.losses import joint_loss

__all__ = ["Observed", "assign_threshold", "fit_calibration"]

log = logging.getLogger(__name__)

NEIGHBOURS = (20, 50, 100)
TEMPERATURES = (0.02, 0.03, 0.05)
SMOOTHINGS = (0.002, 0.01)
STEPS = 60
FOLDS = 5
FIRST_GUESS = 3.0
"""Weight of the best symbol of each rank beside the sums over all rows."""
ENOUGH = 200
"""Records with complete CPC from which those with complete IPC are left out."""


@dataclass(frozen=True, slots=True, eq=False)
class Observed:
    """What the graph says of validation filings, and what is true.

    Attributes:
        queries: float32 (n, d), memory queries.
        logits: float32 (n, n_rows).
        rows: label rows, closed under ancestors.
        known: int8 (n,), values of ``Known``.
    """

    queries: np.ndarray
    logits: np.ndarray
    rows: Sequence[np.ndarray]
    known: np.ndarray


def fit_calibration(
    data: Observed,
    memory: Memory,
    hierarchy: Hierarchy,
    subgroups: Subgroups,
    precision: float,
    confidence: float,
) -> Calibration:
    """The calibration with the best likelihood over a small grid of neighbour settings.

    The assignment threshold is set on scores that are out of fold: the numbers behind the score of
    a filing were fitted without it. So every filing serves both.
    """
    told = _told(data.known)
    if told.sum() < 50:
        raise CorpusError(
            f"{told.sum()} validation records have complete labels: at least 50 needed"
        )
    everything = np.ones(len(data.known), bool)
    votes = Votes(memory, hierarchy, subgroups)
    similarity, items = memory.search(data.queries, max(NEIGHBOURS))
    losses: dict[tuple[int, float, float], float] = {}
    for k, temperature, smoothing in itertools.product(NEIGHBOURS, TEMPERATURES, SMOOTHINGS):
        masses = votes.masses(vote(similarity[:, :k], temperature), items[:, :k])
        odds = mass_log_odds(masses, hierarchy, smoothing)
        loss = _Fit(data, odds, hierarchy, everything, int(Rank.SUBCLASS)).run()
        log.info("K %d, temperature %.2f, smoothing %.3f: %.4f", k, temperature, smoothing, loss)
        losses[k, temperature, smoothing] = loss
    k, temperature, smoothing = min(losses, key=lambda setting: losses[setting])
    zeros = (0.0,) * RANKS
    unfitted = Calibration(
        k, temperature, smoothing, zeros, zeros, zeros, 2.0, precision, confidence
    )
    masses = votes.masses(vote(similarity[:, :k], temperature), items[:, :k])
    top, right = _out_of_fold(unfitted, data, masses, hierarchy)
    return replace(
        _fitted(unfitted, data, masses, hierarchy, everything, RANKS - 1),
        assign_threshold=assign_threshold(top, right, precision, confidence),
    )


def _fitted(
    unfitted: Calibration,
    data: Observed,
    masses: np.ndarray,
    hierarchy: Hierarchy,
    used: np.ndarray,
    deepest: int,
) -> Calibration:
    """The calibration with alpha, beta and offset fitted on the filings used, down to a rank."""
    odds = mass_log_odds(masses, hierarchy, unfitted.smoothing)
    fit = _Fit(data, odds, hierarchy, used, deepest)
    fit.run()
    alpha, beta, offset = fit.numbers()
    return replace(unfitted, alpha=alpha, beta=beta, offset=offset)


def _out_of_fold(
    unfitted: Calibration, data: Observed, masses: np.ndarray, hierarchy: Hierarchy
) -> tuple[np.ndarray, np.ndarray]:
    """Best score at the assignment's rank, and whether it is right, of filings that can tell.

    A complete IPC list tells too: it can only make a right guess look wrong, which keeps the
    guarantee.

    Returns:
        float32 (n,) and bool (n,).
    """
    fold = np.arange(len(data.known)) % FOLDS
    top, right = [], []
    for out in range(FOLDS):
        told = (fold == out) & (data.known != Known.POSITIVES)
        rank = unfitted.assign_rank
        fitted = _fitted(unfitted, data, masses, hierarchy, fold != out, int(rank))
        scores = hierarchy.products(fitted.conditionals(data.logits[told], masses[told], hierarchy))
        places = best_places(scores, hierarchy, rank)
        top.append(scores[np.arange(len(places)), places])
        right += [
            p in data.rows[i] for p, i in zip(places, np.flatnonzero(told).tolist(), strict=True)
        ]
    return np.concatenate(top), np.array(right)


def _told(known: np.ndarray) -> np.ndarray:
    """Which records say what is false: bool (n,).

    Complete CPC where there is enough of it: a complete IPC list lacks what CPC adds, and scores
    fitted to it come out too low.
    """
    complete = known == Known.ALL
    return complete if complete.sum() >= ENOUGH else known != Known.POSITIVES


def assign_threshold(
    score: np.ndarray, right: np.ndarray, precision: float, confidence: float
) -> float:
    """The least score from which assignments are right often enough, with a guarantee.

    Candidates are tried from the strictest down and each must pass (fixed-sequence testing,
    Angelopoulos et al., "Learn then Test", 2021) with the exact Clopper-Pearson lower bound.

    Args:
        score: float32 (n,), best score of each filing.
        right: bool (n,), whether that symbol is true.
        precision: share of right assignments wanted.
        confidence: of the guarantee.

    Returns:
        The threshold, 2.0 where none can be guaranteed.
    """
    found = 2.0
    fewest = int(np.ceil(np.log(1 - confidence) / np.log(precision)))  # all right just passes
    for candidate in np.arange(0.98, 0.0, -0.02):
        chosen = score >= candidate
        n, k = int(chosen.sum()), int(right[chosen].sum())
        if n < fewest:
            continue
        lower = float(beta_distribution.ppf(1 - confidence, k, n - k + 1)) if k else 0.0
        if lower < precision:
            break
        found = float(candidate)
    return found


class _Fit:
    """Gradient fit of alpha, beta, offset by rank; rows below ``deepest`` are left out."""

    def __init__(
        self,
        data: Observed,
        odds: np.ndarray,
        hierarchy: Hierarchy,
        fitted: np.ndarray,
        deepest: int,
    ) -> None:
        kept = np.flatnonzero(np.asarray(hierarchy.rank) <= deepest)
        place = np.full(len(hierarchy.symbols) + 1, -1)
        place[kept] = np.arange(len(kept))
        at = np.flatnonzero(fitted & _told(data.known))
        self.parent = torch.as_tensor(place[hierarchy.parent[kept]])
        self.rank = torch.as_tensor(np.asarray(hierarchy.rank, np.int64)[kept])
        self.logits = torch.as_tensor(data.logits[at][:, kept])
        self.odds = torch.as_tensor(odds[at][:, kept])
        positive = dense([data.rows[i] for i in at.tolist()], len(hierarchy.symbols))
        self.positive = torch.as_tensor(positive[:, kept])
        negatives = torch.as_tensor(negative_rows(hierarchy)[:, kept])
        self.negative = negatives[torch.as_tensor(data.known[at].astype(np.int64))]
        lineage = np.where(hierarchy.lineage[kept] >= 0, place[hierarchy.lineage[kept]], len(kept))
        self.lineage = torch.as_tensor(lineage[:, : deepest + 1].T.copy())
        self.untold = torch.maximum(self.positive, self.negative) == 0
        self.by_rank = [torch.nonzero(self.rank == r)[:, 0] for r in range(deepest + 1)]
        self.params = torch.tensor(
            [[0.5] * RANKS, [0.5] * RANKS, [0.0] * RANKS], requires_grad=True
        )

    def loss(self) -> Tensor:
        """Mean negative log-likelihood of the scores of records with complete labels.

        The best symbol of each rank counts once more: it is what people read and what routing
        decides by, but one of many rows.
        """
        alpha, beta, offset = self.params
        q = alpha[self.rank] * self.logits + beta[self.rank] * self.odds + offset[self.rank]
        log_q = functional.pad(functional.logsigmoid(q), (0, 1))
        log_s = sum(log_q[:, above] for above in self.lineage)
        total = torch.zeros(())
        for rows in self.by_rank:
            each = joint_loss(log_s, self.positive, self.negative, self.parent, rows)  # type: ignore[arg-type]
            total = total + each.mean() + FIRST_GUESS * self._first(log_s[:, rows], rows)  # type: ignore[index]
        return total

    def _first(self, log_s: Tensor, rows: Tensor) -> Tensor:
        """How well the score of the best of some rows tells whether it is right; of the records
        that are known at that rank."""
        truth = self.positive[:, rows]
        known = truth.amax(dim=1) > 0
        if not bool(known.any()):
            return torch.zeros(())
        guesses = log_s[known].masked_fill(self.untold[known][:, rows], float("-inf"))
        best, at = guesses.max(dim=1)
        right = truth[known].gather(1, at[:, None])[:, 0]
        return functional.binary_cross_entropy(best.exp().clamp(max=1 - 1e-6), right)

    def run(self) -> float:
        """Fit; the final loss."""
        optimizer = torch.optim.LBFGS(
            [self.params], max_iter=STEPS, history_size=20, line_search_fn="strong_wolfe"
        )

        def closure() -> Tensor:
            optimizer.zero_grad()
            loss = self.loss() + 1e-3 * (self.params**2).sum()
            loss.backward()
            return loss

        optimizer.step(closure)
        with torch.inference_mode():
            return float(self.loss())

    def numbers(self) -> tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]:
        """alpha, beta and offset."""
        alpha, beta, offset = self.params.detach().tolist()
        return _rounded(alpha), _rounded(beta), _rounded(offset)


def _rounded(values: list[float]) -> tuple[float, ...]:
    return tuple(round(v, 6) for v in values)
