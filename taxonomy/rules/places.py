"""Rules about the places of symbols to each other: a group beside one of its own subgroups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from taxonomy.allocation import ADDITIONAL, INVENTIVE, Allocation
from taxonomy.flags import Flag
from taxonomy.rules.finding import ADVICE, Case, Fault, Finding, Rule

__all__ = ["REDUNDANT", "redundant"]

REDUNDANT = Rule(
    "redundant",
    ADVICE,
    False,
    "IP Australia, Patent Manual 4.2.2.1.1: a higher group tells only what none below it provides "
    "for, and each element goes to the lowest; 4.2.2.5: breakdown codes stand beside their group",
)


def redundant(given: Sequence[Allocation], case: Case) -> Iterator[Fault]:
    """Groups that lie above another allocated one, which tells as much and more.

    Only advice: the group may tell another aspect that no subgroup provides for. No finding where
    the group is inventive and the one below it additional, where only one of the kinds is known,
    or where the one below is a 2000-series code that breaks down a group of the main trunk and is
    meant to stand beside it.
    """
    places: dict[str, list[int]] = {}
    for at, allocation in enumerate(given):
        places.setdefault(allocation.symbol, []).append(at)
    found: dict[int, str] = {}
    for below in given:
        if case.knows(below.symbol):
            for above in case.taxonomy.ancestors(below.symbol):
                for at in places.get(above, ()):
                    if _tells_as_much(below, given[at], case):
                        found.setdefault(at, below.symbol)
    for at, lower in sorted(found.items()):
        symbol = given[at].symbol
        message = f"{symbol} lies above {lower}, which is allocated as well and tells more."
        yield Fault(Finding(REDUNDANT, symbol, message), at)


def _tells_as_much(below: Allocation, above: Allocation, case: Case) -> bool:
    kinds = below.kind, above.kind
    broken_down, in_series = (
        bool(case.flag(a.symbol) & Flag.BREAKDOWN_CODE) for a in (below, above)
    )
    same_scheme = in_series or not broken_down
    return same_scheme and (kinds[0] == kinds[1] or kinds == (INVENTIVE, ADDITIONAL))
