"""Whatever comes, in whatever order: what the scheduler promises holds at every moment."""

from __future__ import annotations

import asyncio
import math
import random
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st
from scheduling import Model, Text
from virtual_time import now, play

from cpc_classifier.errors import (
    BadRequestError,
    BundleError,
    DeadlineError,
    InternalError,
    OverloadedError,
    StoppingError,
)
from cpc_classifier.jobs import Batch, Drop, Job, Lane
from cpc_classifier.scheduler import Scheduler

BUDGET = 400
LIMIT = 25
ROUND = 5
"""Of so many batches that start while bulk jobs wait, one is bulk."""
ERRORS = {
    Drop.EXPIRED: DeadlineError,
    Drop.STOPPED: StoppingError,
    "refused": BundleError,
    "crashes": InternalError,
}


@dataclass(eq=False)
class Taken:
    """What the judge knows of a job that was taken."""

    job: Job[Any, Text]
    older: int
    """Jobs of its lane that waited when it came."""
    before: int
    """Batches that had started by then."""
    answer: asyncio.Future[Any] | None = None
    at_work: bool = False
    drop: Drop | None = None


@dataclass(eq=False)
class Judge:
    """Sees everything that the scheduler does, and does not let anything pass."""

    workers: int
    taken: dict[str, Taken] = field(default_factory=dict)
    lines: dict[Lane, list[str]] = field(default_factory=lambda: {lane: [] for lane in Lane})
    batches: int = 0
    at_work: int = 0
    in_a_row: int = 0
    """Interactive batches that started one after the other while bulk jobs waited."""

    def take(self, job: Job[Any, Text]) -> None:
        line = self.lines[job.lane]
        self.taken[job.work.name] = Taken(job, len(line), self.batches)
        line.append(job.work.name)

    def started(self, batch: Batch[Any, Text]) -> None:
        self._judge_batch(batch)
        self._judge_lanes(batch)
        self.batches += 1
        self.at_work += 1
        assert self.at_work <= self.workers
        for job in batch.jobs:
            taken = self.taken[job.work.name]
            self.lines[job.lane].remove(job.work.name)  # fails where it did not wait
            taken.at_work = True
            led = taken.older + 1  # batches of its lane until it is the oldest, and leads
            most = ROUND * led if job.lane is Lane.BULK else led + led // (ROUND - 1) + 1
            assert self.batches - taken.before <= most

    def _judge_batch(self, batch: Batch[Any, Text]) -> None:
        assert {job.lane for job in batch.jobs} == {batch.lane}
        assert {job.group for job in batch.jobs} == {batch.group}
        padded = sum(job.rows for job in batch.jobs) * max(job.tokens for job in batch.jobs)
        assert batch.padded_tokens == padded
        assert len(batch.jobs) == 1 or padded <= BUDGET
        assert padded - batch.tokens <= BUDGET / 16
        assert batch.jobs[0].work.name == self.lines[batch.lane][0]
        for job in batch.jobs:
            answer = self.taken[job.work.name].answer
            assert job.deadline > now()
            assert answer is None or not answer.done()

    def _judge_lanes(self, batch: Batch[Any, Text]) -> None:
        interactive, bulk = (bool(self.lines[lane]) for lane in Lane)
        if batch.lane is Lane.BULK:
            assert not interactive or self.in_a_row == ROUND - 1
            self.in_a_row = 0
        else:
            self.in_a_row = self.in_a_row + 1 if bulk else 0
            assert self.in_a_row < ROUND

    def finished(self, batch: Batch[Any, Text], seconds: float) -> None:
        self.at_work -= 1
        assert seconds >= 0

    def dropped(self, job: Job[Any, Text], reason: Drop, waited_s: float) -> None:
        self.lines[job.lane].remove(job.work.name)
        self.taken[job.work.name].drop = reason
        assert waited_s >= 0

    def judge_state(self, scheduler: Scheduler[Any, Text, str]) -> None:
        waiting = [name for line in self.lines.values() for name in line]
        sizes = [self.taken[name].job.size for name in waiting]
        assert (scheduler.waiting, scheduler.waiting_tokens) == (len(waiting), sum(sizes))
        assert scheduler.waiting + scheduler.running <= LIMIT
        assert self.at_work == self.workers or not waiting  # nobody is idle while a job waits

    def judge_answers(self, calls: list[list[str]]) -> None:
        for name, taken in self.taken.items():
            assert taken.answer is not None
            assert taken.answer.done()
            runs = [call for call in calls if name in call]
            if taken.at_work:
                assert taken.drop is None
                assert 1 <= len(runs) <= 2
                assert len(runs) == 1 or runs[1] == [name]
            else:
                assert taken.drop is not None
                assert runs == []
            event(f"{taken.drop or taken.job.work.fate}")
            assert self._right(taken)

    @staticmethod
    def _right(taken: Taken) -> bool:
        answer, text = taken.answer, taken.job.work
        if answer is None or answer.cancelled():
            return taken.at_work or taken.drop in (Drop.GONE, Drop.STOPPED)
        told, outcome = answer.result(), taken.drop or text.fate
        return told == text.name if outcome == "answered" else type(told) is ERRORS[outcome]


