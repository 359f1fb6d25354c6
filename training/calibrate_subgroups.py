"""Fits the numbers by which subgroups are scored (``cpc_classifier.subgroup_scores``).

On validation filings that are not in the memory and whose very symbols are all known: none is
listed above main group. The likelihood is that of the score of each candidate: what people see.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch.nn import functional

from cpc_classifier.calibration import Calibration, SubgroupCalibration
from cpc_classifier.hierarchy import Hierarchy
from cpc_classifier.memory import Memory
from cpc_classifier.scoring import Scoring
from cpc_classifier.subgroup_scores import Candidates
from cpc_classifier.subgroups import Subgroups

__all__ = ["Allocated", "fit_subgroups"]

log = logging.getLogger(__name__)

TEMPERATURES = (0.03, 0.05, 0.1)
VOTE_TEMPERATURES = (0.03, 0.05)
STEPS = 60
FEWEST = 50
"""Filings without which nothing is fitted."""
BLOCK = 256


@dataclass(frozen=True, slots=True, eq=False)
class Allocated:
    """Filings whose very symbols are all known.

    Attributes:
        logits: float32 (n, n_rows), of the head.
        queries: float32 (n, d), memory queries.
        symbols: deep rows of each, main groups and subgroups only.
    """

    logits: np.ndarray
    queries: np.ndarray
    symbols: Sequence[np.ndarray]


def fit_subgroups(
    data: Allocated,
    memory: Memory,
    hierarchy: Hierarchy,
    subgroups: Subgroups,
    calibration: Calibration,
) -> SubgroupCalibration:
    """The numbers with the best likelihood over a small grid of temperatures.

    Too few filings leave the numbers as they are: those fitted on public patents.
    """
    if len(data.symbols) < FEWEST or not len(subgroups):
        log.warning("%d filings with all their subgroups: nothing is fitted", len(data.symbols))
        return calibration.subgroup
    fitted: dict[SubgroupCalibration, float] = {}
    for temperature, vote_temperature in itertools.product(TEMPERATURES, VOTE_TEMPERATURES):
        numbers = replace(
            calibration.subgroup, temperature=temperature, vote_temperature=vote_temperature
        )
        scoring = Scoring(hierarchy, subgroups, memory, replace(calibration, subgroup=numbers))
        found, right = _candidates(scoring, data)
        weights, loss = _fit(found, right, numbers, len(data.symbols))
        log.info("subgroups: %.2f, %.2f: %.4f", temperature, vote_temperature, loss)
        title, vote, offset = weights
        fitted[replace(numbers, title=title, vote=vote, offset=offset)] = loss
    return min(fitted, key=lambda numbers: fitted[numbers])


def _candidates(scoring: Scoring, data: Allocated) -> tuple[Candidates, np.ndarray]:
    """What speaks for each candidate of all filings, and whether it is right: bool (nnz,)."""
    parts: list[Candidates] = []
    right: list[np.ndarray] = []
    n = len(scoring.hierarchy)
    for start in range(0, len(data.symbols), BLOCK):
        span = slice(start, start + BLOCK)
        evidence = scoring.evidence(data.logits[span], data.queries[span])
        found = scoring.candidates(evidence, scoring.label_scores(evidence))
        parts.append(found)
        for i, own in enumerate(data.symbols[span]):
            at = found.at[found.indptr[i] : found.indptr[i + 1]]
            right.append(np.isin(at + n, own))
    together = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in ("at", "group", "title", "vote")
    }
    return Candidates(np.zeros(1, np.int64), **together), np.concatenate(right)


def _fit(
    found: Candidates, right: np.ndarray, numbers: SubgroupCalibration, filings: int
) -> tuple[tuple[float, float, float], float]:
    """The three weights, and the mean negative log-likelihood of a filing's candidates."""
    title, vote, group = (torch.as_tensor(v) for v in (found.title, found.vote, found.group))
    yes = torch.as_tensor(right.astype(np.float32))
    above = torch.log(group.clamp(1e-9, 1 - 1e-6))
    weights = torch.tensor([numbers.title, numbers.vote, numbers.offset], requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=STEPS, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        logit = weights[0] * title + weights[1] * vote + weights[2]
        log_own = above + functional.logsigmoid(logit)
        log_not = torch.log(-torch.expm1(log_own.clamp(max=-1e-6)))
        return -(yes * log_own + (1 - yes) * log_not).sum() / filings

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        value = loss()
        value.backward()
        return value

    optimizer.step(closure)
    with torch.inference_mode():
        last = float(loss())
    fitted = tuple(round(v, 6) for v in weights.detach().tolist())
    return (fitted[0], fitted[1], fitted[2]), last
