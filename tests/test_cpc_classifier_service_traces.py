"""Traces: off by default, a tree of names and numbers when on, and never a text."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from serving import client_of, requests_with, small_engine
from starlette.testclient import TestClient

from cpc_classifier import service_traces
from cpc_classifier.classifier import Classifier
from cpc_classifier.service_engine import Engine
from cpc_classifier.service_traces import otlp_exporter, request_span, span
from cpc_classifier.settings import SettingsError

SECRET = "zanzibarquokka"
GOOD = {"filings": [{"id": SECRET, "title": SECRET}]}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with small_engine(tmp_path_factory.mktemp("engine"), max_body_mb=1, max_filings=40) as engine:
        yield engine


@pytest.fixture
def client(engine: Engine) -> TestClient:
    return client_of(engine)


@pytest.fixture
def exporter() -> Iterator[InMemorySpanExporter]:
    made = InMemorySpanExporter()
    service_traces.start(made)
    yield made
    service_traces.stop()


def finished(exporter: InMemorySpanExporter) -> list[ReadableSpan]:
    """All spans, in the order of their start; switches tracing off."""
    service_traces.stop()
    return sorted(exporter.get_finished_spans(), key=lambda found: found.start_time or 0)


def test_while_off_a_span_is_nothing() -> None:
    assert span("run", filings=3) is span("wait") is request_span("")
    with span("run", filings=3) as note:
        note(tokens=5)
        assert not trace.get_current_span().is_recording()
    with request_span("") as answered:
        answered("suggest", 200)


def test_spans_nest_and_have_numbers(exporter: InMemorySpanExporter) -> None:
    with request_span("") as answered:
        with span("tokenise", filings=2) as note:
            note(tokens=77)
        with span("run"):
            pass
        answered("suggest", 200)
    request, tokenise, run = finished(exporter)
    assert [found.name for found in (request, tokenise, run)] == ["request", "tokenise", "run"]
    assert tokenise.attributes == {"filings": 2, "tokens": 77}
    assert request.attributes == {"cpc.route": "suggest", "http.response.status_code": 200}
    assert request.parent is None
    assert request.kind == SpanKind.SERVER
    assert request.resource.attributes["service.name"] == "cpc-classifier"
    for child in (tokenise, run):
        assert child.parent is not None
        assert child.parent.span_id == request.get_span_context().span_id


def test_in_another_thread_a_span_is_a_trace_of_its_own(exporter: InMemorySpanExporter) -> None:
    def run() -> None:
        with span("run"):
            pass

    with request_span(""):
        thread = threading.Thread(target=run)
        thread.start()
        thread.join()
    request, run_span = finished(exporter)
    assert run_span.parent is None
    assert run_span.get_span_context().trace_id != request.get_span_context().trace_id


def test_an_error_is_its_class(exporter: InMemorySpanExporter) -> None:
    with pytest.raises(ValueError, match=SECRET), request_span(""), span("run"):
        raise ValueError(SECRET)
    request, run = finished(exporter)
    assert run.attributes == {"error.type": "ValueError"}
    assert list(run.events) == list(request.events) == []
    assert SECRET not in run.to_json() + request.to_json()


def test_the_trace_of_the_caller_goes_on(exporter: InMemorySpanExporter) -> None:
    with request_span("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"):
        pass
    with request_span(f"00-{SECRET}"):
        pass
    known, unknown = finished(exporter)
    assert format(known.get_span_context().trace_id, "032x") == "0af7651916cd43dd8448eb211c80319c"
    assert known.parent is not None
    assert unknown.parent is None


def test_every_request_has_a_span(client: TestClient, exporter: InMemorySpanExporter) -> None:
    client.post("/v1/suggest", json=GOOD)
    client.get("/nothing")
    spans = finished(exporter)
    suggest, tokenise, run, postprocess, other = spans
    assert [found.name for found in spans[1:4]] == ["tokenise", "run", "postprocess"]
    assert suggest.attributes == {"cpc.route": "suggest", "http.response.status_code": 200}
    assert other.attributes == {"cpc.route": "other", "http.response.status_code": 404}
    assert tokenise.parent is not None
    assert tokenise.parent.span_id == suggest.get_span_context().span_id
    assert run.parent is None  # a batch may be of several requests
    assert tokenise.attributes == run.attributes == postprocess.attributes == {"filings": 1}


def test_no_text_of_a_filing_is_in_a_trace(
    client: TestClient, exporter: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> None:
    requests = requests_with(SECRET, 40)
    for method, path, body, headers in requests:
        sent = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        client.request(method, path, content=sent, headers=headers | {"tracestate": f"a={SECRET}"})

    def fail(_: Classifier, filings: Any, **__: Any) -> None:
        raise ValueError(f"cannot work on {filings}")

    monkeypatch.setattr(Classifier, "prepare", fail)
    assert client.post("/v1/suggest", json=GOOD).status_code == 500
    spans = finished(exporter)
    answered = [found for found in spans if found.name == "request"]
    assert len(answered) == len(requests) + 1
    assert answered[-1].status.status_code == StatusCode.ERROR
    assert SECRET not in "".join(found.to_json() for found in spans).lower()


def test_the_global_provider_is_left_alone(exporter: InMemorySpanExporter) -> None:
    """Or what other libraries instrument would reach the collector, with addresses and headers."""
    with trace.get_tracer("other").start_as_current_span("foreign"):
        pass
    assert finished(exporter) == []


def test_the_spans_of_bentoml_are_switched_off() -> None:
    from bentoml._internal.configuration.containers import BentoMLContainer

    from cpc_classifier.service import CpcService

    service: Any = CpcService
    service.inject_config()
    assert BentoMLContainer.tracing_excluded_urls.get().url_disabled("http://127.0.0.1:3000/v1")
    assert BentoMLContainer.tracer_provider.get()._active_span_processor._span_processors == ()


@pytest.mark.parametrize(
    "url", ["collector:4318", "http://collector:4318", "http:///v1/traces", "grpc://collector/x"]
)
def test_what_is_no_address_of_a_collector_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="CPC_TRACES"):
        otlp_exporter(url)


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    name = "opentelemetry.exporter.otlp.proto.http.trace_exporter"
    monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(SettingsError, match=r"cpc-classifier\[traces\]"):
        otlp_exporter("http://127.0.0.1:4318/v1/traces")


def test_a_collector_gets_spans() -> None:
    bodies: list[tuple[str, bytes]] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["content-length"])
            bodies.append((self.path, self.rfile.read(length)))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    with HTTPServer(("127.0.0.1", 0), Collector) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        service_traces.start(otlp_exporter(f"http://127.0.0.1:{server.server_port}/v1/traces"))
        with request_span(""), span("tokenise", filings=2):
            pass
        service_traces.stop()
        server.shutdown()
    [(path, body)] = bodies
    assert path == "/v1/traces"
    assert b"tokenise" in body
    assert b"cpc-classifier" in body
