"""What the scheduler is given and what it tells: jobs, batches, and who watches them.

Value types only; two of them are equal where they are the same one. A job's `work` may hold the
text of a filing: it is kept out of every `repr`.
"""

from __future__ import annotations

import enum
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

__all__ = ["Batch", "Drop", "Job", "Lane", "Observer"]

G = TypeVar("G", bound=Hashable)
W = TypeVar("W")


class Lane(enum.Enum):
    """Which jobs go first: someone waits for an interactive one; bulk takes what is left."""

    INTERACTIVE = "interactive"
    BULK = "bulk"


class Drop(enum.Enum):
    """Why a job was never worked on."""

    EXPIRED = "expired"
    """Its deadline was over."""
    GONE = "gone"
    """Its caller has cancelled it."""
    STOPPED = "stopped"
    """The scheduler was closed."""


@dataclass(frozen=True, slots=True, eq=False)
class Job(Generic[G, W]):
    """One text to be worked on.

    Attributes:
        work: what the run is given; the scheduler never looks at it.
        tokens: tokens of its longest piece, at least 1.
        lane: which jobs it stands among.
        deadline: on the scheduler's clock, in s; `math.inf` where there is none.
        group: it shares a batch with jobs of an equal group only, as the bundle that it was
            prepared for. Hashed for every job: an object that is equal to itself only is best.
        rows: pieces of the text, at least 1; each is a row of the padded batch.
    """

    work: W = field(repr=False)
    tokens: int
    lane: Lane
    deadline: float
    group: G = field(repr=False)
    rows: int = 1

    def __post_init__(self) -> None:
        if self.tokens < 1 or self.rows < 1:
            raise ValueError(
                f"a job of {self.tokens} tokens and {self.rows} rows: both must be at least 1."
            )

    @property
    def size(self) -> int:
        """Tokens of all its rows, each padded to its longest."""
        return self.tokens * self.rows


@dataclass(frozen=True, slots=True, eq=False)
class Batch(Generic[G, W]):
    """Jobs that go through the graph together; all are of one lane and one group.

    Attributes:
        jobs: at least one; the first was the oldest of its lane.
        waits_s: seconds each of them had waited, in the order of `jobs`.
        rows: rows of all jobs.
        tokens: the sizes of all jobs.
        padded_tokens: rows times the longest: what the graph computes.
    """

    jobs: tuple[Job[G, W], ...]
    waits_s: tuple[float, ...]
    rows: int
    tokens: int
    padded_tokens: int

    @classmethod
    def of(cls, jobs: Sequence[Job[G, W]], waits_s: Sequence[float]) -> Batch[G, W]:
        """Counts what is in a batch."""
        rows = sum(job.rows for job in jobs)
        longest = max(job.tokens for job in jobs)
        tokens = sum(job.size for job in jobs)
        return cls(tuple(jobs), tuple(waits_s), rows, tokens, rows * longest)

    @property
    def lane(self) -> Lane:
        """The lane of its jobs."""
        return self.jobs[0].lane

    @property
    def group(self) -> G:
        """The group of its jobs."""
        return self.jobs[0].group


class Observer(Protocol):
    """Is told what happens, on the event loop, at once: quick, and never raises."""

    def started(self, batch: Batch[Any, Any]) -> None:
        """A batch goes to a worker."""

    def finished(self, batch: Batch[Any, Any], seconds: float) -> None:
        """A batch has ended, its jobs are answered; `seconds` is how long it was at work."""

    def dropped(self, job: Job[Any, Any], reason: Drop, waited_s: float) -> None:
        """A job that waited will not be worked on."""
