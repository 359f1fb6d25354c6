"""Between the stages: how the passages of a filing are weighed, with encoder and head as they are.

Only filings with several passages teach it; passages are left out at random, as filings often lack
a field.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from training.corpus import Example, Known
from training.fit_head import Embedded, HeadLoss
from training.passage_vectors import PassageVectors
from training.pooling import AttentionPool
from training.recipe import Fit

__all__ = ["fit_pool"]

log = logging.getLogger(__name__)

EPOCHS = 6
RATE = 0.03
DROPPED = 0.25
"""Probability that a passage is left out."""
FEWEST = 64
"""Filings with several passages below which the mean is taken."""


def fit_pool(
    pool: AttentionPool,
    head: nn.Module,
    train: tuple[PassageVectors, Sequence[Example]],
    valid: tuple[PassageVectors, Sequence[Example]],
    loss_of: HeadLoss,
    recipe: Fit,
    seed: int,
) -> list[float]:
    """Train the attention in place, and leave the best epoch's.

    Args:
        head: of the first stage; not changed.
        train: passages of filings and the filings.
        valid: of others, which decide what is best.

    Returns:
        The validation loss of the mean, and after each epoch; empty with too few filings.
    """
    several = np.flatnonzero(train[0].counts > 1)
    known = np.array([e.known for e in valid[1]], np.int8)
    checked = np.flatnonzero((valid[0].counts > 1) & (known != Known.POSITIVES))
    if min(len(several), len(checked)) < FEWEST:
        log.info("%d filings with several passages: the mean is taken", len(several))
        return []
    head.requires_grad_(False)
    optimizer = torch.optim.AdamW(pool.parameters(), lr=RATE, weight_decay=0.01)
    losses = [_loss(pool, head, valid, checked, loss_of)]
    best = {k: v.clone() for k, v in pool.state_dict().items()}
    for epoch in range(EPOCHS):
        rng = np.random.default_rng([seed, 4, epoch])
        order = rng.permutation(several)
        kept = rng.random(len(train[0].kinds)) >= DROPPED
        for start in range(0, len(order), recipe.batch):
            at = order[start : start + recipe.batch]
            loss = _batch_loss(pool, head, train, at, loss_of, kept)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        losses.append(_loss(pool, head, valid, checked, loss_of))
        log.info("pooling, epoch %d: validation loss %.3f", epoch + 1, losses[-1])
        if losses[-1] == min(losses):
            best = {k: v.clone() for k, v in pool.state_dict().items()}
    pool.load_state_dict(best)
    head.requires_grad_(True)
    return losses


def _batch_loss(
    pool: AttentionPool,
    head: nn.Module,
    data: tuple[PassageVectors, Sequence[Example]],
    at: np.ndarray,
    loss_of: HeadLoss,
    kept: np.ndarray | None,
) -> torch.Tensor:
    vectors = data[0].take(at, kept).pool(pool)
    return loss_of.of(head, vectors, Embedded.of(np.empty(0), [data[1][i] for i in at.tolist()]))


def _loss(
    pool: AttentionPool,
    head: nn.Module,
    data: tuple[PassageVectors, Sequence[Example]],
    at: np.ndarray,
    loss_of: HeadLoss,
) -> float:
    """The mean over some filings."""
    with torch.inference_mode():
        parts = [
            _batch_loss(pool, head, data, own, loss_of, None).item() * len(own)
            for own in np.array_split(at, -(-len(at) // 256))
        ]
    return float(np.sum(parts) / len(at))
