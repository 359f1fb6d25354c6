"""One job that fails costs no other its answer, in virtual time."""

from __future__ import annotations

import asyncio
import logging

import pytest
from scheduling import SECRET, Bench, Text, job
from virtual_time import now, play

from cpc_classifier.errors import (
    BundleError,
    InternalError,
)


def test_an_error_of_one_job_is_its_answer() -> None:
    async def main() -> None:
        bench = Bench()
        answers = bench.scheduler().submit([job("a"), job("bad", fate="refused"), job("c")])
        first, bad, last = await asyncio.gather(*answers)
        assert (first, last) == ("a", "c")
        assert isinstance(bad, BundleError)
        assert bench.model.calls == [["a", "bad", "c"]]

    play(main())


def test_one_bad_job_among_64_fails_alone(caplog: pytest.LogCaptureFixture) -> None:
    async def main() -> None:
        bench = Bench(budget=64 * 100)
        scheduler = bench.scheduler()
        jobs = [job(str(n), fate="crashes" if n == 40 else "answered") for n in range(64)]
        answers = await asyncio.gather(*scheduler.submit(jobs))
        guilty = answers.pop(40)
        assert answers == [str(n) for n in range(64) if n != 40]
        assert isinstance(guilty, InternalError)
        assert SECRET not in f"{guilty} {guilty!r} {guilty.__context__!r} {guilty.__cause__!r}"
        assert len(bench.model.calls) == 65
        assert scheduler.running == 0

    with caplog.at_level(logging.DEBUG):
        play(main())
    told = [r.message for r in caplog.records if r.name == "cpc_classifier.scheduler"]
    assert [message.partition(" at ")[0] for message in told] == [
        "a batch of 64 failed: ZeroDivisionError",
        "a batch of 1 failed: ZeroDivisionError",
    ]
    assert "scheduling.py:" in caplog.text
    assert SECRET not in caplog.text


def test_who_goes_while_jobs_run_one_by_one_is_passed_over() -> None:
    async def main() -> None:
        bench = Bench()
        answers = bench.scheduler().submit([job("a"), job("bad", fate="crashes"), job("c")])
        await asyncio.sleep(0.35)
        answers[2].cancel()
        assert await answers[0] == "a"
        assert now() == pytest.approx(0.4)
        assert isinstance(await answers[1], InternalError)
        assert bench.model.calls == [["a", "bad", "c"], ["a"], ["bad"]]

    play(main())


def test_a_known_error_of_the_whole_run_is_the_answer_of_each() -> None:
    async def run(group: str, works: list[Text]) -> list[str]:
        raise BundleError("gone")

    async def main() -> None:
        scheduler = Bench(budget=999).running(run)
        answers = await asyncio.gather(*scheduler.submit([job("a"), job("b")]))
        assert [str(answer) for answer in answers] == ["gone", "gone"]

    play(main())


def test_a_run_that_answers_too_few_answers_nobody_wrongly() -> None:
    async def run(group: str, works: list[Text]) -> list[str]:
        return [text.name for text in works if text.name != "lost"]

    async def main() -> None:
        scheduler = Bench(budget=999).running(run)
        jobs = [job("a"), job("lost"), job("c")]
        first, lost, last = await asyncio.gather(*scheduler.submit(jobs))
        assert (first, last) == ("a", "c")
        assert isinstance(lost, InternalError)

    play(main())


def test_a_failure_does_not_count_as_speed() -> None:
    async def main() -> None:
        scheduler = Bench(budget=100).scheduler()
        scheduler.submit([job("bad", fate="crashes"), job("b")])
        before = scheduler.tokens_per_s
        await asyncio.sleep(0.15)
        assert scheduler.running == 1
        assert scheduler.tokens_per_s == before
        await scheduler.drain()

    play(main())
