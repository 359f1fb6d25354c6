"""Both clients over httpx2's MockTransport: what is sent, what comes back, what errors say."""

from __future__ import annotations

import json
import logging
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from client_doubles import PROVENANCE, Clock, Service, ask, refusal, result_of

from cpc_classifier import AsyncClient, Client
from cpc_classifier.errors import (
    BadAnswerError,
    BadRequestError,
    EmptyFilingError,
    FilingTooLargeError,
    RemoteError,
    UnreachableError,
)
from cpc_classifier.filing import ClassifiedFiling, Filing, Unreadable
from cpc_classifier.result import failed
from taxonomy.symbol import Rank

SECRET = "zanzibarquokka"
GOOD = Filing("A", title="Lithium battery", abstract="An electrolyte.", language="en")

pytestmark = pytest.mark.parametrize("kind", [Client, AsyncClient])


def test_suggest_sends_filings_and_keeps_their_order_and_ids(kind: Any) -> None:
    service = Service()
    unreadable = Unreadable("U", EmptyFilingError("no text"))
    filings = [GOOD, unreadable, ClassifiedFiling(Filing("", claims="1. A plough"))]
    found = ask(kind, service, "suggest", filings, Rank.SUBCLASS, 3, 0.25)
    assert found == [
        result_of("A"),
        failed("U", unreadable.error, PROVENANCE),
        result_of(""),
    ]
    request = service.asked[-1]
    assert (request.method, str(request.url)) == ("POST", "http://127.0.0.1:3000/v1/suggest")
    assert request.headers["content-type"] == "application/json"
    assert json.loads(request.content) == {
        "limit": 3,
        "threshold": 0.25,
        "level": "subclass",
        "filings": [
            {
                "title": "Lithium battery",
                "id": "A",
                "abstract": "An electrolyte.",
                "language": "en",
            },
            {"title": "", "claims": "1. A plough"},
        ],
    }


def test_nothing_to_send_is_answered_from_here(kind: Any) -> None:
    service = Service()
    unreadable = Unreadable("U", EmptyFilingError("no text"))
    assert ask(kind, service, "suggest", []) == []
    found = ask(kind, service, "suggest", [unreadable])
    assert found == [failed("U", unreadable.error, PROVENANCE)]
    assert service.sent() == []


def test_a_stream_is_cut_by_number_and_by_bytes(kind: Any) -> None:
    filings = [Filing(f"D{i}", title="x" * (i % 40) * 10) for i in range(100)]
    for service in (Service(filings=7), Service(body_bytes=1000)):
        found = ask(kind, service, "suggest_stream", filings)
        assert [result.id for result in found] == [filing.id for filing in filings]
        sent = service.sent()
        assert [f["id"] for filings in sent for f in filings] == [f.id for f in filings]
        assert max(map(len, sent)) <= service.filings
        assert max(len(request.content) for request in service.asked) <= service.body_bytes
        assert len(sent) > 10
        assert [r.url.path for r in service.asked].count("/v1/info") == 1


def test_a_stream_holds_one_request_at_a_time(kind: Any) -> None:
    service = Service()
    drawn: list[int] = []

    def endless() -> Iterator[Filing]:
        for i in range(10_000):
            drawn.append(i)
            yield Filing(str(i), title="a")

    def handler(request: httpx2.Request) -> httpx2.Response:
        assert len(drawn) == 5 * len(service.sent()) + (5 if "suggest" in request.url.path else 0)
        if len(service.sent()) == 3:
            raise KeyboardInterrupt
        return service(request)

    with pytest.raises(KeyboardInterrupt):
        ask(kind, handler, "suggest_stream", endless(), None, 10, 0.0, 5)
    assert len(drawn) == 20


def test_a_filing_over_the_limit_leaves_the_others(kind: Any) -> None:
    service = Service(body_bytes=2000)
    found = ask(kind, service, "suggest", [GOOD, Filing("B", description="x" * 2000), GOOD])
    assert [result.id for result in found] == ["A", "B", "A"]
    assert isinstance(found[1].error, FilingTooLargeError)
    assert "2,0" in found[1].error.message
    assert found[1].provenance == PROVENANCE


def test_at_once_is_checked(kind: Any) -> None:
    with pytest.raises(BadRequestError, match="at_once is 0"):
        ask(kind, Service(), "suggest_stream", [GOOD], None, 10, 0.0, 0)


def test_an_office_file_is_sent_as_it_is(kind: Any, tmp_path: Path) -> None:
    service = Service()
    path = tmp_path / f"{SECRET}.xml"
    path.write_bytes(b"<xml/>")
    for file in (path, b"<xml/>"):
        assert ask(kind, service, "filings", file, Rank.CLASS, 4) == [result_of("file")]
        request = service.asked[-1]
        assert request.content == b"<xml/>"
        assert dict(request.url.params) == {"level": "class", "limit": "4", "threshold": "0.0"}
        assert SECRET not in str(request.url) + str(request.headers)
    service.body_bytes = 3
    with pytest.raises(FilingTooLargeError, match="6 bytes and the service takes 3"):
        ask(kind, service, "filings", path)
    assert len(service.asked) == 5


