"""Heads and losses of others, for `heads.py`: what the tree head is compared with.

All take the same batches as ours, and none counts a symbol as false of which a record says nothing.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from cpc_classifier.hierarchy import Hierarchy
from training.batches import dense
from training.corpus import negative_rows
from training.fit_head import Embedded
from training.losses import resolved

__all__ = ["Flat", "Judge", "conditional_logits"]

BLOCK = 1024
SEEN = 0.5
"""Records for and against each row before any is counted."""


class Flat(nn.Module):
    """One matrix, begun at the text vectors; knows no tree."""

    def __init__(self, text: Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(10.0 * text.clone())
        self.bias = nn.Parameter(torch.full((len(text),), -4.0))

    def forward(self, f: Tensor) -> Tensor:
        """Logits, float32 (batch, rows)."""
        return functional.linear(f, self.weight, self.bias)


class Judge:
    """The tree as tensors, what is true of a batch, and the losses."""

    def __init__(self, hierarchy: Hierarchy) -> None:
        self.hierarchy = hierarchy
        self.negatives = torch.as_tensor(negative_rows(hierarchy))
        self.parent = torch.as_tensor(np.asarray(hierarchy.parent, np.int64))
        self.levels = [
            torch.as_tensor(hierarchy.rows_at(rank), dtype=torch.int64) for rank in (1, 2, 3)
        ]

    def truth(self, batch: Embedded) -> tuple[Tensor, Tensor]:
        """Positive and negative rows, float32 (batch, rows) each.

        Rows below a positive one that the record does not go on from are neither, as in ours.
        """
        yes = torch.as_tensor(dense(batch.rows, len(self.hierarchy.symbols)))
        no = (1 - yes) * self.negatives[torch.as_tensor(batch.known.astype(np.int64))]
        ends = yes * (1 - resolved(yes, self.parent)[:, :-1])
        for rows in self.levels:
            above = self.parent[rows]
            untold = ends[:, above]
            no[:, rows] *= 1 - untold
            ends[:, rows] = torch.maximum(ends[:, rows], untold)
        return yes, no

    def prior_log_odds(self, data: Embedded, *, conditional: bool) -> Tensor:
        """How likely each row is before anything is read, float32 (rows,), as log odds.

        Args:
            conditional: given that the row above applies.
        """
        count = torch.full((2, len(self.parent)), SEEN)
        for start in range(0, len(data.vectors), BLOCK):
            at = np.arange(start, min(start + BLOCK, len(data.vectors)))
            yes, no = self.truth(data.take(at))
            if conditional:
                no = no * functional.pad(yes, (0, 1), value=1.0)[:, self.parent]
            count += torch.stack((yes.sum(0), no.sum(0)))
        return torch.log(count[0] / count[1])

    def upwards(self, value: Tensor) -> Tensor:
        """The largest value of each subtree (C-HMCNN's max constraint module)."""
        for rows in reversed(self.levels):
            at = self.parent[rows].expand(len(value), -1)
            value = value.scatter_reduce(1, at, value[:, rows], reduce="amax")
        return value

    def bce(self, logits: Tensor, batch: Embedded) -> Tensor:
        """Binary cross-entropy on all rows that speak."""
        yes, no = self.truth(batch)
        loss = functional.binary_cross_entropy_with_logits(logits, yes, reduction="none")
        return (loss * (yes + no)).sum(1).mean()

    def max_constraint(self, logits: Tensor, batch: Embedded) -> Tensor:
        """Giunchiglia and Lukasiewicz, "Coherent Hierarchical Multi-Label Classification
        Networks", 2020: a positive row answers with the best true row below it."""
        yes, no = self.truth(batch)
        low = torch.full_like(logits, -30.0)
        above = self.upwards(torch.where(yes > 0, logits, low))
        loss = yes * functional.softplus(-above) + no * functional.softplus(self.upwards(logits))
        return loss.sum(1).mean()

    def asymmetric(self, logits: Tensor, batch: Embedded) -> Tensor:
        """Ridnik et al., "Asymmetric Loss for Multi-Label Classification", 2021 (4, 0.05)."""
        yes, no = self.truth(batch)
        p = torch.sigmoid(logits)
        shifted = (p - 0.05).clamp(min=0)
        loss = yes * functional.softplus(-logits)
        loss += no * shifted**4 * -torch.log1p(-shifted.clamp(max=1 - 1e-6))
        return loss.sum(1).mean()


def conditional_logits(log_scores: Tensor, hierarchy: Hierarchy) -> Tensor:
    """Logits of each row given the one above, of scores that no row has above its parent.

    Args:
        log_scores: float32 (n, rows), at most 0, never growing downwards.
    """
    parent = torch.as_tensor(np.asarray(hierarchy.parent, np.int64))
    share = log_scores - functional.pad(log_scores, (0, 1))[:, parent]
    share = share.clamp(max=-1e-6)
    return share - torch.log(-torch.expm1(share))
