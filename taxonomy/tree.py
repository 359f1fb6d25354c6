"""One release of the CPC as a tree: arrays first, the NetworkX graph when it is asked for.

Rows stand in the order of the release files, which is depth first: a subtree is a slice of rows.
Knows no file format (see `readers` and `snapshot`).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from taxonomy.assemble import Assembly, SchemeEntry
from taxonomy.errors import BadSymbolError, ReleaseFileError, UnknownSymbolError
from taxonomy.order import subtree_ends
from taxonomy.search import TitleSearch
from taxonomy.symbol import Rank, Symbol
from taxonomy.titles import Titles

if TYPE_CHECKING:
    import networkx as nx

__all__ = ["SchemeEntry", "Taxonomy"]


class Taxonomy:
    """One release; immutable. Symbols are given in any spelling and come back as official.

    Attributes:
        release: such as `2025.05`.
        symbols: the symbol of each row.
        parent_rows: int32 (n,), the row of each parent, -1 for a section; read-only.
        ranks: int8 (n,), values of `Rank`; read-only.
        titles: the title of each row, "" where none is known.
    """

    def __init__(
        self,
        release: str,
        symbols: Iterable[str],
        parent: ArrayLike,
        rank: ArrayLike,
        titles: Titles | Iterable[str],
    ) -> None:
        """Takes the rows as they are.

        Args:
            release: such as `2025.05`.
            symbols: n symbols, as the official files print them.
            parent: int (n,), rows of the parents, -1 for a section.
            rank: int (n,), values of `Rank`.
            titles: n titles.

        Raises:
            ReleaseFileError: the rows are no tree in depth-first order, or lengths differ.
        """
        self.release = release
        self.symbols = tuple(symbols)
        self.titles = titles if isinstance(titles, Titles) else Titles.of(titles)
        self.parent_rows = np.array(parent, np.int32)
        self.ranks = np.array(rank, np.int8)
        shape = (len(self.symbols),)
        if not (self.parent_rows.shape == self.ranks.shape == shape == (len(self.titles),)):
            raise ReleaseFileError(
                f"release {release}: {shape[0]} symbols, but {self.parent_rows.shape} parents, "
                f"{self.ranks.shape} ranks and {len(self.titles)} titles"
            )
        self._ends = subtree_ends(self.parent_rows, self.symbols, release)
        for array in (self.parent_rows, self.ranks, self._ends):
            array.setflags(write=False)

    @classmethod
    def from_entries(cls, release: str, entries: Iterable[SchemeEntry]) -> Taxonomy:
        """Builds the tree from rows in the order of the scheme.

        Raises:
            ReleaseFileError: a row does not fit below those before it; names its number.
        """
        assembly = Assembly()
        for number, entry in enumerate(entries, 1):
            assembly.add(entry, f"row {number}")
        return cls.assembled(release, assembly)

    @classmethod
    def assembled(cls, release: str, rows: Assembly) -> Taxonomy:
        """The tree of the rows of a finished assembly."""
        return cls(release, rows.symbols, rows.parents, rows.ranks, rows.titles)

    def __len__(self) -> int:
        return len(self.symbols)

    def __contains__(self, symbol: object) -> bool:
        if not isinstance(symbol, str | Symbol):
            return False
        try:
            self.row(symbol)
        except (BadSymbolError, UnknownSymbolError):
            return False
        return True

    def __repr__(self) -> str:
        return f"Taxonomy({self.release}, {len(self)} symbols)"

    @cached_property
    def _rows(self) -> dict[str, int]:
        return dict(zip(self.symbols, range(len(self)), strict=True))

    def row(self, symbol: str | Symbol) -> int:
        """The row of a symbol.

        Raises:
            BadSymbolError: it is no symbol.
            UnknownSymbolError: this release does not have it.
        """
        found = self._rows.get(str(symbol))
        if found is None:
            official = str(Symbol.parse(str(symbol)))
            found = self._rows.get(official)
            if found is None:
                raise UnknownSymbolError(
                    f"{official} is not in release {self.release} of the CPC "
                    f"(as it is here, down to {Rank(int(self.ranks.max(initial=0))).label})"
                )
        return found

    def title(self, symbol: str | Symbol) -> str:
        """The title, "" where none is known."""
        return self.titles[self.row(symbol)]

    def rank(self, symbol: str | Symbol) -> Rank:
        """The rank of a symbol of this release."""
        return Rank(int(self.ranks[self.row(symbol)]))

    def parent(self, symbol: str | Symbol) -> str:
        """The symbol above, "" for a section."""
        above = int(self.parent_rows[self.row(symbol)])
        return self.symbols[above] if above >= 0 else ""

    def path(self, symbol: str | Symbol) -> tuple[str, ...]:
        """The ancestors, section first, and the symbol itself."""
        row, upward = self.row(symbol), []
        while row >= 0:
            upward.append(self.symbols[row])
            row = int(self.parent_rows[row])
        return tuple(reversed(upward))

    def ancestors(self, symbol: str | Symbol) -> tuple[str, ...]:
        """The ancestors, section first, without the symbol itself."""
        return self.path(symbol)[:-1]

    def children(self, symbol: str | Symbol) -> tuple[str, ...]:
        """The symbols directly below, in order."""
        row = self.row(symbol)
        first, end = row + 1, int(self._ends[row])
        below = np.flatnonzero(self.parent_rows[first:end] == row)
        return tuple(self.symbols[first + int(i)] for i in below)

    def descendants(self, symbol: str | Symbol) -> tuple[str, ...]:
        """All symbols below, in order, without the symbol itself."""
        row = self.row(symbol)
        return self.symbols[row + 1 : int(self._ends[row])]

    def roll_up(self, symbol: str | Symbol, rank: Rank) -> str:
        """The symbol of a rank on the path; the symbol itself if it lies at or above the rank."""
        row = self.row(symbol)
        while self.ranks[row] > rank:
            row = int(self.parent_rows[row])
        return self.symbols[row]

    def closure(self, symbols: Iterable[str | Symbol]) -> set[str]:
        """The symbols and all their ancestors."""
        return {step for symbol in symbols for step in self.path(symbol)}

    def up_to(self, rank: Rank) -> Taxonomy:
        """The same release without what lies below a rank."""
        kept = np.flatnonzero(self.ranks <= rank).astype(np.int32)
        moved = np.cumsum(self.ranks <= rank, dtype=np.int32) - 1
        above = self.parent_rows[kept]
        parent = np.where(above >= 0, moved[above], -1)
        symbols = [self.symbols[int(row)] for row in kept]
        return Taxonomy(self.release, symbols, parent, self.ranks[kept], self.titles.take(kept))

    def search(self, query: str, limit: int = 20) -> list[str]:
        """Symbols whose titles hold all words of a query, best first.

        Args:
            query: words, of which the last may be unfinished, or a symbol, which comes first.
            limit: how many at most.

        Returns:
            Symbols; see `taxonomy.search` for the ranking.
        """
        found = [self.symbols[row] for row in self._search.rows(query, max(limit, 0) + 1)]
        if query in self:
            itself = self.symbols[self.row(query)]
            found = [itself, *(s for s in found if s != itself)]
        return found[: max(limit, 0)]

    @cached_property
    def _search(self) -> TitleSearch:
        return TitleSearch(self.titles, self.parent_rows, self.ranks, self._ends)

    @cached_property
    def graph(self) -> nx.DiGraph[Any]:
        """Frozen `nx.DiGraph`, edges from parent to child, nodes with `rank` and `title`."""
        import networkx as nx

        graph = nx.DiGraph(release=self.release)
        for row, symbol in enumerate(self.symbols):
            graph.add_node(symbol, rank=Rank(int(self.ranks[row])), title=self.titles[row])
        graph.add_edges_from(
            (self.symbols[above], symbol)
            for above, symbol in zip(self.parent_rows.tolist(), self.symbols, strict=True)
            if above >= 0
        )
        return nx.freeze(graph)
