"""A model to schedule for: it takes time by its padded tokens, and fails where it is told to."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from cpc_classifier.errors import BundleError
from cpc_classifier.jobs import Batch, Drop, Job, Lane
from cpc_classifier.scheduler import Scheduler
from taxonomy.errors import CpcError

SECRET = "zanzibarquokka"
SPEED = 1000.0
"""Padded tokens that a worker of the model does in a second."""
BUDGET = 1000


@dataclass(eq=False)
class Text:
    """The work of a job."""

    name: str
    tokens: int
    rows: int = 1
    fate: str = "answered"
    """"answered", "refused" (an error of its own) or "crashes" (takes its batch along)."""


def job(
    name: str,
    tokens: int = 100,
    lane: Lane = Lane.INTERACTIVE,
    deadline: float = math.inf,
    group: str = "bundle",
    rows: int = 1,
    fate: str = "answered",
) -> Job[str, Text]:
    """A job whose answer is its name."""
    return Job(Text(name, tokens, rows, fate), tokens, lane, deadline, group, rows)


def bulk(name: str, tokens: int = 100) -> Job[str, Text]:
    """A job of the bulk lane."""
    return job(name, tokens, Lane.BULK)


@dataclass(eq=False)
class Model:
    """What is run, and what was seen of it."""

    calls: list[list[str]] = field(default_factory=list)
    began: list[float] = field(default_factory=list)
    working: int = 0
    most_working: int = 0

    async def run(self, group: str, works: list[Text]) -> list[str | CpcError]:
        loop = asyncio.get_running_loop()
        self.calls.append([text.name for text in works])
        self.began.append(loop.time())
        self.working += 1
        self.most_working = max(self.most_working, self.working)
        longest = max(text.tokens for text in works)
        await asyncio.sleep(sum(text.rows for text in works) * longest / SPEED)
        self.working -= 1
        if any(text.fate == "crashes" for text in works):
            raise ZeroDivisionError(f"{SECRET} cannot be divided")
        return [BundleError("no") if text.fate == "refused" else text.name for text in works]


@dataclass(eq=False)
class Seen:
    """An observer that keeps everything."""

    started_batches: list[Batch[Any, Any]] = field(default_factory=list)
    finished_batches: list[tuple[Batch[Any, Any], float]] = field(default_factory=list)
    drops: list[tuple[str, Drop, float]] = field(default_factory=list)

    def started(self, batch: Batch[Any, Any]) -> None:
        self.started_batches.append(batch)

    def finished(self, batch: Batch[Any, Any], seconds: float) -> None:
        self.finished_batches.append((batch, seconds))

    def dropped(self, job: Job[Any, Any], reason: Drop, waited_s: float) -> None:
        self.drops.append((job.work.name, reason, waited_s))

    def padding(self) -> float:
        """The share of padding in all that was computed."""
        tokens = sum(batch.tokens for batch in self.started_batches)
        return 1 - tokens / sum(batch.padded_tokens for batch in self.started_batches)


class Quiet(Seen):
    """An observer that keeps no batch."""

    def started(self, batch: object) -> None:
        pass

    def finished(self, batch: object, seconds: float) -> None:
        pass


@dataclass(eq=False)
class Bench:
    """A scheduler in virtual time with its model and its observer."""

    workers: int = 1
    budget: int = BUDGET
    limit_jobs: int = 10_000
    tokens_per_s: float = SPEED
    model: Model = field(default_factory=Model)
    seen: Seen = field(default_factory=Seen)

    def scheduler(self) -> Scheduler[str, Text, str]:
        """One that runs the model; to be called in a running loop."""
        return self.running(self.model.run)

    def running(self, run: Callable[..., Any]) -> Scheduler[Any, Text, str]:
        """One that runs something else."""
        return Scheduler(
            run,
            workers=self.workers,
            budget=self.budget,
            limit_jobs=self.limit_jobs,
            tokens_per_s=self.tokens_per_s,
            observer=self.seen,
            clock=asyncio.get_running_loop().time,
        )


def lengths(count: int, seed: int = 0) -> list[int]:
    """Log-normal lengths from 16 to 512 tokens, their median at 120."""
    rng = random.Random(seed)
    found: list[int] = []
    while len(found) < count:
        tokens = int(rng.lognormvariate(math.log(120), 0.8))
        if 16 <= tokens <= 512:
            found.append(tokens)
    return found


def names(batches: Sequence[Batch[Any, Any]]) -> list[list[str]]:
    """The names of the texts in each batch."""
    return [[job.work.name for job in batch.jobs] for batch in batches]
