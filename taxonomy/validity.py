"""When a symbol is in force."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

__all__ = ["Period", "Validity"]


@dataclass(frozen=True, slots=True)
class Period:
    """Days on which a symbol holds: from `start` to `end`, both counted; no end while it does."""

    start: date
    end: date | None = None


@dataclass(frozen=True, slots=True)
class Validity:
    """When a symbol holds; its periods in order of time, at least one."""

    periods: tuple[Period, ...]

    def holds(self, day: date) -> bool:
        """Whether the symbol is in force on a day."""
        return any(p.start <= day and (p.end is None or day <= p.end) for p in self.periods)
