"""Symbols as an office has allocated them: alone, and linked into combination sets.

Owns the value types only: `cpc_classifier.intake` reads them from filings, `taxonomy.rules` says
what is wrong with them.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ADDITIONAL", "FIRST", "INVENTIVE", "LATER", "Allocation", "CombinationSet"]

INVENTIVE, ADDITIONAL = "inventive", "additional"
FIRST, LATER = "first", "later"


@dataclass(frozen=True, slots=True)
class Allocation:
    """One CPC symbol as an office has allocated it.

    Attributes:
        symbol: as the official files print it, e.g. `H01M10/0525`.
        kind: "inventive", "additional" or "" (unknown).
        position: "first", "later" or "" (unknown).
        version: month of the symbol's version, e.g. "2013.01", or "".
    """

    symbol: str
    kind: str = ""
    position: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class CombinationSet:
    """Symbols that tell something together (a C-set), such as a mixture or the steps of a process.

    The first is the base symbol, those behind it are the subsequent symbols. Their order may tell
    something, and so may a symbol that comes twice: what it tells is said in the definitions of
    the base symbol (IP Australia, Patent Manual 4.2.2.6.3, after the Guide to the CPC, 3.2.4).
    The symbols are no single allocations because of it.

    Attributes:
        members: in the order of their ranks in the document.
        number: of the set in its document, counted from 1; 0 where it is not told.
    """

    members: tuple[Allocation, ...]
    number: int = 0
