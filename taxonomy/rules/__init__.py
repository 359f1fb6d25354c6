"""The rules of CPC allocation: what is wrong with the symbols of a filing, and mending it.

    code                    severity  mended  what is wrong
    unknown-symbol          error             the release does not have the symbol
    not-allocatable         error             a section, class or subclass, or a mere heading
    not-in-force            error             the symbol does not hold on the day
    frozen                  advice            the symbol takes no new documents
    additional-only         error     yes     a 2000-series code, or one of section Y, is inventive
    repeated                error     yes     a symbol is allocated more than once
    additional-too          advice    yes     an inventive symbol is allocated as additional as well
    additional-first        error     yes     the first symbol is additional, others are inventive
    several-first           error     yes     more than one symbol is the first
    no-first                error     yes     there are inventive symbols, and none is the first
    redundant               advice            a group stands beside one of its subgroups
    short-set               error             a combination set has no subsequent symbol
    base-not-allowed        error             the base symbol of a combination set may not be one
    subsequent-not-allowed  error             a subsequent symbol of a set may not be one

Each rule names its source. Of the Guide to the CPC (version 1.0, revision 3.00, 16 June 2015) only
the table of contents could be read, which gives the numbers of its sections; what they say is
taken from the CPC chapters of IP Australia's Patent Manual, which follows it, from the USPTO's
MPEP 905.03, and from the attributes of the scheme XML.

Flags that a release does not have are not judged by: one read from title lists knows neither
frozen symbols nor combination sets. Symbols deeper than a release is here are not looked up.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from taxonomy.allocation import Allocation, CombinationSet
from taxonomy.rules import kinds, places, sets, symbols
from taxonomy.rules.finding import ADVICE, ERROR, Case, Fault, Finding, Rule
from taxonomy.transfer import Transfer
from taxonomy.tree import Taxonomy
from taxonomy.validity import Validity

__all__ = ["ADVICE", "ERROR", "RULES", "Finding", "Repair", "Rule", "check", "repair"]

RULES = (
    symbols.UNKNOWN, symbols.NOT_ALLOCATABLE, symbols.NOT_IN_FORCE, symbols.FROZEN,
    kinds.ADDITIONAL_ONLY, kinds.REPEATED, kinds.ADDITIONAL_TOO, kinds.ADDITIONAL_FIRST,
    kinds.SEVERAL_FIRST, kinds.NO_FIRST,
    places.REDUNDANT, sets.SHORT_SET, sets.BASE, sets.SUBSEQUENT,
)  # fmt: skip
"""All rules, in the order in which their findings come."""

# In this order each leaves nothing for those before it.
_MENDING = (
    kinds.additional_only, kinds.repeated, kinds.additional_first, kinds.several_first,
    kinds.no_first,
)  # fmt: skip
_NO_TRANSFERS: Mapping[str, Sequence[Transfer]] = MappingProxyType({})
_NO_VALIDITY: Mapping[str, Validity] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Repair:
    """Allocations after mending.

    Attributes:
        allocations: in their order; none that was not given.
        mended: what was wrong and is no more, in the order in which it was mended.
        left: what `check` still finds.
    """

    allocations: tuple[Allocation, ...]
    mended: tuple[Finding, ...]
    left: tuple[Finding, ...]


def check(
    allocations: Iterable[Allocation],
    date: datetime.date,
    taxonomy: Taxonomy,
    combinations: Iterable[CombinationSet] = (),
    transfers: Mapping[str, Sequence[Transfer]] = _NO_TRANSFERS,
    validity: Mapping[str, Validity] = _NO_VALIDITY,
) -> tuple[Finding, ...]:
    """Which rules the allocations of a filing do not follow.

    Args:
        allocations: of one filing.
        date: the day of the allocation.
        taxonomy: the release they are judged by.
        combinations: the combination sets of the filing.
        transfers: where symbols went that the release does not have, as `transfer.resolve` gives.
        validity: when symbols hold, as `readers.validity.read_validity` gives; a symbol that is
            not in it is not judged by it.

    Returns:
        Findings, rule by rule in the order of `RULES`, sets last.
    """
    given = tuple(allocations)
    case = Case(taxonomy, date, transfers, validity)
    return tuple(fault.finding for fault in _faults(given, tuple(combinations), case))


def repair(
    allocations: Iterable[Allocation],
    date: datetime.date,
    taxonomy: Taxonomy,
    combinations: Iterable[CombinationSet] = (),
    transfers: Mapping[str, Sequence[Transfer]] = _NO_TRANSFERS,
    validity: Mapping[str, Validity] = _NO_VALIDITY,
) -> Repair:
    """Mends what has one right answer; the rest is left to a person.

    Kinds and positions are set right and repetitions left out. No symbol is added or exchanged,
    the order is kept, and combination sets stay as they are: what is wrong with them is `left`.

    Args:
        allocations, date, taxonomy, combinations, transfers, validity: as for `check`.
    """
    given, sets_given = tuple(allocations), tuple(combinations)
    case = Case(taxonomy, date, transfers, validity)
    mended: list[Finding] = []
    for rule in _MENDING:
        faults = {fault.at: fault for fault in rule(given, case)}
        changed = (
            faults[at].instead if at in faults else allocation
            for at, allocation in enumerate(given)
        )
        given = tuple(allocation for allocation in changed if allocation is not None)
        mended += (fault.finding for fault in faults.values())
    left = tuple(fault.finding for fault in _faults(given, sets_given, case))
    return Repair(given, tuple(mended), left)


def _faults(
    given: tuple[Allocation, ...], combinations: tuple[CombinationSet, ...], case: Case
) -> Iterator[Fault]:
    yield from symbols.unfit(given, case)
    for rule in _MENDING:
        yield from rule(given, case)
    yield from places.redundant(given, case)
    yield from sets.broken_sets(combinations, case)
