"""The last step of every reader: allocations from their parts, and the checks on a filing."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable

from cpc_classifier.errors import EmptyFilingError, FilingTooLargeError
from cpc_classifier.filing import Allocation, ClassifiedFiling, Filing
from cpc_classifier.intake.limits import Limits
from taxonomy.errors import CpcError
from taxonomy.symbol import Symbol

__all__ = ["RawAllocation", "assemble", "too_large"]

_LOGGER = logging.getLogger(__name__)
_KINDS = {"i": "inventive", "inventive": "inventive", "a": "additional", "additional": "additional"}
_POSITIONS = {"f": "first", "first": "first", "l": "later", "later": "later"}
_VERSION = re.compile(r"(\d{4})\D?(\d{2})(?:\D?\d{2})?")

RawAllocation = tuple[str, str, str, str]
"""Symbol, kind, position and version as a file spells them."""


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
) -> ClassifiedFiling:
    """Checks a filing and joins it with its allocations.

    An allocation whose symbol cannot be read is left out, and a log record says how many were.

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
    return ClassifiedFiling(filing, known, release)
