"""The last step of every reader: allocations from their parts, and the checks on a filing."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable

from cpc_classifier.errors import EmptyFilingError, FilingTooLargeError
from cpc_classifier.filing import ClassifiedFiling, Filing
from cpc_classifier.intake.limits import Limits
from taxonomy.allocation import Allocation, CombinationSet
from taxonomy.errors import CpcError
from taxonomy.symbol import Symbol

__all__ = ["RawAllocation", "RawCombination", "assemble", "too_large"]

_LOGGER = logging.getLogger(__name__)
_KINDS = {"i": "inventive", "inventive": "inventive", "a": "additional", "additional": "additional"}
_POSITIONS = {"f": "first", "first": "first", "l": "later", "later": "later"}
_NUMBER = re.compile(r"[0-9]{1,9}")
_VERSION = re.compile(r"(\d{4})\D?(\d{2})(?:\D?\d{2})?")

RawAllocation = tuple[str, str, str, str]
"""Symbol, kind, position and version as a file spells them."""
RawCombination = tuple[str, list[tuple[str, RawAllocation]]]
"""Number of a combination set, and its members, each with its rank, as a file spells them."""


def _allocation(raw: RawAllocation) -> Allocation | None:
    symbol, kind, position, version = (part.strip() for part in raw)
    try:
        parsed = Symbol.parse(symbol)
    except CpcError:
        return None
    found = _VERSION.fullmatch(version)
    return Allocation(
        symbol=str(parsed),
        kind=_KINDS.get(kind.lower(), ""),
        position=_POSITIONS.get(position.lower(), ""),
        version=f"{found[1]}.{found[2]}" if found else "",
    )


def _combination(raw: RawCombination) -> CombinationSet | None:
    """A set in the order of its ranks; None where a member cannot be read: it would say less."""
    number, ranked = raw
    if all(_number(rank) for rank, _ in ranked):
        ranked = sorted(ranked, key=lambda pair: _number(pair[0]))
    members = [_allocation(member) for _, member in ranked]
    known = tuple(member for member in members if member is not None)
    if not known or len(known) < len(members):
        return None
    return CombinationSet(known, _number(number))


def _number(text: str) -> int:
    """A number counted from 1, 0 where the text is none."""
    return int(text) if _NUMBER.fullmatch(text) else 0


def too_large(characters: int, where: str, limits: Limits) -> FilingTooLargeError:
    """The error of a filing with too much text."""
    return FilingTooLargeError(
        f"{where} holds {characters:,} characters of text; at most {limits.filing_chars:,} are "
        "accepted. Leave the description out or cut it: the beginning decides."
    )


def assemble(
    filing: Filing,
    allocations: Iterable[RawAllocation],
    where: str,
    limits: Limits,
    release: str = "",
    combinations: Iterable[RawCombination] = (),
) -> ClassifiedFiling:
    """Checks a filing and joins it with its allocations and combination sets.

    An allocation whose symbol cannot be read is left out, and so is a combination set with such a
    member; a log record says how many were.

    Raises:
        EmptyFilingError: no field holds text.
        FilingTooLargeError: the texts are longer than the limit.
    """
    if filing.is_empty:
        raise EmptyFilingError(
            f"{where} holds no text: title, abstract, claims and description are all empty. "
            "Give at least one of them."
        )
    if filing.characters > limits.filing_chars:
        raise too_large(filing.characters, where, limits)
    parsed = [_allocation(raw) for raw in allocations]
    known = tuple(dict.fromkeys(found for found in parsed if found is not None))
    if lost := parsed.count(None):
        _LOGGER.info("%s: %d CPC symbols cannot be read and were left out", where, lost)
    sets = [_combination(raw) for raw in combinations]
    if lost := sets.count(None):
        _LOGGER.info("%s: %d combination sets cannot be read and were left out", where, lost)
    return ClassifiedFiling(filing, known, release, tuple(s for s in sets if s is not None))
