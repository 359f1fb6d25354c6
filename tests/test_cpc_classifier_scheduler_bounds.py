"""What the scheduler takes, and when it is true to come back, in virtual time."""

from __future__ import annotations

import asyncio

import pytest
from scheduling import SPEED, Bench, Text, job, lengths
from virtual_time import now, play

from cpc_classifier.errors import (
    BadRequestError,
    OverloadedError,
)
from cpc_classifier.scheduler import Scheduler


def test_a_request_is_taken_whole_or_not_at_all() -> None:
    async def main() -> None:
        bench = Bench(budget=100, limit_jobs=5)
        scheduler = bench.scheduler()
        scheduler.submit([job(str(n)) for n in range(4)])
        with pytest.raises(OverloadedError, match="4 filings .* holds 5; try again in 1 s"):
            scheduler.submit([job("a"), job("b")])
        assert (scheduler.waiting, scheduler.running) == (3, 1)
        [answer] = scheduler.submit([job("c")])
        assert await answer == "c"
        assert bench.model.calls == [["0"], ["1"], ["2"], ["3"], ["c"]]

    play(main())


def test_a_request_that_could_never_be_taken_is_told_so() -> None:
    async def main() -> None:
        scheduler = Bench(limit_jobs=5).scheduler()
        with pytest.raises(BadRequestError, match="6 filings, the queue holds 5; send fewer"):
            scheduler.submit([job(str(n)) for n in range(6)])
        assert scheduler.waiting == 0
        assert scheduler.submit([]) == []

    play(main())


@pytest.mark.parametrize("guess", [SPEED / 4, SPEED, 4 * SPEED])
def test_the_rate_of_all_workers_is_measured(guess: float) -> None:
    async def main() -> None:
        scheduler = Bench(workers=3, tokens_per_s=guess).scheduler()
        assert scheduler.tokens_per_s == pytest.approx(guess)
        scheduler.submit([job(str(n)) for n in range(1000)])
        await asyncio.sleep(20)
        assert scheduler.waiting
        assert scheduler.tokens_per_s == pytest.approx(3 * SPEED, rel=0.1)
        await scheduler.drain()

    play(main())


def test_the_rate_is_not_that_of_a_machine_with_little_to_do() -> None:
    async def main() -> None:
        scheduler = Bench(workers=3, tokens_per_s=3 * SPEED).scheduler()
        for n in range(50):
            await scheduler.submit([job(str(n), 1)])[0]
        assert scheduler.tokens_per_s == pytest.approx(3 * SPEED)

    play(main())


def test_who_comes_back_when_told_is_taken() -> None:
    """A burst, 30 requests of which are refused; everyone comes back once, and that is enough."""
    outcomes = []

    async def client(scheduler: Scheduler[str, Text, str], number: int) -> None:
        jobs = [job(f"{number}", tokens) for tokens in lengths(20, number)]
        try:
            await asyncio.gather(*scheduler.submit(jobs))
            outcomes.append("at once")
        except OverloadedError as error:
            await asyncio.sleep(error.retry_after_s)
            await asyncio.gather(*scheduler.submit(jobs))
            outcomes.append("later")

    async def main() -> None:
        bench = Bench(workers=2, limit_jobs=800, tokens_per_s=2 * SPEED)
        scheduler = bench.scheduler()
        await asyncio.gather(*(client(scheduler, number) for number in range(70)))
        assert sorted(outcomes) == ["at once"] * 40 + ["later"] * 30
        # The time told was not so long that the machine had nothing to do for much of it.
        work = sum(batch.padded_tokens for batch in bench.seen.started_batches)
        assert now() < 1.2 * work / (2 * SPEED)

    play(main())


def test_who_comes_back_is_taken_while_others_go_on_coming() -> None:
    async def main() -> None:
        scheduler = Bench(workers=2, limit_jobs=400, tokens_per_s=SPEED).scheduler()
        sizes = lengths(2000)
        scheduler.submit([job("burst", sizes[n]) for n in range(400)])
        with pytest.raises(OverloadedError) as refused:
            scheduler.submit([job("again")])
        back = now() + refused.value.retry_after_s
        for n in range(400, 2000):  # two thirds of what two workers can do
            await asyncio.sleep(sizes[n] / (2 * SPEED) * 1.5)
            if now() >= back:
                break
            if scheduler.waiting + scheduler.running < 400:
                scheduler.submit([job("other", sizes[n])])
        assert now() >= back
        assert await scheduler.submit([job("again")])[0] == "again"

    play(main())
