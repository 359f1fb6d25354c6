"""What the scheme says of a place beside its title and flags: notes, references, the IPC place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from taxonomy.tree import Taxonomy

__all__ = ["CPC_ONLY", "Note", "Scheme"]

CPC_ONLY = "CPCONLY"
"""Stands for the IPC place of a symbol that IPC has no place for."""


@dataclass(frozen=True, slots=True)
class Note:
    """A note or warning at a place.

    Attributes:
        kind: `note` or `warning`.
        about: type of a warning: `reclass-source`, `reclass-destination`, `ipc-not-used`, or "".
        text: as plain text.
        symbols: the CPC symbols that it names, in order.
    """

    kind: str
    about: str
    text: str
    symbols: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Scheme:
    """A release as its scheme XML tells it.

    Attributes:
        taxonomy: the tree, with titles and flags.
        revised: int32 (n,), when each row was last revised, as YYYYMMDD; 0 where it is not said.
        ipc: the IPC symbol of each row, `CPC_ONLY`, or "" where it is not said.
        notes: notes and warnings by symbol.
        references: the symbols that the references of a title name, by symbol.
        missing: files that the scheme links to and that were not there.
    """

    taxonomy: Taxonomy
    revised: NDArray[np.int32]
    ipc: tuple[str, ...]
    notes: dict[str, tuple[Note, ...]]
    references: dict[str, tuple[str, ...]]
    missing: tuple[str, ...]
