"""Deadlines, callers who go, and the end of the service, in virtual time."""

from __future__ import annotations

import asyncio

import pytest
from scheduling import Bench, Text, bulk, job, names
from virtual_time import now, play

from cpc_classifier.errors import (
    DeadlineError,
    StoppingError,
)
from cpc_classifier.jobs import Drop

# Deadlines, and callers who go


def test_a_job_whose_time_is_over_is_told_then_and_costs_nothing() -> None:
    async def main() -> None:
        bench = Bench(budget=100)
        scheduler = bench.scheduler()
        await asyncio.sleep(1)
        jobs = [job("a", 100), job("late", 100, deadline=1.25), job("b"), job("c"), job("d")]
        scheduler.submit([job("first", tokens=500)])
        answers = scheduler.submit(jobs)
        error = await answers[1]
        assert now() == pytest.approx(1.25)
        assert isinstance(error, DeadlineError)
        assert error.waited_s == pytest.approx(0.25)
        assert str(error).startswith("a filing waited 0.2 s, until its time was over")
        assert (scheduler.waiting, scheduler.waiting_tokens) == (4, 400)
        await scheduler.drain()
        assert bench.model.calls == [["first"], ["a"], ["b"], ["c"], ["d"]]
        assert bench.seen.drops == [("late", Drop.EXPIRED, pytest.approx(0.25))]

    play(main())


def test_a_job_that_comes_too_late_is_never_run() -> None:
    async def main() -> None:
        bench = Bench()
        scheduler = bench.scheduler()
        await asyncio.sleep(1)
        answers = scheduler.submit([job("past", deadline=0.5), job("now", deadline=1.0)])
        assert [type(error) for error in await asyncio.gather(*answers)] == [DeadlineError] * 2
        assert now() == 1.0
        assert bench.model.calls == []

    play(main())


def test_a_deadline_that_ends_with_the_batch_before_is_over() -> None:
    """The timer and the end of the batch fall on one moment: the deadline counts."""

    async def main() -> None:
        bench = Bench(budget=100)
        scheduler = bench.scheduler()
        first, late, last = scheduler.submit([job("a"), job("late", deadline=0.1), job("b")])
        assert isinstance(await late, DeadlineError)
        assert await asyncio.gather(first, last) == ["a", "b"]
        assert bench.model.calls == [["a"], ["b"]]

    play(main())


def test_work_that_has_begun_is_finished_whatever_its_deadline() -> None:
    async def main() -> None:
        bench = Bench()
        [answer] = bench.scheduler().submit([job("a", 500, deadline=0.2)])
        assert await answer == "a"
        assert now() == pytest.approx(0.5)
        assert bench.seen.drops == []

    play(main())


def test_a_job_whose_caller_has_gone_costs_nothing_and_makes_room() -> None:
    async def main() -> None:
        bench = Bench(budget=100, limit_jobs=3)
        scheduler = bench.scheduler()
        scheduler.submit([job("first")])
        caller = asyncio.gather(*scheduler.submit([job("a"), job("b")]))
        await asyncio.sleep(0.05)
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        assert scheduler.waiting == scheduler.waiting_tokens == 0
        await asyncio.gather(*scheduler.submit([job("c"), job("d")]))
        assert bench.model.calls == [["first"], ["c"], ["d"]]
        assert bench.seen.drops == [
            ("a", Drop.GONE, pytest.approx(0.05)),
            ("b", Drop.GONE, pytest.approx(0.05)),
        ]

    play(main())


@pytest.mark.parametrize("which", [0, 1])
def test_a_caller_who_goes_in_the_last_moment_is_not_worked_for(which: int) -> None:
    async def main() -> None:
        bench = Bench(workers=2)
        scheduler = bench.scheduler()
        scheduler.submit([job("first"), job("second")])
        answers = scheduler.submit([job("a"), job("b")])
        answers[which].cancel()
        # The loop has not told the scheduler yet when the next batch is chosen.
        scheduler._workers += 1
        scheduler.submit([job("c")])
        assert names(bench.seen.started_batches)[-1] == ["ba"[which], "c"]
        await scheduler.drain()
        assert bench.seen.drops == [("ab"[which], Drop.GONE, 0.0)]

    play(main())


def test_a_caller_who_goes_does_not_disturb_a_batch_at_work() -> None:
    async def main() -> None:
        bench = Bench()
        scheduler = bench.scheduler()
        scheduler.submit([job("first")])
        answers = scheduler.submit([job("a"), job("b"), job("c")])
        await asyncio.sleep(0.2)
        answers[1].cancel()
        await asyncio.sleep(0)
        assert scheduler.running == 3
        assert await asyncio.gather(answers[0], answers[2]) == ["a", "c"]
        assert answers[1].cancelled()
        assert bench.model.calls == [["first"], ["a", "b", "c"]]

    play(main())


# The end


def test_drain_finishes_what_was_taken_and_takes_nothing_more() -> None:
    async def main() -> None:
        bench = Bench(workers=2, budget=100)
        scheduler = bench.scheduler()
        answers = scheduler.submit([job(str(n)) for n in range(9)])
        draining = asyncio.ensure_future(scheduler.drain())
        await asyncio.sleep(0.01)
        with pytest.raises(StoppingError, match="the service is stopping"):
            scheduler.submit([job("more")])
        assert not draining.done()
        await draining
        assert [answer.result() for answer in answers] == [str(n) for n in range(9)]
        assert now() == pytest.approx(0.5)
        await scheduler.drain()

    play(main())


def test_an_idle_scheduler_drains_at_once() -> None:
    async def main() -> None:
        scheduler = Bench().scheduler()
        await scheduler.submit([job("a")])[0]
        await scheduler.drain()
        assert now() == pytest.approx(0.1)

    play(main())


def test_close_answers_what_waits_and_lets_work_end() -> None:
    async def main() -> None:
        bench = Bench(budget=100)
        scheduler = bench.scheduler()
        answers = scheduler.submit([job("a"), job("b"), bulk("c")])
        await asyncio.sleep(0.05)
        scheduler.close()
        assert (scheduler.waiting, scheduler.running) == (0, 1)
        assert [type(answer.result()) for answer in answers[1:]] == [StoppingError] * 2
        with pytest.raises(StoppingError):
            scheduler.submit([job("more")])
        await scheduler.drain()
        assert answers[0].result() == "a"
        assert bench.seen.drops == [
            ("b", Drop.STOPPED, pytest.approx(0.05)),
            ("c", Drop.STOPPED, pytest.approx(0.05)),
        ]

    play(main())


def test_a_run_that_is_cancelled_leaves_nobody_waiting() -> None:
    async def run(group: str, works: list[Text]) -> list[str]:
        await asyncio.sleep(0.1)
        raise asyncio.CancelledError  # as a future of an executor that was shut down does

    async def main() -> None:
        scheduler = Bench(budget=100).running(run)
        answers = await asyncio.gather(*scheduler.submit([job("a"), job("b")]))
        assert [type(answer) for answer in answers] == [StoppingError] * 2
        await scheduler.drain()
        assert scheduler.running == 0

    play(main())
