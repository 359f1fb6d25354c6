"""Which jobs go through the model next, and together.

Owns what waits and what is at work. All of it belongs to one event loop, so there are no locks;
the work itself is a coroutine function that is handed in and may use threads as it likes.

- Interactive jobs go before bulk ones; of any five batches that start while bulk jobs wait, at
  least one is bulk. Within a lane the oldest job leads the next batch: no job waits for more
  batches of its lane than there were older jobs in it.
- Jobs near in length to the leader join it, up to a budget of tokens with padding, and while the
  padding is at most a sixteenth of the budget.
- A worker that is idle takes what there is, at once; where several are, they share it.
- A whole request is taken or refused, with the time after which all that was taken is done.
- A job leaves when its deadline is over or its caller has gone; one at work is finished.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import math
import time
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Generic, TypeAlias, TypeVar

from cpc_classifier.errors import (
    BadRequestError,
    DeadlineError,
    InternalError,
    OverloadedError,
    StoppingError,
)
from cpc_classifier.faults import place
from cpc_classifier.jobs import Batch, Drop, Job, Lane, Observer
from cpc_classifier.waiting import Entry, Line
from taxonomy.errors import CpcError

__all__ = ["Scheduler"]

_LOG = logging.getLogger(__name__)
_PASSES = 4
"""Interactive batches that may pass waiting bulk jobs until it is their turn."""
_PADDING = 1 / 16
"""Most padding of a batch, as a share of the budget."""
_REMEMBERED_S = 10.0
"""Seconds of work after which the weight of what was measured before is down to 1/e."""
_STOPPING = "the service is stopping and takes nothing more; try again when it is back."
_FAULT = "something went wrong with a filing here; the log of the service has more."

G = TypeVar("G", bound=Hashable)
W = TypeVar("W")
R = TypeVar("R")
Run: TypeAlias = Callable[[G, list[W]], Awaitable[Sequence[R | CpcError]]]


class Scheduler(Generic[G, W, R]):
    """Takes jobs, and answers each of them once: with a result or with an error.

    Args:
        run: works on one batch; is given its group and the `work` of each job, and returns for
            each, in the same order, a result or the error of that job alone.
        workers: most batches at work at a time.
        budget: most tokens of a batch, padding included; a larger job goes alone.
        limit_jobs: most jobs that may wait or be at work.
        tokens_per_s: what all workers together are expected to do, until it is measured.
        observer: is told what happens.
        clock: seconds; must go with the event loop's own time.
    """

    def __init__(
        self,
        run: Run[G, W, R],
        *,
        workers: int,
        budget: int,
        limit_jobs: int,
        tokens_per_s: float,
        observer: Observer,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._run = run
        self._workers = workers
        self._budget = budget
        self._limit_jobs = limit_jobs
        self._observer = observer
        self._clock = clock
        self._lines: dict[Lane, Line[G, W, R]] = {lane: Line() for lane in Lane}
        self._at_work: dict[Batch[G, W], list[Entry[G, W, R]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._numbers = itertools.count()
        self._passes = 0
        self._stopping = False
        self._done_tokens, self._done_s = tokens_per_s / workers, 1.0

    @property
    def waiting(self) -> int:
        """Jobs that wait."""
        return sum(len(line.by_age) for line in self._lines.values())

    def waiting_in(self, lane: Lane) -> int:
        """Jobs of one lane that wait."""
        return len(self._lines[lane].by_age)

    @property
    def waiting_tokens(self) -> int:
        """Tokens of the jobs that wait."""
        return sum(line.tokens for line in self._lines.values())

    @property
    def running(self) -> int:
        """Jobs at work."""
        return sum(len(batch.jobs) for batch in self._at_work)

    @property
    def tokens_per_s(self) -> float:
        """What all workers together do: measured on batches that ended while others waited."""
        return self._workers * self._done_tokens / self._done_s

    @property
    def retry_after_s(self) -> float:
        """Seconds until all that waits or is at work should be done."""
        at_work = sum(batch.tokens for batch in self._at_work)
        return (self.waiting_tokens + at_work) / self.tokens_per_s

    def check(self, count: int) -> None:
        """Refuses what `submit` would refuse, before it costs anything.

        Args:
            count: jobs that are to be submitted.

        Raises:
            StoppingError: the scheduler was drained or closed.
            BadRequestError: there are more jobs than may ever wait.
            OverloadedError: too many wait or are at work already.
        """
        taken = self.waiting + self.running
        if self._stopping:
            raise StoppingError(_STOPPING)
        if count > self._limit_jobs:
            many = f"the request has {count:,} filings, the queue holds {self._limit_jobs:,}"
            raise BadRequestError(f"{many}; send fewer at a time.")
        if taken + count > self._limit_jobs:
            full = f"{taken:,} filings wait or are at work, the queue holds {self._limit_jobs:,}"
            again = self.retry_after_s
            raise OverloadedError(f"{full}; try again in {math.ceil(again)} s.", again)

    def submit(self, jobs: Sequence[Job[G, W]]) -> list[asyncio.Future[R | CpcError]]:
        """Takes all the jobs or none. To be called on the event loop.

        Returns:
            For each job its answer to come. An error comes as a value, never raised: of the
            run's own, `DeadlineError`, `StoppingError`, `InternalError`. A future that is
            cancelled takes its job out, unless that is at work.

        Raises:
            CpcError: as `check`.
        """
        self.check(len(jobs))
        entries = [self._enter(job) for job in jobs]
        while len(self._at_work) < self._workers and (batch := self._take()):
            task = asyncio.create_task(self._work(batch))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return [entry.answer for entry in entries]

    async def drain(self) -> None:
        """Takes nothing more, and returns when everything taken is answered."""
        self._stopping = True
        if self._tasks:  # for as long as a job waits, every worker has its task
            await asyncio.wait(self._tasks)

    def close(self) -> None:
        """Takes nothing more, and answers what waits with `StoppingError`; work begun goes on."""
        self._stopping = True
        for line in self._lines.values():
            for entry in list(line.by_age.values()):
                self._leave(entry, Drop.STOPPED)

    def _enter(self, job: Job[G, W]) -> Entry[G, W, R]:
        loop, now = asyncio.get_running_loop(), self._clock()
        entry: Entry[G, W, R] = Entry(next(self._numbers), job, now, loop.create_future())
        entry.answer.add_done_callback(lambda _: self._leave(entry, Drop.GONE))
        if job.deadline < math.inf:
            timer = loop.call_later(job.deadline - now, self._leave, entry, Drop.EXPIRED)
            entry.answer.add_done_callback(lambda _: timer.cancel())
        self._lines[job.lane].add(entry)
        return entry

    def _leave(self, entry: Entry[G, W, R], reason: Drop) -> None:
        if not self._lines[entry.job.lane].remove(entry):
            return  # it is at work, or has left before
        waited = self._clock() - entry.since
        self._observer.dropped(entry.job, reason, waited)
        if reason is Drop.EXPIRED:
            message = f"a filing waited {waited:.1f} s, until its time was over; send fewer at a "
            entry.give(DeadlineError(message + "time or allow more time.", waited_s=waited))
        elif reason is Drop.STOPPED:
            entry.give(StoppingError(_STOPPING))

    def _live(self, entry: Entry[G, W, R]) -> bool:
        return not entry.answer.cancelled() and entry.job.deadline > self._clock()

    def _take(self) -> Batch[G, W] | None:
        """The next batch, for a worker that is idle."""
        urgent, bulk = self._lines[Lane.INTERACTIVE], self._lines[Lane.BULK]
        for line in (urgent, bulk):
            while line.by_age and not self._live(oldest := line.oldest):
                self._leave(oldest, Drop.GONE if oldest.answer.cancelled() else Drop.EXPIRED)
        if not (urgent.by_age or bulk.by_age):
            return None
        turn = bulk.by_age and (self._passes >= _PASSES or not urgent.by_age)
        line = bulk if turn else urgent
        self._passes = self._passes + 1 if bulk.by_age and line is urgent else 0
        idle = self._workers - len(self._at_work)
        share = self._budget if idle == 1 else min(self._budget, -(-line.tokens // idle))
        entries = line.take(share, self._budget * _PADDING, self._live)
        waits = [self._clock() - entry.since for entry in entries]
        batch = Batch.of([entry.job for entry in entries], waits)
        self._at_work[batch] = entries
        self._observer.started(batch)
        return batch

    async def _work(self, batch: Batch[G, W] | None) -> None:
        """Works on a batch, and then on the next ones while there are any."""
        while batch:
            entries, began = self._at_work[batch], self._clock()
            try:
                whole = await self._answer(entries)
            except asyncio.CancelledError:
                self.close()
                for entry in entries:
                    entry.give(StoppingError(_STOPPING))
                raise
            finally:
                del self._at_work[batch]
            seconds = self._clock() - began
            if whole and self.waiting:
                kept = math.exp(-seconds / _REMEMBERED_S)
                self._done_tokens = kept * self._done_tokens + batch.tokens
                self._done_s = kept * self._done_s + seconds
            self._observer.finished(batch, seconds)
            batch = self._take()

    async def _answer(self, entries: list[Entry[G, W, R]]) -> bool:
        """Answers a batch; one by one, and then False, where the run failed as a whole."""
        try:
            answers = await self._run(entries[0].job.group, [e.job.work for e in entries])
            pairs = list(zip(entries, answers, strict=True))
        except Exception as error:  # noqa: BLE001 - whatever it is, the other jobs are answered
            kind = type(error).__name__
            _LOG.error("a batch of %d failed: %s at %s", len(entries), kind, place(error))
            if len(entries) == 1:
                entries[0].give(error if isinstance(error, CpcError) else InternalError(_FAULT))
                return False
        else:
            for entry, answer in pairs:
                entry.give(answer)
            return True
        for entry in entries:
            if not entry.answer.done():
                await self._answer([entry])
        return False