def palette(rng: random.Random) -> tuple[Any, ...]:
    """Tokens, rows, lane, seconds to its deadline, group and fate of a text."""
    return (
        rng.choice([rng.randint(1, 450), rng.randint(90, 110)]),
        rng.choice([1, 1, 1, 2, 5]),
        rng.choice(list(Lane)),
        rng.choice([math.inf, math.inf, math.inf, 0.0, 0.2, 1.0]),
        rng.choice(["old", "old", "old", "new"]),
        rng.choice(["answered"] * 6 + ["refused", "crashes"]),
    )


RNG = random.Random(5)
texts = st.sampled_from([palette(RNG) for _ in range(500)])
"""One draw for each text: that is what most of the time goes into."""
steps = st.one_of(
    st.tuples(st.just("submit"), st.lists(texts, max_size=12)),
    st.tuples(st.just("submit"), st.lists(texts, max_size=30)),
    st.tuples(st.just("sleep"), st.sampled_from([0.0, 0.01, 0.1, 0.2, 0.5, 1.0])),
    st.tuples(st.just("sleep"), st.sampled_from([0.0, 0.01, 0.1, 0.2, 0.5, 1.0])),
    st.tuples(st.just("cancel"), st.integers(0, 100)),
)
plans = st.lists(steps, min_size=4, max_size=25)


async def perform(plan: list[Any], workers: int, closed: bool) -> None:
    judge, model = Judge(workers), Model()
    scheduler: Scheduler[str, Text, str] = Scheduler(
        model.run,
        workers=workers,
        budget=BUDGET,
        limit_jobs=LIMIT,
        tokens_per_s=1000,
        observer=judge,
        clock=now,
    )
    for action, value in plan:
        if action == "submit":
            submit(scheduler, judge, value)
        elif action == "sleep":
            await asyncio.sleep(value)
            await asyncio.sleep(0)  # what was due at this moment has happened
            judge.judge_state(scheduler)
        elif judge.taken:
            answer = list(judge.taken.values())[value % len(judge.taken)].answer
            assert answer is not None
            answer.cancel()
    if closed:
        scheduler.close()
        assert scheduler.waiting == 0
    await scheduler.drain()
    assert (scheduler.waiting, scheduler.waiting_tokens, scheduler.running) == (0, 0, 0)
    assert model.most_working <= workers
    judge.judge_answers(model.calls)


def submit(scheduler: Scheduler[str, Text, str], judge: Judge, values: list[Any]) -> None:
    first = len(judge.taken)
    jobs = [
        Job(Text(f"{first + at}", tokens, rows, fate), tokens, lane, now() + ttl, group, rows)
        for at, (tokens, rows, lane, ttl, group, fate) in enumerate(values)
    ]
    fits = scheduler.waiting + scheduler.running + len(jobs) <= LIMIT
    before = dict(judge.taken), {lane: list(line) for lane, line in judge.lines.items()}
    for job in jobs:
        judge.take(job)  # the scheduler starts batches before it returns
    if fits:
        for job, answer in zip(jobs, scheduler.submit(jobs), strict=True):
            judge.taken[job.work.name].answer = answer
    else:
        with pytest.raises(BadRequestError if len(jobs) > LIMIT else OverloadedError):
            scheduler.submit(jobs)
        judge.taken, judge.lines = before
        event("refused")


@settings(max_examples=150)
@given(plan=plans, workers=st.integers(1, 3), closed=st.booleans())
def test_no_job_is_lost_nor_answered_twice_nor_out_of_turn(
    plan: list[Any], workers: int, closed: bool
) -> None:
    play(perform(plan, workers, closed))
