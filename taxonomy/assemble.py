"""From the rows of a release file to parents and ranks.

The rule (Guide to the CPC, and the official title lists): rows stand in the order of the scheme;
a main group has 0 dots and lies in its subclass; a row with k dots lies below the last row with
k - 1 dots of the same main group. A 2000-series code stands where it belongs, so its parent
follows from its place like any other's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from taxonomy.errors import BadSymbolError, ReleaseFileError
from taxonomy.symbol import Rank, Symbol

__all__ = ["Assembly", "SchemeEntry"]

_SUBGROUP = re.compile(r"[A-HY][0-9]{2}[A-Z][1-9][0-9]{0,3}/(?!00$)[0-9](?:[0-9]|[0-9]{1,4}[1-9])")


@dataclass(frozen=True, slots=True)
class SchemeEntry:
    """One row of a release file.

    Attributes:
        symbol: as the official files print it.
        dots: 0 for a main group, 1 and more below it, -1 above it.
        title: the official title.
    """

    symbol: str
    dots: int
    title: str


class Assembly:
    """Takes rows in the order of the scheme and finds the parent of each.

    Attributes:
        symbols: symbol of each row so far.
        parents: row of its parent, -1 for a section.
        ranks: its rank.
        titles: its title.
    """

    def __init__(self) -> None:
        self.symbols: list[str] = []
        self.parents: list[int] = []
        self.ranks: list[int] = []
        self.titles: list[str] = []
        self._places: dict[str, str] = {}
        # The open row of each level: section, class, subclass, main group, 1 dot, 2 dots, ...
        self._open: list[int] = []

    def add(self, entry: SchemeEntry, where: str) -> None:
        """Adds the next row.

        Args:
            entry: the row.
            where: file and line, for messages.

        Raises:
            ReleaseFileError: the row does not fit below those before it.
        """
        text = entry.symbol
        rank = _rank(text, where)
        if text in self._places:
            raise ReleaseFileError(f"{where}: {text} is a duplicate of {self._places[text]}")
        level = self._level(rank, entry, where)
        parent = self._open[level - 1] if level else -1
        if level:
            self._check_place(text, rank, self.symbols[parent], where)
        self._places[text] = where
        del self._open[level:]
        self._open.append(len(self.symbols))
        self.symbols.append(text)
        self.parents.append(parent)
        self.ranks.append(rank)
        self.titles.append(entry.title)

    def _level(self, rank: Rank, entry: SchemeEntry, where: str) -> int:
        """How many rows lie above this one on its path."""
        level = _written_level(rank, entry, where)
        if level <= len(self._open):
            return level
        last = self.symbols[-1] if self.symbols else "nothing"
        if level > Rank.SUBGROUP and len(self._open) > Rank.MAIN_GROUP:
            had = len(self._open) - Rank.MAIN_GROUP - 1
            raise ReleaseFileError(
                f"{where}: {entry.symbol} jumps to {entry.dots} dots; {last} before it has {had}"
            )
        above = Rank(min(level, Rank.SUBGROUP) - 1).label
        raise ReleaseFileError(
            f"{where}: {entry.symbol} follows {last}, and no {above} stands above it"
        )

    @staticmethod
    def _check_place(text: str, rank: Rank, parent: str, where: str) -> None:
        """A row must lie below the section, class or subclass that its symbol names.

        Below a main group the digits say no more than that (2000-series).
        """
        length = _LENGTHS[min(rank, Rank.MAIN_GROUP) - 1]
        if text[:length] != parent[:length]:
            raise ReleaseFileError(
                f"{where}: {text} stands under {parent}, not under {text[:length]}"
            )


_LENGTHS = (1, 3, 4)  # characters of a section, class and subclass


def _written_level(rank: Rank, entry: SchemeEntry, where: str) -> int:
    """The level that rank and dots say, if they agree."""
    if rank < Rank.MAIN_GROUP:
        if entry.dots != -1:
            raise ReleaseFileError(
                f"{where}: {entry.symbol} is a {rank.label} and has {entry.dots} dots; "
                "it must have none"
            )
        return int(rank)
    if (entry.dots == 0) != (rank == Rank.MAIN_GROUP) or entry.dots < 0:
        said = f"{entry.dots} dots" if entry.dots >= 0 else "no number of dots"
        raise ReleaseFileError(
            f"{where}: {entry.symbol} is a {rank.label} and has {said}; "
            "a main group has 0, a subgroup 1 or more"
        )
    return Rank.MAIN_GROUP + entry.dots


def _rank(text: str, where: str) -> Rank:
    """The rank of a symbol that is spelled as the official files spell it."""
    if _SUBGROUP.fullmatch(text):  # nearly all rows; `Symbol` takes a multiple of the time
        return Rank.SUBGROUP
    try:
        symbol = Symbol.parse(text)
    except BadSymbolError as error:
        raise ReleaseFileError(f"{where}: {error}") from error
    if str(symbol) != text:
        raise ReleaseFileError(f"{where}: {text!r} must be spelled {symbol} in a release file")
    return symbol.rank
