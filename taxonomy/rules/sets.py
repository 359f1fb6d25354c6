"""Rules about combination sets: a base symbol, subsequent symbols, each fit for its part.

Which symbols may take which part is told by the scheme XML only; a release read from title lists
has no such flags, and then only the symbols themselves are judged. What the definitions say of a
particular base symbol (how many subsequent symbols, in which order, whether one may come twice,
whether the base is also allocated alone) is text and is not judged; neither is a symbol that is
for combination sets only, such as A01N2300/00, but is allocated alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from taxonomy.allocation import Allocation, CombinationSet
from taxonomy.flags import Flag
from taxonomy.rules.finding import ERROR, Case, Fault, Finding, Rule
from taxonomy.rules.symbols import unfit

__all__ = ["BASE", "SHORT_SET", "SUBSEQUENT", "broken_sets"]

_ANNEX = "Guide to the CPC 3.2.4 and Annex III (after IP Australia, Patent Manual 4.2.2.6)"
SHORT_SET = Rule(
    "short-set",
    ERROR,
    False,
    "IP Australia, Patent Manual 4.2.2.6.3: one subsequent symbol or more",
)
BASE = Rule(
    "base-not-allowed", ERROR, False, f"CPC scheme XML, attribute c-set-base-allowed; {_ANNEX}"
)
SUBSEQUENT = Rule(
    "subsequent-not-allowed",
    ERROR,
    False,
    f"CPC scheme XML, attribute c-set-subsequent-allowed; {_ANNEX}",
)


def broken_sets(sets: Sequence[CombinationSet], case: Case) -> Iterator[Fault]:
    """What is wrong with combination sets and their members, set by set."""
    told = bool(sets) and bool((case.taxonomy.flags & Flag.C_SET_BASE).any())
    for place, combination in enumerate(sets, 1):
        where = f"combination set {combination.number or place}: "
        members = combination.members
        yield from unfit(members, case, where)
        if len(members) < 2:
            symbol = members[0].symbol if members else ""
            message = f"{where}{symbol or 'nothing'} stands alone; a set needs a subsequent symbol."
            yield Fault(Finding(SHORT_SET, symbol, message), -1)
        elif told:
            yield from _misplaced(members, case, where)


def _misplaced(members: Sequence[Allocation], case: Case, where: str) -> Iterator[Fault]:
    for at, member in enumerate(members):
        symbol = member.symbol
        rule, needed, part = (
            (SUBSEQUENT, Flag.C_SET_SUBSEQUENT, "a subsequent")
            if at
            else (BASE, Flag.C_SET_BASE, "the base")
        )
        if case.knows(symbol) and not case.flag(symbol) & needed:
            message = f"{where}{symbol} is {part} symbol, but may not be."
            yield Fault(Finding(rule, symbol, message), -1)
