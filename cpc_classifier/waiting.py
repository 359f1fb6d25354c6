"""The jobs that wait in one lane, and which of them go together.

A pure structure: knows neither time nor workers. The oldest job leads a batch, so that none waits
for ever; those nearest in length to it join, so that little of the batch is padding.
"""

from __future__ import annotations

import asyncio
from bisect import bisect_left, insort
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Generic, TypeVar

from cpc_classifier.jobs import Job
from taxonomy.errors import CpcError

__all__ = ["Entry", "Line"]

_MISSES = 8
"""Jobs looked past on either side: where one has too many rows to fit, the next may have fewer."""

G = TypeVar("G", bound=Hashable)
W = TypeVar("W")
R = TypeVar("R")


@dataclass(frozen=True, slots=True, eq=False)
class Entry(Generic[G, W, R]):
    """A job that was taken, and the answer that is owed.

    Attributes:
        number: grows with the order in which jobs were taken.
        job: what is to be done.
        since: when it was taken, in s.
        answer: its result, or its error as a value.
    """

    number: int
    job: Job[G, W]
    since: float
    answer: asyncio.Future[R | CpcError]

    def give(self, answer: R | CpcError) -> None:
        """Answers, unless the caller has gone."""
        if not self.answer.done():
            self.answer.set_result(answer)


class Line(Generic[G, W, R]):
    """Jobs by age and, for each group, by length.

    Attributes:
        by_age: the entries by number, the oldest first; to be read only.
        tokens: the sizes of all jobs here.
    """

    def __init__(self) -> None:
        self.by_age: OrderedDict[int, Entry[G, W, R]] = OrderedDict()
        self.tokens = 0
        self._by_length: dict[G, list[tuple[int, int, Entry[G, W, R]]]] = {}

    @property
    def oldest(self) -> Entry[G, W, R]:
        """The entry that has waited longest; there must be one."""
        return next(iter(self.by_age.values()))

    def add(self, entry: Entry[G, W, R]) -> None:
        """Puts an entry in; its number is above all others here."""
        job = entry.job
        self.by_age[entry.number] = entry
        insort(self._by_length.setdefault(job.group, []), (job.tokens, entry.number, entry))
        self.tokens += job.size

    def remove(self, entry: Entry[G, W, R]) -> bool:
        """Takes an entry out; False where it is not here any more."""
        if entry.number not in self.by_age:
            return False
        at = self._place(entry)
        self._cut(entry.job.group, at, at + 1, [entry])
        return True

    def take(
        self, budget: int, padding: float, live: Callable[[Entry[G, W, R]], bool]
    ) -> list[Entry[G, W, R]]:
        """Takes the next batch out; there must be an entry.

        Args:
            budget: most tokens, padding included; a leader that is larger goes alone.
            padding: most tokens of padding.
            live: whether an entry is to be worked on; is not asked about the oldest.

        Returns:
            The oldest entry, and out of its group the nearest to it in length that fit.
        """
        leader = self.oldest
        jobs, middle = self._by_length[leader.job.group], leader.job.tokens
        taken, misses = [leader], [0, 0]
        rows, longest, tokens = leader.job.rows, middle, leader.job.size
        low = self._place(leader)
        high = low + 1
        while True:
            down = low > 0 and misses[0] < _MISSES
            up = high < len(jobs) and misses[1] < _MISSES
            if not (down or up):
                break
            if up and not (down and middle - jobs[low - 1][0] < jobs[high][0] - middle):
                side, at, high = 1, high, high + 1
            else:
                side, at, low = 0, low - 1, low - 1
            entry = jobs[at][2]
            job, size = entry.job, entry.job.size
            widest = job.tokens if side else longest  # upwards, none is shorter than those taken
            padded = (rows + job.rows) * widest
            if padded > budget or padded - tokens - size > padding or not live(entry):
                misses[side] += 1
                continue
            taken.append(entry)
            rows, longest, tokens = rows + job.rows, widest, tokens + size
        self._cut(leader.job.group, low, high, taken)
        return taken

    def _place(self, entry: Entry[G, W, R]) -> int:
        return bisect_left(self._by_length[entry.job.group], (entry.job.tokens, entry.number))

    def _cut(self, group: G, low: int, high: int, taken: list[Entry[G, W, R]]) -> None:
        """Takes entries out that lie between two places of their group."""
        for entry in taken:
            del self.by_age[entry.number]
            self.tokens -= entry.job.size
        jobs = self._by_length[group]
        jobs[low:high] = [item for item in jobs[low:high] if item[1] in self.by_age]
        if not jobs:
            del self._by_length[group]  # nothing holds a bundle that was swapped out
