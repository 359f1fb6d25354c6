"""The attention that pools the passages of a filing into one embedding.

    f = unit( sum_i w_i e_i ),   w = softmax over the filing's passages of <u, e_i> + b_kind(i)

u and b are learned; at 0 it is the mean. A filing with one passage is that passage. After Yang et
al., "Hierarchical attention networks for document classification", NAACL 2016, without the inner
layer, as there are few filings with many passages to learn from.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from cpc_classifier.passages import KINDS

__all__ = ["AttentionPool"]


class AttentionPool(nn.Module):
    """Embeddings of passages -> embeddings of filings.

    Attributes:
        query: float32 (dim,), u.
        prior: float32 (len(KINDS),), b: what a kind of passage is worth before it is read.
    """

    kinds: Tensor

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.query = nn.Parameter(torch.zeros(dim))
        self.prior = nn.Parameter(torch.zeros(len(KINDS)))
        self.register_buffer("kinds", torch.arange(len(KINDS)), persistent=False)

    def forward(self, passages: Tensor, kinds: Tensor, member: Tensor) -> Tensor:
        """Pool them.

        Args:
            passages: float32 (P, dim), unit length.
            kinds: int64 (P,), places in ``KINDS``.
            member: float32 (filings, P), 1 where a passage is one of the filing's, of which there
                is at least one.

        Returns:
            float32 (filings, dim), unit length.
        """
        # sums of products, so that the int8 graph keeps these few numbers as they are
        own = (kinds.unsqueeze(1) == self.kinds).to(passages.dtype)
        worth = (passages * self.query).sum(1) + (own * self.prior).sum(1)
        worth = torch.where(member > 0, worth, torch.full_like(member, float("-inf")))
        return functional.normalize(torch.softmax(worth, dim=1) @ passages, dim=-1)
