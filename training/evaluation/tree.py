"""Paths of symbols, as far as evaluation needs the tree: to roll up, to augment, to measure ways.

Symbols that the tree does not have (subgroups below a tree of main groups, symbols of other
releases) get their path from their digits. A 2000-series code may lie in the main group whose
number is 2000 less (A01C2001/048 in A01C1/00); it does where there is no main group of its own
number, which holds for all 16,367 such codes of release 2025.05.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from taxonomy.symbol import Rank, Symbol

__all__ = ["Tree"]


@dataclass(frozen=True, slots=True, eq=False)
class Tree:
    """The symbol above each symbol, "" above a section."""

    above: Mapping[str, str]
    _paths: dict[str, tuple[str, ...]] = field(default_factory=dict, init=False, repr=False)

    @classmethod
    def of(cls, symbols: Sequence[str], parent: ArrayLike) -> Tree:
        """The tree of label rows or of a release.

        Args:
            symbols: as printed.
            parent: int (n,), the row above each, -1 for a section.
        """
        rows: NDArray[np.int64] = np.asarray(parent, np.int64)
        return cls(
            {s: symbols[p] if p >= 0 else "" for s, p in zip(symbols, rows.tolist(), strict=True)}
        )

    def path(self, symbol: str) -> tuple[str, ...]:
        """From the section down to the symbol itself.

        Raises:
            BadSymbolError: the text is no symbol.
        """
        known = self._paths.get(symbol)
        if known is None:
            above = self.above[symbol] if symbol in self.above else self._by_digits(symbol)
            known = (*self.path(above), symbol) if above else (symbol,)
            self._paths[symbol] = known
        return known

    def at(self, symbol: str, rank: Rank) -> str:
        """The symbol above (or this one itself) at a rank; "" for one that is given above it."""
        path = self.path(symbol)
        if len(path) <= rank:
            return ""
        return path[-1] if rank == Rank.SUBGROUP else path[rank]

    def distance(self, one: str, other: str) -> int:
        """Edges from one symbol to the other; sections have one common node above them."""
        a, b = self.path(one), self.path(other)
        shared = sum(x == y for x, y in zip(a, b, strict=False))
        return len(a) + len(b) - 2 * shared

    def _by_digits(self, symbol: str) -> str:
        parsed = Symbol.parse(symbol)
        if parsed.rank == Rank.SECTION:
            return ""
        if parsed.rank < Rank.SUBGROUP:
            return str(parsed.at(Rank(parsed.rank - 1)))
        own = parsed.at(Rank.MAIN_GROUP)
        if parsed.is_indexing and str(own) not in self.above and parsed.group > 2000:
            first = f"{own.section}{own.digits}{own.letter}{own.group - 2000}/00"
            if first in self.above:
                return first
        return str(own)
