"""When a request is sent again, and after how long; no I/O.

Every call of the API may be repeated: none changes anything. A generator yields what is to be done
(`Send`, `Wait`) and is told what came of it (`Answer`, `Lost`), so that the blocking and the
asynchronous client are the same but for how they send and wait.

Sources: Retry-After is RFC 9110, 10.2.3. Where nothing is told, the wait is drawn between 0 and a
bound that doubles ("full jitter", AWS Architecture Blog, Exponential Backoff And Jitter, 2015).
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Generator
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, TypeVar

from cpc_classifier.client_calls import Answer, Call, error_of, value_of
from cpc_classifier.errors import BadRequestError, UnreachableError

__all__ = ["Lost", "Patience", "Send", "Steps", "Timing", "Wait", "perform"]

_BASE_S, _BOUND_S = 0.5, 8.0
_MOST_LOST = 4
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long and how often one call is tried.

    Attributes:
        timeout_s: seconds for the call with all its tries and waits. Within a try it bounds each
            silence of the server, not their sum.
        retries: most further tries; after a broken connection at most 4 in a row.
    """

    timeout_s: float
    retries: int

    def __post_init__(self) -> None:
        if not 0 < self.timeout_s < float("inf") or self.retries < 0:
            raise BadRequestError(
                f"timeout_s is {self.timeout_s} and retries {self.retries}; the one must be above "
                "0, the other at least 0."
            )


@dataclass(frozen=True, slots=True)
class Timing:
    """Where time and chance come from.

    Attributes:
        now: seconds on a clock that never goes back.
        chance: a number in [0, 1).
        sleep: waits so many seconds.
        sleep_async: the same in an event loop.
    """

    now: Callable[[], float] = time.monotonic
    chance: Callable[[], float] = random.random
    sleep: Callable[[float], None] = time.sleep
    sleep_async: Callable[[float], Awaitable[Any]] = asyncio.sleep


@dataclass(frozen=True, slots=True)
class Send:
    """Send this; wait at most so many seconds for the server to stir."""

    call: Call[Any]
    patience_s: float


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait so many seconds."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Lost:
    """No answer came, and why, in words that hold nothing of what was sent."""

    reason: str


Steps = Generator[Send | Wait, Any, T]
"""Answers a `Send` with what came of it; its value is what the caller asked for."""


def perform(call: Call[T], url: str, patience: Patience, timing: Timing) -> Steps[T]:
    """Sends a call until it is answered or patience ends.

    Args:
        call: what to send.
        url: of the service, for messages.
        patience: how long and how often.
        timing: tells time and chance.

    Returns:
        The value of the answer.

    Raises:
        RemoteError: the service answered with an error, the last time too.
        BadAnswerError: the answer is none of such a service.
        UnreachableError: no answer came.
    """
    end = timing.now() + patience.timeout_s
    tried = lost = 0
    while True:
        reply: Answer | Lost = yield Send(call, max(end - timing.now(), 0.001))
        tried += 1
        lost = lost + 1 if isinstance(reply, Lost) else 0
        wait = _wait_s(reply, tried, timing.chance())
        again = lost <= _MOST_LOST if isinstance(reply, Lost) else _may_come_again(reply)
        if again and tried <= patience.retries and timing.now() + wait < end:
            yield Wait(wait)
        elif isinstance(reply, Lost):
            raise _unreachable(url, reply, tried)
        else:
            return value_of(call, reply, url)


def _may_come_again(answer: Answer) -> bool:
    """Whether the same request may fare better later.

    A full queue (429), a service that starts and says when to come back, and a gateway that has
    nobody behind it. A gateway's 504 is none: the same work would take as long again.
    """
    if answer.status == 429:
        return True
    if answer.status not in (502, 503):
        return False
    return "retry-after" in answer.headers or error_of(answer) is None


def _told_s(answer: Answer) -> float | None:
    """Seconds of Retry-After; a date counts from the answer's own, so no two clocks are compared.

    None where nothing is told, or nothing that can be read.
    """
    text = answer.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        sent = parsedate_to_datetime(answer.headers.get("date", ""))
        return max((parsedate_to_datetime(text) - sent).total_seconds(), 0.0)
    except (ValueError, TypeError):
        return None


def _wait_s(reply: Answer | Lost, tried: int, chance: float) -> float:
    """Never earlier than told, and not all clients at one moment."""
    told = _told_s(reply) if isinstance(reply, Answer) else None
    if told is not None:
        return told + _BASE_S * chance
    return min(_BOUND_S, _BASE_S * 2.0 ** min(tried - 1, 10)) * chance


def _unreachable(url: str, reply: Lost, tries: int) -> UnreachableError:
    number = "1 try" if tries == 1 else f"{tries} tries"
    return UnreachableError(
        f"{url} does not answer: {reply.reason} ({number}); check the address, and that the "
        "service runs there (`cpc serve`)."
    )