def test_the_scheme_and_the_service_are_asked_for(kind: Any) -> None:
    service = Service()
    assert ask(kind, service, "symbol", "H01M 10/0525") == {"symbol": "H01M 10/0525"}
    assert ask(kind, service, "symbol", "../info?x#y") == {"symbol": "../info?x#y"}
    assert ask(kind, service, "search", "solid & liquid", 3) == [{"symbol": "H"}]
    assert dict(service.asked[-1].url.params) == {"q": "solid & liquid", "limit": "3"}
    assert ask(kind, service, "info") == service.info()
    assert ask(kind, service, "search", "half \ud83d", 3)


def test_ready_asks_once(kind: Any) -> None:
    service = Service()
    assert ask(kind, service, "ready") is True
    assert service.asked[0].url.path == "/readyz"
    for fault in (httpx2.Response(503), httpx2.ConnectError("refused")):
        service.faults = [fault]
        assert ask(kind, service, "ready") is False
    assert len(service.asked) == 3


def test_an_error_of_the_service_is_told_as_it_came(kind: Any) -> None:
    fault = refusal(400, "bad_request", fields=[{"field": "limit"}])
    with pytest.raises(RemoteError) as caught:
        ask(kind, Service(faults=[fault]), "symbol", "lithium")
    assert (caught.value.code, str(caught.value)) == ("bad_request", "it is bad_request.")
    assert caught.value.detail == {"fields": [{"field": "limit"}]}


@pytest.mark.parametrize(
    "answer",
    [
        httpx2.Response(302, headers={"Location": "http://elsewhere.example/"}),
        httpx2.Response(413, text="<html>nginx</html>"),
        httpx2.Response(404, json=[1]),
        httpx2.Response(401, json={"error": {"code": 5, "message": "m"}}),
        httpx2.Response(200, text="<html>login</html>"),
        httpx2.Response(200, json={"results": []}),
        httpx2.Response(200, json={"results": [{"id": "A"}]}),
    ],
)
def test_another_server_is_told_apart(kind: Any, answer: httpx2.Response) -> None:
    service = Service()

    def handler(request: httpx2.Request) -> httpx2.Response:
        return service(request) if request.url.path == "/v1/info" else answer

    with pytest.raises(BadAnswerError, match="http://127.0.0.1:3000") as caught:
        ask(kind, handler, "suggest", [GOOD])
    assert caught.value.code == "bad_answer"
    assert len(service.asked) == 1


@pytest.mark.parametrize("info", [{}, {"limits": {}}, {"limits": {"body_bytes": 9, "filings": 0}}])
def test_a_service_without_limits_is_none_of_ours(kind: Any, info: dict[str, Any]) -> None:
    service = Service(faults=[httpx2.Response(200, json=info)])
    with pytest.raises(BadAnswerError, match="3000 is not that of a CPC service"):
        ask(kind, service, "suggest", [GOOD])


def test_the_key_goes_along_and_is_never_shown(kind: Any) -> None:
    service = Service()
    ask(kind, service, "suggest", [GOOD], key=SECRET)
    assert {r.headers["authorization"] for r in service.asked} == {f"Bearer {SECRET}"}
    client = kind("https://cpc.example/below/", SECRET)
    assert repr(client) == f"{kind.__name__}('https://cpc.example/below')"
    assert SECRET not in repr(client._core.address)


def test_a_path_below_the_host_is_kept(kind: Any) -> None:
    service = Service(faults=[httpx2.Response(200, json={})])
    ask(kind, service, "info", url="https://cpc.example/below/")
    assert str(service.asked[0].url) == "https://cpc.example/below/v1/info"


def test_no_text_is_logged_or_told(kind: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = Filing(SECRET, title=SECRET)
    clock = Clock()
    service = Service()
    ask(kind, service, "suggest", [secret], timing=clock.timing)
    ask(kind, service, "search", SECRET, timing=clock.timing)
    service.faults = [httpx2.ReadError(f"got {SECRET}")] * 9
    with pytest.raises(UnreachableError) as caught:
        ask(kind, service, "search", SECRET, timing=clock.timing)
    assert SECRET not in str(caught.value) + repr(caught.value.__context__)
    assert SECRET not in caplog.text


@pytest.mark.parametrize("more", [{"timeout_s": 0}, {"timeout_s": float("inf")}, {"retries": -1}])
def test_patience_is_checked(kind: Any, more: dict[str, Any]) -> None:
    with pytest.raises(BadRequestError, match="timeout_s"):
        kind(**more)


def test_an_asynchronous_source_is_drawn(kind: Any) -> None:
    if kind is Client:
        return

    async def source() -> AsyncIterator[Filing]:
        for i in range(5):
            yield Filing(str(i), title="a")

    service = Service(filings=2)
    found = ask(kind, service, "suggest_stream", source())
    assert [result.id for result in found] == ["0", "1", "2", "3", "4"]
    assert list(map(len, service.sent())) == [2, 2, 1]
