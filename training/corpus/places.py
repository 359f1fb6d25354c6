"""Where the symbols of records lie in the release that is learnt, and what became of each.

A CPC symbol is itself where the release has it; else what the migration from older releases says
(`migration`); else the deepest symbol above it, by its spelling, that the release has. An IPC
symbol lies where `taxonomy.ipc` puts it. One without a place is dropped. All are counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from taxonomy.errors import CpcError
from taxonomy.ipc import shared_place
from taxonomy.symbol import Rank, Symbol
from taxonomy.tree import Taxonomy

__all__ = ["Place", "Places", "raised", "resolve"]

DROPPED = "dropped"


class Place(NamedTuple):
    """The symbol of the release, "" for none, and how it was found, in a few words."""

    symbol: str
    fate: str


class Places:
    """Symbols of records to symbols of one release; counts as it goes.

    Args:
        taxonomy: the release.
        concordance: CPC symbol -> IPC symbol, which tells where an IPC symbol lies in CPC; None:
            what the two schemes share by their symbols.
        moved: CPC symbols that the release lacks, by what older releases tell of them.
    """

    def __init__(
        self,
        taxonomy: Taxonomy,
        concordance: Mapping[str, str] | None = None,
        moved: Mapping[str, Place] | None = None,
    ) -> None:
        self.taxonomy, self.concordance, self.moved = taxonomy, concordance, moved or {}
        self._known: dict[tuple[str, str], Place] = {}
        self._met: Counter[tuple[str, str]] = Counter()

    def cpc(self, symbol: str) -> str:
        """The place of a CPC symbol, "" for none."""
        return self._place("cpc", symbol)

    def ipc(self, symbol: str) -> str:
        """The place of an IPC symbol, "" for none."""
        return self._place("ipc", symbol)

    def fates(self) -> dict[str, dict[str, dict[str, int]]]:
        """Scheme -> what became of its symbols -> how many symbols and mentions of them."""
        found: dict[str, dict[str, dict[str, int]]] = {"cpc": {}, "ipc": {}}
        for (scheme, symbol), count in self._met.items():
            fate = self._known[scheme, symbol].fate
            told = found[scheme].setdefault(fate, {"symbols": 0, "mentions": 0})
            told["symbols"] += 1
            told["mentions"] += count
        return {
            scheme: dict(sorted(told.items(), key=lambda item: -item[1]["mentions"]))
            for scheme, told in found.items()
        }

    def _place(self, scheme: str, symbol: str) -> str:
        key = scheme, symbol
        if key not in self._known:
            self._known[key] = self._cpc(symbol) if scheme == "cpc" else self._ipc(symbol)
        self._met[key] += 1
        return self._known[key].symbol

    def _cpc(self, symbol: str) -> Place:
        try:
            parsed = str(Symbol.parse(symbol))
        except CpcError:
            return Place("", f"{DROPPED}: no symbol")
        if parsed in self.taxonomy:
            return Place(parsed, "unchanged")
        if parsed in self.moved:
            return self.moved[parsed]
        return raised(parsed, self.taxonomy, "unknown")

    def _ipc(self, symbol: str) -> Place:
        try:
            named = Symbol.parse(symbol)
            found = shared_place(symbol, self.taxonomy, self.concordance)
        except CpcError:
            return Place("", f"{DROPPED}: no IPC symbol")
        if found.symbol == str(named):
            return Place(found.symbol, "the same in CPC")
        if found.rank == named.rank:
            return Place(found.symbol, "in CPC with 2000 added")
        return Place(found.symbol, f"raised to the {found.rank.label}")


def raised(symbol: str, taxonomy: Taxonomy, why: str) -> Place:
    """The deepest symbol above one that a release lacks, by its spelling."""
    above = resolve(symbol, taxonomy)
    if not above:
        return Place("", f"{DROPPED}: {why}, and so is all above it")
    return Place(above, f"{why}, raised to the {taxonomy.rank(above).label}")


def resolve(symbol: str, taxonomy: Taxonomy) -> str:
    """The symbol if the release knows it, else its deepest known ancestor by spelling, else ''."""
    try:
        parsed = Symbol.parse(symbol)
    except CpcError:
        return ""
    if str(parsed) in taxonomy:
        return str(parsed)
    for rank in (Rank.MAIN_GROUP, Rank.SUBCLASS, Rank.CLASS, Rank.SECTION):
        if rank < parsed.rank or (rank == Rank.MAIN_GROUP and parsed.rank == Rank.SUBGROUP):
            above = str(parsed.at(rank))
            if above in taxonomy:
                return above
    return ""
