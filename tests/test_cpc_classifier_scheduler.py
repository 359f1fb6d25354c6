"""The scheduler in virtual time: what starts when, and with whom."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest
from scheduling import Bench, Quiet, Text, bulk, job, lengths, names
from virtual_time import now, play

from cpc_classifier.jobs import Job, Lane
from cpc_classifier.scheduler import Scheduler


def test_a_lone_job_starts_at_once() -> None:
    async def main() -> None:
        bench = Bench(workers=2)
        scheduler = bench.scheduler()
        await asyncio.sleep(5)
        [answer] = scheduler.submit([job("a", tokens=200)])
        assert (scheduler.waiting, scheduler.running) == (0, 1)
        assert await answer == "a"
        assert bench.model.began == [5.0]
        assert now() == pytest.approx(5.2)

    play(main())


def test_no_more_batches_run_than_there_are_workers() -> None:
    async def main() -> None:
        bench = Bench(workers=3, budget=100)
        scheduler = bench.scheduler()
        answers = scheduler.submit([job(str(n)) for n in range(9)])
        assert (scheduler.waiting, scheduler.running) == (6, 3)
        assert await asyncio.gather(*answers) == [str(n) for n in range(9)]
        assert bench.model.most_working == 3
        assert now() == pytest.approx(0.3)

    play(main())


def test_a_few_jobs_are_shared_out_among_idle_workers() -> None:
    async def main() -> None:
        bench = Bench(workers=2)
        await asyncio.gather(*bench.scheduler().submit([job(str(n)) for n in range(8)]))
        assert [len(call) for call in bench.model.calls] == [4, 4]
        assert bench.model.began == [0.0, 0.0]

    play(main())


def test_the_last_idle_worker_takes_all_that_is_left() -> None:
    async def main() -> None:
        bench = Bench(workers=2)
        scheduler = bench.scheduler()
        first = scheduler.submit([job("long", tokens=500)])
        await asyncio.gather(*first, *scheduler.submit([job(str(n)) for n in range(8)]))
        assert [len(call) for call in bench.model.calls] == [1, 8]

    play(main())


def test_a_worker_that_ends_goes_on_at_once() -> None:
    async def main() -> None:
        bench = Bench(budget=100)
        await asyncio.gather(*bench.scheduler().submit([job(str(n)) for n in range(4)]))
        assert bench.model.began == pytest.approx([0.0, 0.1, 0.2, 0.3])

    play(main())


# Batches


def test_a_batch_keeps_to_the_budget_with_its_padding() -> None:
    async def main() -> None:
        bench = Bench(budget=1000)
        scheduler = bench.scheduler()
        scheduler.submit([job("first")])
        await asyncio.gather(*scheduler.submit([job(str(n), 200 - n) for n in range(7)]))
        # Five of 200 fill the budget; the two that are left come by themselves.
        assert bench.model.calls == [["first"], ["0", "1", "2", "3", "4"], ["5", "6"]]

    play(main())


def test_each_piece_of_a_text_is_a_row() -> None:
    async def main() -> None:
        bench = Bench(budget=1000)
        scheduler = bench.scheduler()
        scheduler.submit([job("first")])
        await asyncio.gather(*scheduler.submit([job(str(n), 100, rows=4) for n in range(3)]))
        assert [len(call) for call in bench.model.calls] == [1, 2, 1]
        assert [batch.rows for batch in bench.seen.started_batches] == [1, 8, 4]

    play(main())


def test_a_job_over_the_budget_goes_alone() -> None:
    async def main() -> None:
        bench = Bench(budget=1000)
        scheduler = bench.scheduler()
        scheduler.submit([job("first")])
        await asyncio.gather(
            *scheduler.submit([job("a"), job("huge", 100, rows=11), job("b"), job("c")])
        )
        assert bench.model.calls == [["first"], ["a", "b", "c"], ["huge"]]

    play(main())


def test_the_oldest_leads_and_the_nearest_in_length_join_it() -> None:
    async def main() -> None:
        bench = Bench(budget=1000)
        scheduler = bench.scheduler()
        scheduler.submit([job("first")])
        sizes = {"a": 250, "b": 30, "c": 248, "d": 500, "e": 255, "f": 32, "g": 252}
        await asyncio.gather(*scheduler.submit([job(name, n) for name, n in sizes.items()]))
        assert bench.model.calls[1:] == [["a", "g", "c"], ["b", "f"], ["d"], ["e"]]

    play(main())


def test_groups_are_never_mixed() -> None:
    async def main() -> None:
        bench = Bench(budget=1000)
        scheduler = bench.scheduler()
        scheduler.submit([job("first")])
        jobs = [job(f"{n}", group="old" if n % 2 else "new") for n in range(6)]
        await asyncio.gather(*scheduler.submit(jobs))
        assert bench.model.calls[1:] == [["0", "2", "4"], ["1", "3", "5"]]
        assert [batch.group for batch in bench.seen.started_batches] == ["bundle", "new", "old"]

    play(main())


def test_a_group_is_not_kept_when_its_jobs_are_done() -> None:
    class Bundle:
        pass

    async def run(group: Bundle, works: list[Text]) -> list[str]:
        await asyncio.sleep(0.1)
        return [text.name for text in works]

    async def main() -> None:
        scheduler = Bench(budget=100, seen=Quiet()).running(run)
        old, new = Bundle(), Bundle()
        gone = weakref.ref(old)
        for bundle in (old, old, new):
            text = Text("a", 100)
            last = scheduler.submit([Job(text, 100, Lane.BULK, 60.0, bundle)])
        del bundle, old
        await last[0]
        gc.collect()
        assert gone() is None

    play(main())


@pytest.mark.parametrize("lanes", [[Lane.BULK], [Lane.INTERACTIVE, Lane.BULK]])
def test_little_is_padding_where_much_waits(lanes: list[Lane]) -> None:
    async def main() -> None:
        bench = Bench(workers=2, budget=1024)
        scheduler = bench.scheduler()
        for n, tokens in enumerate(lengths(4000)):
            while scheduler.waiting >= 300:
                await asyncio.sleep(0.01)
            scheduler.submit([job(str(n), tokens, lanes[n % len(lanes)])])
        assert 0 < bench.seen.padding() < 0.05
        if len(lanes) == 1:  # else there are few interactive jobs, and they do not wait for more
            computed = [batch.padded_tokens for batch in bench.seen.started_batches]
            assert sum(computed) > 0.8 * 1024 * len(computed)
        await scheduler.drain()

    play(main())


# Lanes


def test_interactive_jobs_go_first() -> None:
    async def main() -> None:
        bench = Bench(budget=100)
        scheduler = bench.scheduler()
        scheduler.submit([bulk("0"), bulk("1"), bulk("2")])
        await asyncio.sleep(0.05)
        await asyncio.gather(*scheduler.submit([job("a"), job("b")]))
        await scheduler.drain()
        assert bench.model.calls == [["0"], ["a"], ["b"], ["1"], ["2"]]

    play(main())


def test_bulk_jobs_get_every_fifth_batch() -> None:
    async def main() -> None:
        bench = Bench(budget=100)
        scheduler = bench.scheduler()
        scheduler.submit([job("first"), bulk("A"), bulk("B")])
        scheduler.submit([job(str(n)) for n in range(10)])
        await scheduler.drain()
        assert [call for [call] in bench.model.calls] == [
            "first", *"012", "A", *"3456", "B", *"789"
        ]  # fmt: skip

    play(main())


def test_interactive_batches_count_only_while_bulk_waits() -> None:
    async def main() -> None:
        bench = Bench(budget=100)
        scheduler = bench.scheduler()
        scheduler.submit([job(str(n)) for n in range(10)])
        await asyncio.sleep(0.55)
        scheduler.submit([bulk("A")])
        await scheduler.drain()
        assert [call for [call] in bench.model.calls] == [*"0123456789", "A"]

    play(main())


# What is told


def test_the_observer_is_told_what_there_is_to_count() -> None:
    async def main() -> None:
        bench = Bench(budget=1000)
        scheduler = bench.scheduler()
        scheduler.submit([job("first", 200)])
        await asyncio.sleep(0.05)
        scheduler.submit([job("a", 90), job("b", 100), bulk("c", 100)])
        assert (scheduler.waiting, scheduler.running, scheduler.waiting_tokens) == (3, 1, 290)
        assert scheduler.retry_after_s == pytest.approx(0.49)
        await scheduler.drain()
        batches = bench.seen.started_batches
        assert names(batches) == [["first"], ["a", "b"], ["c"]]
        facts = [(b.lane, b.rows, b.tokens, b.padded_tokens) for b in batches]
        assert facts == [
            (Lane.INTERACTIVE, 1, 200, 200),
            (Lane.INTERACTIVE, 2, 190, 200),
            (Lane.BULK, 1, 100, 100),
        ]
        waits = [wait for batch in batches for wait in batch.waits_s]
        assert waits == pytest.approx([0.0, 0.15, 0.15, 0.35])
        assert [batch for batch, _ in bench.seen.finished_batches] == batches
        seconds = [seconds for _, seconds in bench.seen.finished_batches]
        assert seconds == pytest.approx([0.2, 0.2, 0.1])

    play(main())


def test_with_threads_and_a_real_clock() -> None:
    pool = ThreadPoolExecutor(2)
    threads = set()

    def work(texts: list[Text]) -> list[str]:
        time.sleep(0.002)
        threads.add(threading.get_ident())
        return [text.name for text in texts]

    async def run(group: str, works: list[Text]) -> list[str]:
        return await asyncio.get_running_loop().run_in_executor(pool, work, works)

    async def main() -> None:
        scheduler: Scheduler[str, Text, str] = Scheduler(
            run, workers=2, budget=1024, limit_jobs=1000, tokens_per_s=10_000, observer=Quiet()
        )
        deadline = time.monotonic() + 60
        jobs = [job(str(n), size, deadline=deadline) for n, size in enumerate(lengths(500))]
        assert await asyncio.gather(*scheduler.submit(jobs)) == [str(n) for n in range(500)]
        await scheduler.drain()

    with pool:
        asyncio.run(main())
    assert threading.get_ident() not in threads
