"""The bytes of bodies are bounded together, and who is refused is told when to come back."""

from __future__ import annotations

import pytest

from cpc_classifier.errors import OverloadedError
from cpc_classifier.service_room import BodyRoom


def test_bytes_are_bounded_and_given_back() -> None:
    room = BodyRoom(100, lambda: 7.0)
    room.take(60)
    with pytest.raises(OverloadedError, match="memory") as caught:
        room.take(41)
    assert caught.value.retry_after_s == 7.0
    room.release(60)
    room.take(100)


@pytest.mark.parametrize(("told", "answered"), [(0.0, 1.0), (3.5, 3.5), (1e9, 120.0)])
def test_the_time_is_one_that_a_caller_can_keep_to(told: float, answered: float) -> None:
    with pytest.raises(OverloadedError) as caught:
        BodyRoom(0, lambda: told).take(1)
    assert caught.value.retry_after_s == answered
