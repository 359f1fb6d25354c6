"""Embeddings of the passages of many filings, and what they are together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from cpc_classifier.passages import Piece
from training.pooling import AttentionPool

__all__ = ["PassageVectors"]

BLOCK = 1024
"""Filings pooled together."""


@dataclass(frozen=True, slots=True, eq=False)
class PassageVectors:
    """The passages of n filings, one filing after the other.

    Attributes:
        vectors: float16 (P, dim), unit length up to rounding.
        kinds: int64 (P,), places in ``cpc_classifier.passages.KINDS``.
        starts: int64 (n + 1,); those of filing i are ``starts[i]:starts[i + 1]``, at least one.
    """

    vectors: np.ndarray
    kinds: np.ndarray
    starts: np.ndarray

    @classmethod
    def of(cls, vectors: np.ndarray, pieces: Sequence[Sequence[Piece]]) -> PassageVectors:
        """Vectors in the order of all pieces."""
        kinds = np.array([piece.kind for own in pieces for piece in own], np.int64)
        return cls(vectors, kinds, np.cumsum([0, *(len(own) for own in pieces)]))

    def __len__(self) -> int:
        return len(self.starts) - 1

    @property
    def counts(self) -> np.ndarray:
        """int64 (n,): passages of each filing."""
        return np.diff(self.starts)

    def take(self, at: np.ndarray, kept: np.ndarray | None = None) -> PassageVectors:
        """Some of the filings.

        Args:
            at: int64 (k,), which.
            kept: bool (P,), passages that are not left out; None: all. Of a filing with none kept,
                all are.
        """
        places = [np.arange(self.starts[i], self.starts[i + 1]) for i in at.tolist()]
        if kept is not None:
            places = [own[kept[own]] if kept[own].any() else own for own in places]
        rows = np.concatenate(places)
        starts = np.cumsum([0, *(len(own) for own in places)])
        return PassageVectors(self.vectors[rows], self.kinds[rows], starts)

    def pool(self, pool: AttentionPool) -> Tensor:
        """float32 (n, dim), with gradients where they are on."""
        owner = torch.as_tensor(np.repeat(np.arange(len(self)), self.counts))
        member = (owner == torch.arange(len(self)).unsqueeze(1)).to(torch.float32)
        passages = torch.as_tensor(self.vectors.astype(np.float32))
        return pool(passages, torch.as_tensor(self.kinds), member)

    def pooled(self, pool: AttentionPool) -> np.ndarray:
        """float16 (n, dim), unit length up to rounding."""
        found = np.empty((len(self), self.vectors.shape[1]), np.float16)
        with torch.inference_mode():
            for start in range(0, len(self), BLOCK):
                at = np.arange(start, min(start + BLOCK, len(self)))
                found[at] = self.take(at).pool(pool).numpy().astype(np.float16)
        return found
