"""Stage 2: the head alone, on finished embeddings, stopped when the validation loss rises."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from tqdm import tqdm

from cpc_classifier.hierarchy import Hierarchy
from taxonomy.symbol import Rank
from training.batches import dense
from training.corpus import Example, Known, negative_rows
from training.head import TreeHead, log_scores
from training.losses import conditional_loss, joint_loss, listwise_loss
from training.recipe import Fit

__all__ = ["Embedded", "HeadLoss", "fit_head", "loss_on"]

log = logging.getLogger(__name__)

WARMUP = 0.1
"""Share of the steps with a rising learning rate."""


@dataclass(frozen=True, slots=True, eq=False)
class Embedded:
    """Texts as embeddings with their labels.

    Attributes:
        vectors: float16 (n, dim).
        rows: label rows of each, closed under ancestors.
        known: int8 (n,), values of ``Known``.
        weight: float32 (n,), what each counts in the loss; None: all the same.
    """

    vectors: np.ndarray
    rows: Sequence[np.ndarray]
    known: np.ndarray
    weight: np.ndarray | None = None

    @classmethod
    def of(
        cls, vectors: np.ndarray, examples: Sequence[Example], weight: np.ndarray | None = None
    ) -> Embedded:
        """Filings and their embeddings."""
        known = np.array([e.known for e in examples], np.int8)
        return cls(vectors, [e.rows for e in examples], known, weight)

    @property
    def weights(self) -> np.ndarray:
        """float32 (n,): what each counts."""
        return np.ones(len(self.rows), np.float32) if self.weight is None else self.weight

    def take(self, at: np.ndarray) -> Embedded:
        """Some of them."""
        rows = [self.rows[int(i)] for i in at]
        return Embedded(self.vectors[at], rows, self.known[at], self.weights[at])


class HeadLoss:
    """The head's loss of embeddings: conditionals everywhere, scores at the upper ranks, and the
    order of the subclasses."""

    def __init__(self, hierarchy: Hierarchy, list_weight: float) -> None:
        self.hierarchy, self.list_weight = hierarchy, list_weight
        self.parent = torch.as_tensor(np.asarray(hierarchy.parent, np.int64))
        upper = np.flatnonzero(np.asarray(hierarchy.rank) <= Rank.SUBCLASS)
        self.upper = torch.as_tensor(upper)
        self.subclass = torch.as_tensor(hierarchy.rows_at(Rank.SUBCLASS))
        self.negatives = torch.as_tensor(negative_rows(hierarchy))

    def __call__(self, head: nn.Module, batch: Embedded, dropout: float) -> Tensor:
        """float32 (): the mean over the batch, each row times its weight."""
        f = torch.as_tensor(batch.vectors.astype(np.float32))
        return self.of(head, functional.dropout(f, dropout, training=dropout > 0), batch)

    def of(self, head: nn.Module, f: Tensor, batch: Embedded) -> Tensor:
        """The same of embeddings as tensors: float32 (n, dim), in place of the batch's own."""
        logits = head(f)
        positive = torch.as_tensor(dense(batch.rows, len(self.hierarchy.symbols)))
        negative = self.negatives[torch.as_tensor(batch.known.astype(np.int64))]
        below = conditional_loss(logits, positive, negative, self.parent)
        scores = log_scores(logits, self.hierarchy)
        joint = joint_loss(scores, positive, negative, self.parent, self.upper)
        order = listwise_loss(scores, positive, negative, self.subclass)
        weight = torch.as_tensor(batch.weights.astype(np.float32))
        return (weight * (below + joint + self.list_weight * order)).mean()


def fit_head(
    head: TreeHead,
    filings: Embedded,
    label_texts: Embedded,
    valid: Embedded,
    hierarchy: Hierarchy,
    recipe: Fit,
    seed: int,
) -> list[float]:
    """Train the head in place and leave the best epoch's weights.

    Args:
        filings: training filings.
        label_texts: titles and definitions, as examples of their symbols.
        valid: decides when to stop.

    Returns:
        The validation loss before training and after each epoch.
    """
    torch.manual_seed(seed)
    loss_of = HeadLoss(hierarchy, recipe.list_weight)
    optimizer = torch.optim.AdamW(
        [
            {"params": [head.residual], "weight_decay": recipe.residual_decay},
            {"params": [head.bias, head.turn, head.log_scale], "weight_decay": 0.0},
        ],
        lr=recipe.learning_rate,
    )
    per_epoch = -(-len(filings.vectors) // recipe.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, recipe.learning_rate, per_epoch * recipe.epochs, pct_start=WARMUP
    )
    losses = [loss_on(loss_of, head, valid)]
    best = {k: v.clone() for k, v in head.state_dict().items()}
    for epoch in range(recipe.epochs):
        rng = np.random.default_rng([seed, 2, epoch])
        for batch in tqdm(
            _batches(filings, label_texts, recipe, rng),
            total=per_epoch,
            desc=f"head, epoch {epoch + 1}",
        ):
            loss = loss_of(head, batch, recipe.dropout)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        losses.append(loss_on(loss_of, head, valid))
        log.info("epoch %d: validation loss %.3f", epoch + 1, losses[-1])
        if losses[-1] == min(losses):
            best = {k: v.clone() for k, v in head.state_dict().items()}
        elif len(losses) - 1 - losses.index(min(losses)) >= recipe.patience:
            break
    head.load_state_dict(best)
    return losses


def _batches(
    filings: Embedded, texts: Embedded, recipe: Fit, rng: np.random.Generator
) -> Iterator[Embedded]:
    order = rng.permutation(len(filings.vectors))
    extra = int(recipe.batch * recipe.label_text_share)
    for start in range(0, len(order), recipe.batch):
        a = filings.take(order[start : start + recipe.batch])
        b = texts.take(rng.integers(len(texts.vectors), size=extra))
        yield Embedded(
            np.concatenate((a.vectors, b.vectors)),
            [*a.rows, *b.rows],
            np.concatenate((a.known, b.known)),
            np.concatenate((a.weights, b.weights)),
        )


def loss_on(loss_of: HeadLoss, head: nn.Module, data: Embedded) -> float:
    """Mean loss of the records that say what is false; the others would reward saying yes."""
    at = np.flatnonzero(data.known != Known.POSITIVES)
    with torch.inference_mode():
        parts = [
            loss_of(head, data.take(at[i : i + 256]), 0.0).item() * len(at[i : i + 256])
            for i in range(0, len(at), 256)
        ]
    return float(np.sum(parts) / len(at))
