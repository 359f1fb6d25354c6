from __future__ import annotations

import math

import pytest

from cpc_classifier.jobs import Batch, Job, Lane

SECRET = "zanzibarquokka"


def job(tokens: int, rows: int = 1) -> Job[str, str]:
    return Job(SECRET, tokens, Lane.BULK, math.inf, "bundle", rows)


def test_the_size_of_a_job_is_that_of_all_its_rows() -> None:
    assert job(100).size == 100
    assert job(100, rows=3).size == 300


@pytest.mark.parametrize(("tokens", "rows"), [(0, 1), (1, 0), (-5, 1)])
def test_a_job_of_nothing_is_refused(tokens: int, rows: int) -> None:
    with pytest.raises(ValueError, match=f"{tokens} tokens and {rows} rows"):
        job(tokens, rows)


def test_no_repr_shows_the_work() -> None:
    assert SECRET not in repr(job(5))
    assert SECRET not in repr(Batch.of([job(5)], [0.0]))


def test_a_batch_counts_its_padding() -> None:
    batch = Batch.of([job(100), job(60, rows=2)], [1.5, 0.5])
    assert (batch.rows, batch.tokens, batch.padded_tokens) == (3, 220, 300)
    assert (batch.lane, batch.group, batch.waits_s) == (Lane.BULK, "bundle", (1.5, 0.5))


def test_jobs_are_equal_only_to_themselves() -> None:
    assert job(5) != job(5)
    assert len({job(5), job(5)}) == 2
