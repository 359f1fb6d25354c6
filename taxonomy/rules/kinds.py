"""Rules about kind and position: inventive or additional, first or later, each symbol once.

A kind or position that is not known ("") is never held against an allocation. Where an inventive
symbol is there, only a symbol that is not additional may be the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from taxonomy.allocation import ADDITIONAL, FIRST, INVENTIVE, LATER, Allocation
from taxonomy.errors import BadSymbolError
from taxonomy.flags import Flag
from taxonomy.rules.finding import ADVICE, ERROR, Case, Fault, Finding, Rule
from taxonomy.symbol import Symbol

__all__ = [
    "ADDITIONAL_FIRST",
    "ADDITIONAL_ONLY",
    "ADDITIONAL_TOO",
    "NO_FIRST",
    "REPEATED",
    "SEVERAL_FIRST",
    "additional_first",
    "additional_only",
    "no_first",
    "repeated",
    "several_first",
]

_ONE_FIRST = (
    "MPEP 905.03(a) III: one and only one first symbol for a family, and that is the invention "
    "symbol that covers it best"
)
ADDITIONAL_ONLY = Rule(
    "additional-only",
    ERROR,
    True,
    "CPC scheme XML, attribute additional-only; Guide to the CPC 3.2 (2000 series) and 3.3 "
    "(section Y); IP Australia, Patent Manual 4.2.1.2.1",
)
REPEATED = Rule(
    "repeated",
    ERROR,
    True,
    "MPEP 905.03(a): an allocation is the tie between one symbol and one family, and has one kind",
)
ADDITIONAL_TOO = Rule(
    "additional-too",
    ADVICE,
    True,
    "no office says it in a text that was found: what is inventive need not be told again",
)
ADDITIONAL_FIRST = Rule("additional-first", ERROR, True, _ONE_FIRST)
SEVERAL_FIRST = Rule("several-first", ERROR, True, _ONE_FIRST)
NO_FIRST = Rule("no-first", ERROR, True, _ONE_FIRST)

_STRONGEST = (INVENTIVE, "", ADDITIONAL)


def additional_only(given: Sequence[Allocation], case: Case) -> Iterator[Fault]:
    """Inventive allocations of symbols that never tell the invention; they become additional."""
    for at, allocation in enumerate(given):
        symbol = allocation.symbol
        if allocation.kind == INVENTIVE and _is_additional_only(symbol, case):
            message = f"{symbol} is for additional information only, but is allocated as inventive."
            yield Fault(
                Finding(ADDITIONAL_ONLY, symbol, message), at, replace(allocation, kind=ADDITIONAL)
            )


def _is_additional_only(symbol: str, case: Case) -> bool:
    """By its flag, or by its number alone, which a symbol of another release has as well."""
    try:
        by_number = Symbol.parse(symbol).is_additional_only
    except BadSymbolError:
        by_number = False
    return by_number or bool(case.flag(symbol) & Flag.ADDITIONAL_ONLY)


def repeated(given: Sequence[Allocation], case: Case) -> Iterator[Fault]:
    """Symbols allocated once more; of each, what tells most stays: inventive, then first."""
    kept: dict[str, int] = {}
    for at, allocation in enumerate(given):
        best = kept.setdefault(allocation.symbol, at)
        if _weight(allocation) < _weight(given[best]):
            kept[allocation.symbol] = at
    for at, allocation in enumerate(given):
        best = kept[allocation.symbol]
        if at != best:
            symbol, kinds = allocation.symbol, (given[best].kind, allocation.kind)
            twofold = kinds == (INVENTIVE, ADDITIONAL)
            rule = ADDITIONAL_TOO if twofold else REPEATED
            how = "as inventive and again as additional" if twofold else "more than once"
            yield Fault(Finding(rule, symbol, f"{symbol} is allocated {how}."), at, None)


def _weight(allocation: Allocation) -> tuple[int, bool]:
    """Smaller for an allocation that tells more."""
    kind = allocation.kind if allocation.kind in _STRONGEST else ""
    return _STRONGEST.index(kind), allocation.position != FIRST


def additional_first(given: Sequence[Allocation], case: Case) -> Iterator[Fault]:
    """Additional symbols marked as the first though there are inventive ones; they become later."""
    for at in _firsts(given):
        if not _may_be_first(given[at], given):
            symbol = given[at].symbol
            message = f"{symbol} is the first symbol, but is additional, and others are inventive."
            yield Fault(Finding(ADDITIONAL_FIRST, symbol, message), at, _later(given[at]))


def several_first(given: Sequence[Allocation], case: Case) -> Iterator[Fault]:
    """First symbols behind another first one; they become later."""
    fit = [at for at in _firsts(given) if _may_be_first(given[at], given)]
    for at in fit[1:]:
        symbol = given[at].symbol
        message = f"{symbol} is marked as the first symbol, and so is {given[fit[0]].symbol}."
        yield Fault(Finding(SEVERAL_FIRST, symbol, message), at, _later(given[at]))


def no_first(given: Sequence[Allocation], case: Case) -> Iterator[Fault]:
    """Inventive symbols of which none is the first; the foremost of them becomes it."""
    if not any(_may_be_first(given[at], given) for at in _firsts(given)):
        for at in _inventive(given)[:1]:
            symbol = given[at].symbol
            message = f"{symbol} is inventive, but no symbol that may be the first is marked so."
            first = replace(given[at], position=FIRST)
            yield Fault(Finding(NO_FIRST, symbol, message), at, first)


def _firsts(given: Sequence[Allocation]) -> list[int]:
    return [at for at, allocation in enumerate(given) if allocation.position == FIRST]


def _inventive(given: Sequence[Allocation]) -> list[int]:
    return [at for at, allocation in enumerate(given) if allocation.kind == INVENTIVE]


def _may_be_first(allocation: Allocation, given: Sequence[Allocation]) -> bool:
    return allocation.kind != ADDITIONAL or not _inventive(given)


def _later(allocation: Allocation) -> Allocation:
    return replace(allocation, position=LATER)
