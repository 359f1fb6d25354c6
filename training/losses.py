"""The losses, as pure functions of tensors.

Records whose labels are not complete never count an unlisted symbol as a negative: the masks say
which rows speak. All losses are means over the batch of sums over rows.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

__all__ = ["conditional_loss", "contrastive_loss", "joint_loss", "listwise_loss", "resolved"]


def resolved(positive: Tensor, parent: Tensor) -> Tensor:
    """Where a record's labels go on below a row: float32 (batch, n_rows + 1).

    1 at a row with a positive child; the last column stands for the root, always 1. A record that
    is known to a subclass only says nothing about the main groups below it.
    """
    batch, n = positive.shape
    below = torch.zeros(batch, n + 1, dtype=positive.dtype, device=positive.device)
    at = torch.where(parent >= 0, parent, torch.full_like(parent, n))
    below.scatter_reduce_(1, at.expand(batch, n), positive, reduce="amax")
    below[:, n] = 1.0
    return below


def conditional_loss(logits: Tensor, positive: Tensor, negative: Tensor, parent: Tensor) -> Tensor:
    """Binary cross-entropy on the children of positive nodes.

    Args:
        logits: float32 (batch, n_rows), conditional logits.
        positive: float32 (batch, n_rows), 1 for a true row, closed under ancestors.
        negative: float32 (batch, n_rows), 1 where an unlisted row is a negative.
        parent: int64 (n_rows,), -1 for a section.

    Returns:
        float32 (batch,), summed over the rows that speak.
    """
    at = torch.where(parent >= 0, parent, torch.full_like(parent, positive.shape[1]))
    open_parent = (functional.pad(positive, (0, 1), value=1.0) * resolved(positive, parent))[:, at]
    speaks = open_parent * torch.maximum(positive, negative)
    loss = functional.binary_cross_entropy_with_logits(logits, positive, reduction="none")
    return (loss * speaks).sum(1)


def joint_loss(
    log_score: Tensor, positive: Tensor, negative: Tensor, parent: Tensor, rows: Tensor
) -> Tensor:
    """Negative log-likelihood of the scores themselves at some rows, for all the negatives there.

    Args:
        log_score: float32 (batch, n_rows), log s_n.
        rows: int64 (k,), the rows that count (the upper ranks).

    Returns:
        float32 (batch,), summed over ``rows``.
    """
    log_s = log_score[:, rows].clamp(max=-1e-6)
    at = torch.where(parent >= 0, parent, torch.full_like(parent, positive.shape[1]))[rows]
    # below a positive parent that the record does not resolve, nothing is known
    known_parent = 1.0 - functional.pad(positive, (0, 1), value=1.0)[:, at]
    known = torch.maximum(known_parent, resolved(positive, parent)[:, at])
    yes = positive[:, rows]
    no = (1.0 - yes) * negative[:, rows] * known
    log_not = torch.log(-torch.expm1(log_s))
    return -(yes * log_s + no * log_not).sum(1)


def listwise_loss(log_score: Tensor, positive: Tensor, negative: Tensor, rows: Tensor) -> Tensor:
    """Cross-entropy of the true rows against the others: what makes the first guess right.

    A record whose labels are not complete meets, like a contrastive query, only the rows of the
    other texts of its batch; what it knows to be false counts always.

    Args:
        log_score: float32 (batch, n_rows), log s_n.
        positive: float32 (batch, n_rows), 1 for a true row.
        negative: float32 (batch, n_rows), 1 where an unlisted row is a negative.
        rows: int64 (k,), the rows of one rank, which compete.

    Returns:
        float32 (batch,); 0 where a record has no positive among ``rows``.
    """
    yes = positive[:, rows]
    present = yes.amax(0, keepdim=True)
    rivals = torch.maximum(torch.maximum(yes, negative[:, rows]), present)
    log_s = log_score[:, rows].masked_fill(rivals == 0, float("-inf"))
    share = torch.where(yes > 0, torch.log_softmax(log_s, dim=1), 0.0)
    return -share.sum(1) / yes.sum(1).clamp(min=1.0)


def contrastive_loss(query: Tensor, key: Tensor, allowed: Tensor, temperature: float) -> Tensor:
    """InfoNCE: each filing meets its own text among those of unrelated places.

    Args:
        query: float32 (batch, d), unit length.
        key: float32 (keys, d), unit length; key i is the positive of query i.
        allowed: bool (batch, keys), True where a key may be a negative (no subclass is shared);
            the positives themselves are always kept.
        temperature: of the softmax.

    Returns:
        float32 (batch,).
    """
    similarity = query @ key.T / temperature
    own = torch.eye(query.shape[0], key.shape[0], dtype=torch.bool, device=query.device)
    similarity = similarity.masked_fill(~(allowed | own), float("-inf"))
    target = torch.arange(query.shape[0], device=query.device)
    return functional.cross_entropy(similarity, target, reduction="none")
