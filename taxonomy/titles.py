"""The titles of a release as one block of bytes, decoded one by one when asked for."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

__all__ = ["Titles"]


class Titles:
    """Titles by row, immutable.

    Attributes:
        block: UTF-8, each title followed by a line feed; no title holds one itself.
        starts: int64 (n + 1,), where each title begins in `block`, and where the last one ends.
    """

    __slots__ = ("block", "starts")

    def __init__(self, block: bytes) -> None:
        self.block = block
        ends = np.flatnonzero(np.frombuffer(block, np.uint8) == ord("\n")) + 1
        self.starts: NDArray[np.int64] = np.concatenate(([0], ends)).astype(np.int64)
        self.starts.setflags(write=False)

    @classmethod
    def of(cls, titles: Iterable[str]) -> Titles:
        """Packs texts; a line feed within one becomes a space."""
        return cls("".join(t.replace("\n", " ") + "\n" for t in titles).encode())

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __getitem__(self, row: int) -> str:
        return self.block[self.starts[row] : self.starts[row + 1] - 1].decode()

    def take(self, rows: NDArray[np.int32]) -> Titles:
        """The titles of some rows, in their order."""
        return Titles.of(self[int(row)] for row in rows)
