"""One release of the CPC as a tree: arrays first, the NetworkX graph when it is asked for.

Rows stand in the order of the release files, which is depth first: a subtree is a slice of rows.
Knows no file format (see `readers` and `snapshot`).
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from taxonomy.assemble import Assembly, SchemeEntry
from taxonomy.errors import BadSymbolError, ReleaseFileError, UnknownSymbolError
from taxonomy.flags import Flag, derived
from taxonomy.order import subtree_ends
from taxonomy.symbol import Rank, Symbol
from taxonomy.titles import Titles
from taxonomy.walks import closure, depths, lineages, roll_up, siblings, within

if TYPE_CHECKING:
    import networkx as nx

    from taxonomy.search import TitleSearch

__all__ = ["SchemeEntry", "Taxonomy"]


class Taxonomy:
    """One release; immutable. Symbols are given in any spelling and come back as official.

    Attributes:
        release: such as `2025.05`.
        symbols: the symbol of each row.
        parent_rows: int32 (n,), the row of each parent, -1 for a section; read-only.
        ranks: int8 (n,), values of `Rank`; read-only.
        titles: the title of each row, "" where none is known.
        flags: uint8 (n,), bits of `Flag`; read-only.
        ends: int32 (n,), the first row after the subtree of each; read-only.
    """

    def __init__(
        self,
        release: str,
        symbols: Iterable[str],
        parent: ArrayLike,
        rank: ArrayLike,
        titles: Titles | Iterable[str],
        flags: ArrayLike | None = None,
        index: Path | None = None,
    ) -> None:
        """Takes the rows as they are.

        Args:
            release: such as `2025.05`.
            symbols: n symbols, as the official files print them.
            parent: int (n,), rows of the parents, -1 for a section.
            rank: int (n,), values of `Rank`.
            titles: n titles.
            flags: uint8 (n,), bits of `Flag`; without them, what follows from the symbols alone.
            index: for `search`, see `search_index.build_index`; without it the first search makes
                it in memory, which takes about 10 s for a whole release.

        Raises:
            ReleaseFileError: the rows are no tree in depth-first order, or lengths differ.
        """
        self.release = release
        self._index = index
        self.symbols = tuple(symbols)
        self.titles = titles if isinstance(titles, Titles) else Titles.of(titles)
        self.parent_rows = np.array(parent, np.int32)
        self.ranks = np.array(rank, np.int8)
        told = derived(self.symbols, self.ranks) if flags is None else flags
        self.flags = np.array(told, np.uint8)
        shape = (len(self.symbols),)
        parts = self.parent_rows, self.ranks, self.flags
        if any(part.shape != shape for part in parts) or len(self.titles) != shape[0]:
            raise ReleaseFileError(
                f"release {release}: {shape[0]} symbols, but {self.parent_rows.shape} parents, "
                f"{self.ranks.shape} ranks, {self.flags.shape} flags and {len(self.titles)} titles"
            )
        self.ends = subtree_ends(self.parent_rows, self.symbols, release)
        for array in (*parts, self.ends):
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
    def assembled(cls, release: str, rows: Assembly, flags: ArrayLike | None = None) -> Taxonomy:
        """The tree of the rows of a finished assembly, and their flags where they are known."""
        return cls(release, rows.symbols, rows.parents, rows.ranks, rows.titles, flags)

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

    def find(self, symbols: Iterable[str]) -> NDArray[np.int32]:
        """The rows of symbols as the official files print them: int32 (k,), -1 for unknown ones."""
        known = self._rows.get
        return np.array([known(symbol, -1) for symbol in symbols], np.int32)

    def rows(self, symbols: Iterable[str | Symbol]) -> NDArray[np.int32]:
        """The rows of many symbols: int32 (k,).

        Raises:
            BadSymbolError: one of them is no symbol.
            UnknownSymbolError: this release does not have one of them.
        """
        given = [str(symbol) for symbol in symbols]
        rows = self.find(given)
        for i in np.flatnonzero(rows < 0):  # spelled in another way, or unknown
            rows[i] = self.row(given[i])
        return rows

    def title(self, symbol: str | Symbol) -> str:
        """The title, "" where none is known."""
        return self.titles[self.row(symbol)]

    def rank(self, symbol: str | Symbol) -> Rank:
        """The rank of a symbol of this release."""
        return Rank(int(self.ranks[self.row(symbol)]))

    def flag(self, symbol: str | Symbol) -> Flag:
        """What holds for a symbol."""
        return Flag(int(self.flags[self.row(symbol)]))

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
        first, end = row + 1, int(self.ends[row])
        below = np.flatnonzero(self.parent_rows[first:end] == row)
        return tuple(self.symbols[first + int(i)] for i in below)

    def descendants(self, symbol: str | Symbol) -> tuple[str, ...]:
        """All symbols below, in order, without the symbol itself."""
        row = self.row(symbol)
        return self.symbols[row + 1 : int(self.ends[row])]

    def siblings(self, symbol: str | Symbol) -> tuple[str, ...]:
        """The other symbols with the same parent, in order."""
        row = self.row(symbol)
        _, beside = self.siblings_of([row])
        return tuple(self.symbols[int(i)] for i in beside if i != row)

    def subtree(self, symbol: str | Symbol) -> slice:
        """The rows of a symbol and of all below it."""
        row = self.row(symbol)
        return slice(row, int(self.ends[row]))

    def roll_up(self, symbol: str | Symbol, rank: Rank) -> str:
        """The symbol of a rank on the path; the symbol itself if it lies at or above the rank."""
        return self.symbols[int(self.rolled_up([self.row(symbol)], rank)[0])]

    def closure(self, symbols: Iterable[str | Symbol]) -> set[str]:
        """The symbols and all their ancestors."""
        return {self.symbols[row] for row in self.closed(self.rows(set(symbols))).tolist()}

    @cached_property
    def depths(self) -> NDArray[np.int8]:
        """How many symbols lie above each: int8 (n,), 0 for a section, 3 for a main group."""
        return depths(self.parent_rows)

    def lineages(self, rows: ArrayLike) -> NDArray[np.int32]:
        """The path of each of k rows: int32 (k, d), the row at each depth, -1 beyond itself."""
        return lineages(self.parent_rows, self.depths, np.asarray(rows, np.int32))

    def rolled_up(self, rows: ArrayLike, rank: Rank) -> NDArray[np.int32]:
        """The row of a rank above each of k rows: int32 (k,); see `roll_up`."""
        return roll_up(self.parent_rows, self.ranks, np.asarray(rows, np.int32), rank)

    def closed(self, rows: ArrayLike) -> NDArray[np.int32]:
        """The rows and all above them: int32, ascending, each once."""
        return closure(self.parent_rows, np.asarray(rows, np.int32))

    def within(self, rows: ArrayLike) -> NDArray[np.bool_]:
        """Which rows lie in the subtree of any of the given ones: bool (n,)."""
        return within(self.ends, np.asarray(rows, np.int32))

    def siblings_of(self, rows: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """The rows beside each of k rows, itself included.

        Returns:
            int64 (k + 1,), where those of each row begin, and int32, all of them in order.
        """
        return siblings(self.parent_rows, np.asarray(rows, np.int32))

    def up_to(self, rank: Rank) -> Taxonomy:
        """The same release without what lies below a rank."""
        kept = np.flatnonzero(self.ranks <= rank).astype(np.int32)
        moved = np.cumsum(self.ranks <= rank, dtype=np.int32) - 1
        above = self.parent_rows[kept]
        parent = np.where(above >= 0, moved[above], -1)
        symbols = [self.symbols[int(row)] for row in kept]
        titles = self.titles.take(kept)
        return Taxonomy(self.release, symbols, parent, self.ranks[kept], titles, self.flags[kept])

    def search(self, query: str, limit: int = 20) -> list[str]:
        """Symbols by the words of their titles, labels and definitions; see `taxonomy.search`.

        Args:
            query: words, of which the last may be unfinished, or a symbol, which comes first.
            limit: how many at most.

        Returns:
            Symbols, the best first.

        Raises:
            SnapshotError: the release's index is missing, damaged, or of another tree.
        """
        limit = max(limit, 0)
        found = [self.symbols[row] for row in self._search.rows(query, limit)]
        if query in self:
            itself = self.symbols[self.row(query)]
            found = [itself, *(symbol for symbol in found if symbol != itself)]
        return found[:limit]

    @cached_property
    def _search(self) -> TitleSearch:
        from taxonomy.search import TitleSearch  # needs rows of a tree, and SQLite

        return TitleSearch.open(self._index, self) if self._index else TitleSearch.of(self)

    @cached_property
    def graph(self) -> nx.DiGraph[Any]:
        """The release as a frozen `nx.DiGraph`; see `taxonomy.graph`."""
        from taxonomy.graph import to_graph  # needs rows of a tree, and NetworkX

        return to_graph(self)
