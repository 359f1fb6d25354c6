"""What a model says of filings at one rank: the form that every model is measured in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

__all__ = ["Predictions"]


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """The best symbols of some filings at one rank.

    Attributes:
        symbols: the symbol of each column, as the official files print it.
        scores: float32 csr (n_filings, len(symbols)); within a filing, entries stand in order of
            their scores, best first. A symbol without an entry was not guessed: its score is 0.
        calibrated: whether the scores are probabilities, so that calibration can be measured.
    """

    symbols: tuple[str, ...]
    scores: sp.csr_array
    calibrated: bool = True

    def __post_init__(self) -> None:
        if self.scores.shape[1] != len(self.symbols):
            raise ValueError(f"{self.scores.shape[1]} columns for {len(self.symbols)} symbols")

    def __len__(self) -> int:
        return int(self.scores.shape[0])

    def ranked(self, filing: int) -> list[str]:
        """The symbols of a filing, best first."""
        return [self.symbols[i] for i in self.entries(filing)[0]]

    def entries(self, filing: int) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Columns int32 (k,) and scores float32 (k,) of a filing, best first."""
        span = slice(self.scores.indptr[filing], self.scores.indptr[filing + 1])
        return self.scores.indices[span], self.scores.data[span]

    @classmethod
    def best(
        cls,
        symbols: Sequence[str],
        scores: NDArray[np.float32],
        limit: int,
        calibrated: bool = True,
    ) -> Predictions:
        """Keep the ``limit`` best of dense scores; ties go to the earlier column.

        Args:
            symbols: the symbol of each column.
            scores: float32 (n_filings, len(symbols)).
        """
        kept = np.argsort(-scores, axis=1, kind="stable")[:, :limit].astype(np.int32)
        data = np.take_along_axis(scores, kept, axis=1).astype(np.float32)
        starts = np.arange(len(scores) + 1, dtype=np.int32) * kept.shape[1]
        matrix = sp.csr_array((data.ravel(), kept.ravel(), starts), shape=scores.shape)
        return cls(tuple(symbols), matrix, calibrated)
