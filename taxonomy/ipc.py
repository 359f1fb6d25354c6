"""What an IPC symbol says in the CPC, and a CPC symbol in the IPC.

Filings of many offices have IPC symbols only. They can be used in the CPC as deep as both schemes
mean the same. What is relied on:

- Sections A to H of the CPC, its main trunk, are those of the IPC, with the same classes and
  subclasses; the CPC adds some of its own and section Y (Guide to the CPC, section 3.1).
- A group of the main trunk with the symbol of an IPC group is that group, **unless the concordance
  says otherwise**: the CPC also has groups that the IPC does not have, or no longer has (4.4.2),
  and does not use some that it has (4.4.3). The concordance gives each CPC group the IPC group
  that it belongs to; where that is another one, or none, the same symbol proves nothing.
- The indexing codes of the IPC are in the CPC with 2000 added to the group (3.2.3): A01D101/00 is
  A01D2101/00. So are some groups of the IPC that the CPC keeps for additional information only
  (A61F2/48 is A61F2002/48), which the concordance alone can tell. In release 2021.05 this holds
  of all 1,188 IPC symbols in the concordance that are in the CPC with 2000 added.

Nothing is promised of IPC groups that the CPC does not use: their matter may be spread over
several CPC groups, so they vouch for their main group at most. Nor of an IPC symbol from another
edition than the concordance is of, beyond what is said above.

Source: Guide to the CPC, revision 3.00 of June 2015, for the design; the concordance of release
2021.05 for how far it holds: of the 73,048 IPC symbols in it that are CPC symbols too, it puts all
with themselves, except G06F19/00, which it calls the CPC's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from taxonomy.errors import BadSymbolError
from taxonomy.scheme import CPC_ONLY
from taxonomy.symbol import Rank, Symbol
from taxonomy.tree import Taxonomy

__all__ = ["SharedPlace", "ipc_place", "shared_place"]

_INDEXING = 100
"""The lowest number of a main group of an IPC indexing scheme beside groups of classification."""


@dataclass(frozen=True, slots=True)
class SharedPlace:
    """A place of the CPC that an IPC symbol vouches for.

    Attributes:
        symbol: of the CPC, as the official files print it.
        rank: its rank.
    """

    symbol: str
    rank: Rank


def shared_place(
    symbol: str, cpc: Taxonomy, ipc_of: Mapping[str, str] | None = None
) -> SharedPlace:
    """The deepest CPC symbol that an IPC symbol vouches for.

    That is the symbol itself, or with 2000 added, if the CPC has it and the concordance does not
    object; otherwise its main group, on the same condition; otherwise the subclass, the class or
    the section that its digits name, the deepest that the CPC has.

    Args:
        symbol: an IPC symbol in any spelling.
        cpc: the release, as deep as it is known.
        ipc_of: the concordance: CPC symbol -> IPC symbol, `CPC_ONLY`, or "" where nothing is said,
            all as the official files print them; a missing symbol is one of which nothing is said.

    Raises:
        BadSymbolError: it is no symbol, or one of section Y, which the IPC does not have.
        UnknownSymbolError: the release does not even have its section.
    """
    parsed = Symbol.parse(symbol)
    if parsed.section == "Y":
        raise BadSymbolError(f"{parsed} is no IPC symbol: the IPC has sections A to H")
    concordance = ipc_of or {}
    for rank in range(parsed.rank, Rank.SECTION, -1):
        named = parsed.at(Rank(rank))
        for place in _candidates(named):
            if str(place) in cpc and _agrees(named, place, concordance):
                return SharedPlace(str(place), place.rank)
    return SharedPlace(cpc.symbols[cpc.row(parsed.section)], Rank.SECTION)


def _candidates(named: Symbol) -> tuple[Symbol, ...]:
    """The symbols under which the CPC may have an IPC symbol."""
    if not 0 < named.group < 1000:
        return (named,)
    added = Symbol(
        named.section, named.digits, named.letter, named.group + 2000, named.subgroup
    )  # fmt: skip
    return named, added


def _agrees(named: Symbol, place: Symbol, ipc_of: Mapping[str, str]) -> bool:
    """Whether a CPC symbol has the meaning of an IPC symbol, as far as the concordance tells."""
    said = ipc_of.get(str(place), "")
    if said:
        return said == str(named)
    return place == named or named.group >= _INDEXING


def ipc_place(symbol: str, cpc: Taxonomy, ipc_of: Mapping[str, str]) -> str:
    """The deepest IPC symbol that a CPC symbol belongs to, by the concordance.

    That is the IPC group that the concordance names; for a symbol that the IPC has no place for,
    the one of the nearest symbol above it in the CPC. A subclass or class, of which it says
    nothing itself, is one of the IPC's too unless it puts all groups in it elsewhere.
    Where the concordance speaks of a symbol that `shared_place` gives at the rank of the IPC
    symbol, this gives the IPC symbol back.

    Args:
        symbol: a CPC symbol in any spelling.
        cpc: the release.
        ipc_of: the concordance, as in `shared_place`; without it nothing could be told of groups.

    Returns:
        The IPC symbol as the CPC files print it; `CPC_ONLY` for all of section Y.

    Raises:
        BadSymbolError: it is no symbol.
        UnknownSymbolError: the release does not have it.
    """
    path = cpc.path(symbol)
    if path[0] == "Y":
        return CPC_ONLY
    for place in reversed(path[1:]):
        said = ipc_of.get(place, "")
        if said and said != CPC_ONLY:
            return said
        if cpc.rank(place) < Rank.MAIN_GROUP and _is_shared(place, cpc, ipc_of):
            return place
    return path[0]


def _is_shared(place: str, cpc: Taxonomy, ipc_of: Mapping[str, str]) -> bool:
    """Whether the IPC has a class or subclass: a group in it says so, or none says anything."""
    told = False
    for below in cpc.descendants(place):
        said = ipc_of.get(below, "")
        if said.startswith(place):
            return True
        told = told or said != ""
    return not told
