"""Where the documents of a symbol went when the scheme was revised.

One type for all who say it: the warnings of a scheme, a revision concordance list, a table of
one's own, or a guess. Knows no file format (see `reclassification` and `readers`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from heapq import heapify, heappop, heappush
from itertools import count

from taxonomy.errors import ReleaseFileError

__all__ = ["INFERRED", "OWN", "REVISION", "WARNING", "Transfer", "refuse_circle", "resolve"]

WARNING = "warning"
"""A reclassification warning of the scheme says it."""
REVISION = "revision"
"""A revision concordance list says it."""
OWN = "own"
"""A table of one's own says it."""
INFERRED = "inferred"
"""Nobody says it: it follows from titles, places, or sayings of different sources."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """Documents of a symbol that went to another one, or stayed in part.

    Attributes:
        symbol: in the old release, as the official files print it.
        target: in the new release; "" where the symbol was retired without one. The symbol itself
            where part of its documents stays.
        source: `WARNING`, `REVISION`, `OWN` or `INFERRED`.
        confidence: in (0, 1]; 1 where an office says it.
        reason: what the source says, such as a code of modification; "" where it says no more.
    """

    symbol: str
    target: str
    source: str
    confidence: float
    reason: str = ""


def resolve(transfers: Iterable[Transfer]) -> dict[str, tuple[Transfer, ...]]:
    """Groups transfers by symbol and follows them to their ends.

    Where a target is transferred itself, the symbol goes where the target goes, too: A > B and
    B > C give A > C beside A > B, with the product of their confidences, from the source of both
    or else `INFERRED`; of several ways to C the most confident one is kept. A part that stays
    (A > A) is followed no further, and neither is a way back (A > B > A).

    This is right for transfers that follow each other in time, such as those of several
    releases. In the list of **one** revision A > B means B as it is after it, so that nothing
    must be followed there, and A > B beside B > A is no fault: two groups that exchanged parts.

    Args:
        transfers: in any order; exact duplicates count once.

    Returns:
        Symbol -> what is said of it, in the order given, and then what was found by following.
    """
    said: dict[str, dict[Transfer, None]] = {}
    for transfer in transfers:
        said.setdefault(transfer.symbol, {})[transfer] = None
    return {symbol: (*direct, *_followed(symbol, said)) for symbol, direct in said.items()}


def _followed(symbol: str, said: Mapping[str, Iterable[Transfer]]) -> Iterable[Transfer]:
    """Where the documents went from the targets that are said, most confident way first."""
    known = {symbol, *(transfer.target for transfer in said[symbol])}
    found: dict[str, Transfer] = {}
    seen = {symbol}
    number = count()  # of equally confident ways, the first
    ways = [(-first.confidence, next(number), first) for first in said[symbol]]
    heapify(ways)
    while ways:
        _, _, way = heappop(ways)
        if way.target not in known:
            found.setdefault(way.target, way)
        if way.target in seen:
            continue
        seen.add(way.target)
        for then in said.get(way.target, ()):
            source = way.source if way.source == then.source else INFERRED
            reason = way.reason if way not in said[symbol] else f"by way of {way.target}"
            longer = Transfer(symbol, then.target, source, way.confidence * then.confidence, reason)
            heappush(ways, (-longer.confidence, next(number), longer))
    return found.values()


def refuse_circle(transfers: Iterable[Transfer]) -> None:
    """Refuses transfers that come back to a symbol, for tables in which that is a mistake.

    Raises:
        ReleaseFileError: they do; names all of one circle.
    """
    sorter: TopologicalSorter[str] = TopologicalSorter()
    for transfer in transfers:
        if transfer.target != transfer.symbol:
            sorter.add(transfer.symbol, transfer.target)
    try:
        sorter.prepare()
    except CycleError as error:
        circle = error.args[1][:0:-1]  # without its end, which is its start, in our direction
        start = circle.index(min(circle))
        named = " > ".join((*circle[start:], *circle[: start + 1]))
        raise ReleaseFileError(
            f"transfers go round in a circle: {named}; take out the one that is wrong"
        ) from error
