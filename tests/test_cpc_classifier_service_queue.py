"""The queue is bounded in filings and in bytes, and gives room back whatever happens."""

from __future__ import annotations

import pytest

from cpc_classifier.errors import OverloadedError
from cpc_classifier.service_queue import Admission


def test_what_fits_is_taken_and_given_back() -> None:
    queue = Admission(filings=10, body_bytes=100)
    with queue.filings(6), queue.filings(4):
        assert queue.waiting == 10
    assert queue.waiting == 0


def test_one_too_many_is_refused_with_a_time() -> None:
    queue = Admission(filings=10, body_bytes=100)
    with queue.filings(8):
        with pytest.raises(OverloadedError, match="10") as caught:
            queue.filings(3).__enter__()
        assert queue.waiting == 8
    assert caught.value.retry_after_s >= 1


def test_room_is_given_back_after_an_error() -> None:
    queue = Admission(filings=10, body_bytes=100)
    with pytest.raises(ZeroDivisionError), queue.filings(8):
        _ = 1 / 0
    assert queue.waiting == 0


def test_the_time_follows_the_measured_rate() -> None:
    queue = Admission(filings=10_000, body_bytes=100)
    with queue.filings(1000):
        before = queue.retry_after_s
        for _ in range(50):
            queue.measured(10, 10.0)
        assert queue.retry_after_s > before
        for _ in range(50):
            queue.measured(1000, 1.0)
        assert queue.retry_after_s < before
    assert queue.retry_after_s == 1.0


def test_nothing_is_learnt_from_nothing() -> None:
    queue = Admission(filings=10, body_bytes=100)
    queue.measured(0, 1.0)
    queue.measured(1, 0.0)
    with queue.filings(10):
        assert queue.retry_after_s == 1.0


def test_bytes_are_bounded() -> None:
    queue = Admission(filings=10, body_bytes=100)
    queue.take_bytes(60)
    with pytest.raises(OverloadedError, match="memory"):
        queue.take_bytes(41)
    queue.release_bytes(60)
    queue.take_bytes(100)
