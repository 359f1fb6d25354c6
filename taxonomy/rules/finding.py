"""What a rule of allocation is, and what it finds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from taxonomy.allocation import Allocation
from taxonomy.errors import BadSymbolError, UnknownSymbolError
from taxonomy.flags import Flag
from taxonomy.symbol import Symbol
from taxonomy.transfer import Transfer
from taxonomy.tree import Taxonomy
from taxonomy.validity import Validity

__all__ = ["ADVICE", "ERROR", "Case", "Fault", "Finding", "Rule"]

ERROR, ADVICE = "error", "advice"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of allocation.

    Attributes:
        code: its stable name.
        severity: `ERROR`, or `ADVICE` where a person may have a reason for it.
        mended: whether `repair` mends it.
        source: where the rule is written.
    """

    code: str
    severity: str
    mended: bool
    source: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that allocations do not follow.

    Attributes:
        rule: which.
        symbol: the symbol it is about.
        message: one sentence that names the symbol.
    """

    rule: Rule
    symbol: str
    message: str

    @property
    def code(self) -> str:
        """The stable name of the rule."""
        return self.rule.code

    @property
    def severity(self) -> str:
        """`ERROR` or `ADVICE`."""
        return self.rule.severity


@dataclass(frozen=True, slots=True)
class Fault:
    """A finding, and how the allocations change when it is mended.

    Attributes:
        finding: what is wrong.
        at: index of the allocation that it is about, -1 where that is in a combination set.
        instead: what that allocation becomes when a rule that is mended is; None: it is left out.
    """

    finding: Finding
    at: int
    instead: Allocation | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """What allocations are judged by.

    Attributes:
        taxonomy: the release.
        day: the day of the allocation.
        transfers: where symbols went that the release does not have.
        validity: when symbols hold; one that is not named is not judged by it.
    """

    taxonomy: Taxonomy
    day: date
    transfers: Mapping[str, Sequence[Transfer]]
    validity: Mapping[str, Validity]

    def knows(self, symbol: str) -> bool:
        """Whether the release has the symbol."""
        return symbol in self.taxonomy

    def is_deeper(self, symbol: str) -> bool:
        """Whether the release is not here down to the rank of the symbol, so nothing is known."""
        try:
            return Symbol.parse(symbol).rank > int(self.taxonomy.ranks.max(initial=0))
        except BadSymbolError:
            return False

    def flag(self, symbol: str) -> Flag:
        """What the release says of a symbol, nothing where it does not have it."""
        try:
            return self.taxonomy.flag(symbol)
        except (BadSymbolError, UnknownSymbolError):
            return Flag(0)
