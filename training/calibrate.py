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
from taxonomy.symbol import Rank
from training.batches import dense
from training.corpus import Known, negative_rows
from training.errors import CorpusError
from training.losses import joint_loss

__all__ = ["Observed", "assign_threshold", "fit_calibration", "with_threshold"]

log = logging.getLogger(__name__)

NEIGHBOURS = (30, 60, 100)
TEMPERATURES = (0.02, 0.03, 0.05)
SMOOTHINGS = (0.005, 0.02)
STEPS = 60
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
    data: Observed, memory: Memory, hierarchy: Hierarchy, precision: float, confidence: float
) -> Calibration:
    """The calibration with the best likelihood over a small grid of neighbour settings.

    The assignment threshold is set from the last 40 % of the filings, which the fit has not seen.
    """
    told = _told(data.known)
    if told.sum() < 50:
        raise CorpusError(
            f"{told.sum()} validation records have complete labels: at least 50 needed"
        )
    fitted = _fitted(data)
    similarity, items = memory.search(data.queries, max(NEIGHBOURS))
    tried: list[tuple[float, Calibration]] = []
    for k, temperature, smoothing in itertools.product(NEIGHBOURS, TEMPERATURES, SMOOTHINGS):
        masses = memory.masses_of(vote(similarity[:, :k], temperature), items[:, :k], hierarchy)
        odds = mass_log_odds(masses, hierarchy, smoothing)
        upper = _Fit(data, odds, hierarchy, fitted, int(Rank.SUBCLASS))
        loss = upper.run()
        log.info("K %d, temperature %.2f, smoothing %.2f: %.4f", k, temperature, smoothing, loss)
        alpha, beta, offset = upper.numbers()
        calibration = Calibration(
            k, temperature, smoothing, alpha, beta, offset, 2.0, precision, confidence
        )
        tried.append((loss, calibration))
    _, chosen = min(tried, key=lambda t: t[0])
    masses = memory.masses_of(
        vote(similarity[:, : chosen.k], chosen.temperature), items[:, : chosen.k], hierarchy
    )
    odds = mass_log_odds(masses, hierarchy, chosen.smoothing)
    full = _Fit(data, odds, hierarchy, fitted, RANKS - 1)
    full.run()
    alpha, beta, offset = full.numbers()
    chosen = replace(chosen, alpha=alpha, beta=beta, offset=offset)
    return with_threshold(chosen, data, masses, hierarchy)


def with_threshold(
    chosen: Calibration, data: Observed, masses: np.ndarray, hierarchy: Hierarchy
) -> Calibration:
    """The calibration with the assignment threshold that the unseen filings allow.

    Args:
        masses: float32 (n, n_rows), of the memory, for the calibration's own k and temperature.
    """
    # a complete IPC list can only make a right guess look wrong: it keeps the guarantee
    held = ~_fitted(data) & (data.known != Known.POSITIVES)
    scores = hierarchy.products(chosen.conditionals(data.logits[held], masses[held], hierarchy))
    places = best_places(scores, hierarchy, chosen.assign_rank)
    rows = [r for r, kept in zip(data.rows, held, strict=True) if kept]
    right = np.array([p in r for p, r in zip(places, rows, strict=True)])
    top = scores[np.arange(len(places)), places]
    threshold = assign_threshold(top, right, chosen.assign_precision, chosen.assign_confidence)
    return replace(chosen, assign_threshold=threshold)


def _fitted(data: Observed) -> np.ndarray:
    """Which filings the numbers are fitted on, three of five: bool (n,)."""
    return np.arange(len(data.known)) % 5 < 3


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
        at = np.flatnonzero(fitted)
        self.parent = torch.as_tensor(place[hierarchy.parent[kept]])
        self.rank = torch.as_tensor(np.asarray(hierarchy.rank, np.int64)[kept])
        self.logits = torch.as_tensor(data.logits[at][:, kept])
        self.odds = torch.as_tensor(odds[at][:, kept])
        positive = dense([data.rows[i] for i in at.tolist()], len(hierarchy.symbols))
        self.positive = torch.as_tensor(positive[:, kept])
        negatives = torch.as_tensor(negative_rows(hierarchy)[:, kept])
        self.negative = negatives[torch.as_tensor(data.known[at].astype(np.int64))]
        self.told = torch.as_tensor(_told(data.known)[at]).float()
        lineage = np.where(hierarchy.lineage[kept] >= 0, place[hierarchy.lineage[kept]], len(kept))
        self.lineage = torch.as_tensor(lineage[:, : deepest + 1].T.copy())
        self.by_rank = [torch.nonzero(self.rank == r)[:, 0] for r in range(deepest + 1)]
        self.params = torch.tensor(
            [[0.5] * RANKS, [0.5] * RANKS, [0.0] * RANKS], requires_grad=True
        )

    def loss(self) -> Tensor:
        """Mean negative log-likelihood of the scores of records with complete labels."""
        alpha, beta, offset = self.params
        q = alpha[self.rank] * self.logits + beta[self.rank] * self.odds + offset[self.rank]
        log_q = functional.pad(functional.logsigmoid(q), (0, 1))
        log_s = sum(log_q[:, above] for above in self.lineage)
        total = torch.zeros(())
        for rows in self.by_rank:
            each = joint_loss(log_s, self.positive, self.negative, self.parent, rows)  # type: ignore[arg-type]
            total = total + (each * self.told).sum() / self.told.sum()
        return total

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
