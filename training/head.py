"""The conditional tree head.

For every row n: logit q_n = scale_rank * <W_rank f, t_n + d_n> + b_n, the probability that the
subtree of n applies given that its parent's does; s_n is the product of q over the path. t_n is
the text vector of the symbol, d_n a learned residual that starts at 0.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from cpc_classifier.hierarchy import Hierarchy

__all__ = ["TreeHead", "log_scores"]

RANKS = 4


class TreeHead(nn.Module):
    """Conditional logits of all label rows.

    Attributes:
        text: float32 (n_rows, dim), t_n; a buffer, recomputed from the encoder.
        residual: float32 (n_rows, dim), d_n.
        bias: float32 (n_rows,).
        turn: float32 (4, dim, dim), W_rank, starts as the identity.
        log_scale: float32 (4,).
    """

    rank: Tensor
    text: Tensor

    def __init__(self, hierarchy: Hierarchy, dim: int) -> None:
        super().__init__()
        n = len(hierarchy.symbols)
        self.register_buffer("rank", torch.as_tensor(np.asarray(hierarchy.rank, np.int64)))
        self.register_buffer("text", torch.zeros(n, dim))
        self.residual = nn.Parameter(torch.zeros(n, dim))
        self.bias = nn.Parameter(torch.full((n,), -4.0))
        self.turn = nn.Parameter(torch.eye(dim).repeat(RANKS, 1, 1))
        self.log_scale = nn.Parameter(torch.full((RANKS,), float(np.log(10.0))))

    def vectors(self) -> Tensor:
        """What the embedding is multiplied with: float32 (n_rows, dim).

        scale_rank * W_rank^T (t_n + d_n), so that one product with f gives all logits.
        """
        places = self.text + self.residual
        turned = torch.empty_like(places)
        for rank in range(RANKS):
            at = self.rank == rank
            turned[at] = (places[at] @ self.turn[rank]) * self.log_scale[rank].exp()
        return turned

    def forward(self, embedding: Tensor) -> Tensor:
        """Conditional logits, float32 (batch, n_rows), from float32 (batch, dim)."""
        return functional.linear(embedding, self.vectors(), self.bias)


def log_scores(logits: Tensor, hierarchy: Hierarchy) -> Tensor:
    """log s_n, float32 (batch, n_rows): the sum of log q over the path of each row.

    Args:
        logits: float32 (batch, n_rows), conditional logits.
    """
    conditional = functional.logsigmoid(logits)
    parent = torch.as_tensor(np.asarray(hierarchy.parent, np.int64), device=logits.device)
    total = conditional
    above = parent
    while bool((above >= 0).any()):
        padded = functional.pad(conditional, (0, 1))
        total = total + padded[:, above]
        above = torch.where(above >= 0, parent[above.clamp(min=0)], above)
    return total
