"""Rules about a symbol by itself: whether the release has it, and whether it may be allocated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from taxonomy.allocation import Allocation
from taxonomy.flags import Flag
from taxonomy.rules.finding import ADVICE, ERROR, Case, Fault, Finding, Rule

__all__ = ["FROZEN", "NOT_ALLOCATABLE", "NOT_IN_FORCE", "UNKNOWN", "unfit"]

UNKNOWN = Rule("unknown-symbol", ERROR, False, "the symbols of the release itself")
NOT_ALLOCATABLE = Rule("not-allocatable", ERROR, False, "CPC scheme XML, attribute not-allocatable")
FROZEN = Rule("frozen", ADVICE, False, "CPC scheme XML, status frozen")
NOT_IN_FORCE = Rule("not-in-force", ERROR, False, "CPC validity file")


def unfit(symbols: Sequence[Allocation], case: Case, where: str = "") -> Iterator[Fault]:
    """Symbols that cannot be allocated, each with the first rule that says so, and frozen ones.

    Args:
        symbols: single allocations, or the members of a combination set.
        case: what they are judged by.
        where: names the combination set, "" for single allocations.
    """
    for at, allocation in enumerate(symbols):
        symbol = allocation.symbol
        if (said := _said(symbol, case)) is not None:
            rule, fault = said
            yield Fault(Finding(rule, symbol, f"{where}{symbol} {fault}."), -1 if where else at)


def _said(symbol: str, case: Case) -> tuple[Rule, str] | None:
    release, valid = case.taxonomy.release, case.validity.get(symbol)
    if not case.knows(symbol):
        if case.is_deeper(symbol):
            return None
        return UNKNOWN, f"is not in release {release} of the CPC{_went(symbol, case)}"
    flag = case.flag(symbol)
    if flag & Flag.NOT_ALLOCATABLE:
        return NOT_ALLOCATABLE, f"may not be allocated in release {release}; give a group below it"
    if valid is not None and not valid.holds(case.day):
        return NOT_IN_FORCE, f"is not in force on {case.day}"
    if flag & Flag.FROZEN:
        return FROZEN, f"is frozen in release {release} and takes no new documents"
    return None


def _went(symbol: str, case: Case) -> str:
    """Where the documents of a symbol went, if it is known."""
    transfers = case.transfers.get(symbol, ())
    targets = dict.fromkeys(t.target for t in transfers if t.target not in ("", symbol))
    if targets:
        return f"; it was transferred to {', '.join(targets)}"
    return "; it was deleted without a successor" if transfers else ""
