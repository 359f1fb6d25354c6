"""Which waiting jobs go together, without time and workers."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpc_classifier.jobs import Job, Lane
from cpc_classifier.waiting import Entry, Line

ANY = math.inf


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


def line_of(
    loop: asyncio.AbstractEventLoop, sizes: list[tuple[int, int, str]]
) -> tuple[Line[str, int, int], list[Entry[str, int, int]]]:
    """A line of jobs of so many tokens, rows and of this group."""
    line: Line[str, int, int] = Line()
    entries = []
    for number, (tokens, rows, group) in enumerate(sizes):
        job = Job(number, tokens, Lane.BULK, ANY, group, rows)
        entries.append(Entry(number, job, 0.0, loop.create_future()))
        line.add(entries[-1])
    return line, entries


def everyone(entry: Entry[str, int, int]) -> bool:
    return True


def numbers(entries: list[Entry[str, int, int]]) -> list[int]:
    return [entry.number for entry in entries]


def padded(entries: list[Entry[str, int, int]]) -> int:
    return sum(e.job.rows for e in entries) * max(e.job.tokens for e in entries)


KINDS = [(n, rows, group) for n in range(1, 61, 3) for rows in (1, 2, 5) for group in "xy"]
sizes = st.lists(st.sampled_from(KINDS), min_size=1, max_size=40)


@given(sizes=sizes, budget=st.integers(1, 400), padding=st.integers(0, 50))
def test_every_job_goes_once_and_keeps_to_the_limits(
    loop: asyncio.AbstractEventLoop, sizes: list[tuple[int, int, str]], budget: int, padding: int
) -> None:
    line, entries = line_of(loop, sizes)
    left = set(range(len(entries)))
    while line.by_age:
        assert line.oldest.number == min(left)
        taken = line.take(budget, padding, everyone)
        assert taken[0].number == min(left)
        assert len({entry.job.group for entry in taken}) == 1
        assert len(set(taken)) == len(taken)
        assert set(numbers(taken)) <= left
        left -= set(numbers(taken))
        assert set(line.by_age) == left
        assert line.tokens == sum(entries[number].job.size for number in left)
        wasted = padded(taken) - sum(entry.job.size for entry in taken)
        assert len(taken) == 1 or (padded(taken) <= budget and wasted <= padding)
    assert left == set()


@given(lengths=st.lists(st.integers(1, 60), min_size=1, max_size=40), budget=st.integers(1, 400))
def test_no_job_that_would_fit_is_passed_over_for_one_further_off(
    loop: asyncio.AbstractEventLoop, lengths: list[int], budget: int
) -> None:
    line, entries = line_of(loop, [(tokens, 1, "x") for tokens in lengths])
    taken = line.take(budget, ANY, everyone)
    low, high = min(e.job.tokens for e in taken), max(e.job.tokens for e in taken)
    left = [entry for entry in entries if entry.number in line.by_age]
    assert not [entry for entry in left if low < entry.job.tokens < high]
    for entry in left:
        assert padded([*taken, entry]) > budget


@given(sizes=sizes, order=st.randoms(use_true_random=False))
def test_jobs_can_leave_in_any_order(
    loop: asyncio.AbstractEventLoop, sizes: list[tuple[int, int, str]], order: object
) -> None:
    line, entries = line_of(loop, sizes)
    order.shuffle(entries)  # type: ignore[attr-defined]
    for at, entry in enumerate(entries):
        assert line.remove(entry)
        assert not line.remove(entry)
        assert set(line.by_age) == set(numbers(entries[at + 1 :]))
        assert line.tokens == sum(e.job.size for e in entries[at + 1 :])


def test_of_equal_lengths_the_older_go_first(loop: asyncio.AbstractEventLoop) -> None:
    line, _ = line_of(loop, [(10, 1, "x")] * 6)
    assert numbers(line.take(40, ANY, everyone)) == [0, 1, 2, 3]
    assert numbers(line.take(40, ANY, everyone)) == [4, 5]


def test_the_nearest_join_from_both_sides(loop: asyncio.AbstractEventLoop) -> None:
    line, _ = line_of(loop, [(n, 1, "x") for n in (50, 10, 49, 52, 90, 46, 55)])
    assert numbers(line.take(55 * 5, ANY, everyone)) == [0, 2, 3, 5, 6]


def test_padding_has_its_own_limit(loop: asyncio.AbstractEventLoop) -> None:
    line, _ = line_of(loop, [(100, 1, "x"), (96, 1, "x"), (93, 1, "x")])
    assert numbers(line.take(1000, 10, everyone)) == [0, 1]
    line, _ = line_of(loop, [(100, 1, "x"), (96, 1, "x"), (94, 1, "x")])
    assert numbers(line.take(1000, 10, everyone)) == [0, 1, 2]


def test_a_job_with_too_many_rows_does_not_hide_those_behind_it(
    loop: asyncio.AbstractEventLoop,
) -> None:
    line, _ = line_of(loop, [(10, 3, "x"), (10, 9, "x"), (10, 2, "x"), (10, 4, "x"), (10, 5, "x")])
    assert numbers(line.take(100, ANY, everyone)) == [0, 2, 3]
    assert numbers(line.take(100, ANY, everyone)) == [1]


def test_who_is_not_live_stays_where_it_is(loop: asyncio.AbstractEventLoop) -> None:
    line, _ = line_of(loop, [(10, 1, "x")] * 4)
    assert numbers(line.take(100, ANY, lambda entry: entry.number != 2)) == [0, 1, 3]
    assert set(line.by_age) == {2}


def test_a_caller_who_has_gone_is_not_answered(loop: asyncio.AbstractEventLoop) -> None:
    _, [entry, other] = line_of(loop, [(10, 1, "x")] * 2)
    entry.answer.cancel()
    entry.give(7)
    assert entry.answer.cancelled()
    other.give(7)
    other.give(8)
    assert other.answer.result() == 7
