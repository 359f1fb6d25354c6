"""When a call is tried again and after how long, with a clock that does not wait."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import httpx2
import pytest
from client_doubles import Clock, Service, ask, refusal
from hypothesis import given
from hypothesis import strategies as st

from cpc_classifier import AsyncClient, Client, Filing
from cpc_classifier.client_calls import Answer, info_call
from cpc_classifier.client_retry import Lost, Patience, Wait, perform
from cpc_classifier.errors import BadAnswerError, RemoteError, UnreachableError

BOTH = pytest.mark.parametrize("kind", [Client, AsyncClient])
URL = "http://127.0.0.1:3000"


@BOTH
def test_retry_after_is_waited_for(kind: Any) -> None:
    clock, service = Clock(chance=0.5), Service()
    service.faults = [
        refusal(429, "overloaded", {"Retry-After": "7"}),
        refusal(503, "starting", {"Retry-After": "2"}),
    ]
    assert ask(kind, service, "info", timing=clock.timing) == service.info()
    assert clock.waits == [7.25, 2.25]
    assert len(service.asked) == 3


@BOTH
def test_suggest_is_sent_again_whole(kind: Any) -> None:
    clock, service = Clock(), Service()

    def handler(request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/v1/suggest" and not service.sent():
            service.asked.append(request)
            raise httpx2.ReadError("broken")
        return service(request)

    found = ask(kind, handler, "suggest", [Filing("A", title="a")], timing=clock.timing)
    assert [result.id for result in found] == ["A"]
    first, second = service.sent()
    assert first == second == [{"id": "A", "title": "a"}]


def test_a_date_counts_from_the_answers_own() -> None:
    sent = datetime(2001, 2, 3, tzinfo=UTC)  # a server whose clock is wrong
    headers = {
        "Date": format_datetime(sent, usegmt=True),
        "Retry-After": format_datetime(sent + timedelta(seconds=30), usegmt=True),
    }
    clock, service = Clock(), Service(faults=[refusal(429, "overloaded", headers)])
    ask(Client, service, "info", timing=clock.timing)
    assert clock.waits == [30.0]


@pytest.mark.parametrize("told", ["soon", "", "-3", "\xb2", "1.5"])
def test_what_cannot_be_read_counts_as_not_told(told: str) -> None:
    clock = Clock(chance=0.5)
    fault = refusal(429, "overloaded")
    fault.headers = httpx2.Headers({"Retry-After": told}, encoding="latin-1")
    ask(Client, Service(faults=[fault]), "info", timing=clock.timing)
    assert clock.waits == [0.25]


@BOTH
def test_a_wait_that_passes_the_deadline_is_not_begun(kind: Any) -> None:
    clock = Clock()
    service = Service(faults=[refusal(429, "overloaded", {"Retry-After": "61"})])
    with pytest.raises(RemoteError) as caught:
        ask(kind, service, "info", timing=clock.timing, timeout_s=60)
    assert caught.value.code == "overloaded"
    assert clock.waits == []


def test_the_deadline_counts_all_tries() -> None:
    clock = Clock()
    asked: list[float] = []

    def handler(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.extensions["timeout"]["read"])
        clock.time += 10
        return refusal(429, "overloaded", {"Retry-After": "5"})

    with pytest.raises(RemoteError):
        ask(Client, handler, "info", timing=clock.timing, timeout_s=60)
    assert asked == [60, 45, 30, 15]


@BOTH
def test_retries_are_counted(kind: Any) -> None:
    clock = Clock()
    service = Service(faults=[refusal(429, "overloaded", {"Retry-After": "1"}) for _ in range(9)])
    with pytest.raises(RemoteError):
        ask(kind, service, "info", timing=clock.timing, retries=3)
    assert len(service.asked) == 4
    with pytest.raises(RemoteError):
        ask(kind, service, "info", timing=clock.timing, retries=0)
    assert len(service.asked) == 5


@BOTH
@pytest.mark.parametrize(
    ("error", "word"),
    [
        (httpx2.ConnectError("[Errno 111] Connection refused"), "Connection refused"),
        (httpx2.ConnectError(""), "ConnectError"),
        (httpx2.ConnectTimeout("timed out"), "timed out"),
        (httpx2.ReadTimeout("x"), "no answer in time"),
        (httpx2.RemoteProtocolError("x"), "RemoteProtocolError"),
    ],
)
def test_a_broken_connection_is_one_sentence(kind: Any, error: Exception, word: str) -> None:
    clock, service = Clock(chance=1.0), Service(faults=[error] * 9)
    with pytest.raises(UnreachableError, match=word) as caught:
        ask(kind, service, "info", timing=clock.timing)
    assert caught.value.message.startswith(f"{URL} does not answer: ")
    assert "5 tries" in caught.value.message
    assert "cpc serve" in caught.value.message
    assert clock.waits == [0.5, 1.0, 2.0, 4.0]


def test_an_answer_between_begins_the_count_of_broken_connections_anew() -> None:
    clock = Clock()
    broken = httpx2.ConnectError("refused")
    busy = refusal(429, "overloaded", {"Retry-After": "1"})
    service = Service(faults=[*[broken] * 4, busy, *[broken] * 4])
    assert ask(Client, service, "info", timing=clock.timing) == service.info()


@pytest.mark.parametrize("status", [502, 503])
def test_a_gateway_with_nobody_behind_it_is_asked_again(status: int) -> None:
    clock, service = Clock(), Service(faults=[httpx2.Response(status, text="<html>")])
    assert ask(Client, service, "info", timing=clock.timing) == service.info()
    service.faults = [httpx2.Response(status, text="<html>") for _ in range(99)]
    with pytest.raises(BadAnswerError, match=str(status)):
        ask(Client, service, "info", timing=clock.timing)


@pytest.mark.parametrize(
    "fault",
    [
        refusal(400, "bad_request"),
        refusal(404, "unknown_symbol"),
        refusal(413, "body_too_large"),
        refusal(500, "internal_error"),
        refusal(503, "bad_bundle"),
        httpx2.Response(504, text="<html>"),
        httpx2.Response(500, text="<html>"),
    ],
)
def test_what_would_fail_again_is_not_tried_again(fault: httpx2.Response) -> None:
    clock, service = Clock(), Service(faults=[fault])
    with pytest.raises((RemoteError, BadAnswerError)):
        ask(Client, service, "info", timing=clock.timing)
    assert len(service.asked) == 1


REPLIES = st.one_of(
    st.builds(Lost, st.just("broken")),
    st.builds(
        lambda status, headers: Answer(status, headers, b""),
        st.sampled_from([429, 502, 503]),
        st.one_of(st.just({}), st.integers(0, 10**12).map(lambda told: {"retry-after": str(told)})),
    ),
)


@given(
    st.lists(REPLIES, min_size=30, max_size=30),
    st.floats(1, 1000),
    st.integers(0, 20),
    st.floats(0, 0.999),
    st.floats(0.01, 50),
)
def test_patience_is_never_passed(
    replies: list[Answer | Lost], timeout_s: float, retries: int, chance: float, work_s: float
) -> None:
    clock = Clock(chance=chance)
    steps = perform(info_call(), URL, Patience(timeout_s, retries), clock.timing)
    end = clock.time + timeout_s
    answers = iter(replies)
    sends = 0
    reply: Answer | Lost | None = None
    for _ in range(2 * len(replies)):
        try:
            step = steps.send(reply)
        except (BadAnswerError, UnreachableError):
            break
        if isinstance(step, Wait):
            told = reply.headers.get("retry-after") if isinstance(reply, Answer) else None
            assert float(told or 0) <= step.seconds <= float(told or 8) + 0.5
            clock.sleep(step.seconds)
            reply = None
            continue
        sends += 1
        assert clock.time < end
        assert step.patience_s <= end - clock.time + 1e-9
        clock.time += min(work_s, step.patience_s)
        reply = next(answers)
    else:
        pytest.fail("it never gave up")
    assert sends <= retries + 1
