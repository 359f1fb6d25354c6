"""Traces for an OTLP collector of the operator's own: off unless `CPC_TRACES` names one.

A span has a name out of a small set, its time, and numbers; a request's also has its route. It has
no text, no path, no header and no message of an error: the SDK would record an exception with its
message, so that is switched off, and of an error only the class is told. Spans come from a provider
of our own, not from the global one, so that nothing that other libraries instrument reaches the
collector. While off, `span` gives a shared object that does nothing.

Sampling, resource attributes and headers for the collector are set as everywhere:
`OTEL_TRACES_SAMPLER`, `OTEL_RESOURCE_ATTRIBUTES`, `OTEL_EXPORTER_OTLP_HEADERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cpc_classifier.settings import SettingsError

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter

__all__ = ["Answered", "Note", "otlp_exporter", "request_span", "span", "start", "stop"]

Note = Callable[..., None]
"""Adds numbers to a span: `note(tokens=4096)`."""
Answered = Callable[[str, int], None]
"""Tells a request's span its route and status."""

_SERVICE = "cpc-classifier"
_SERVER_ERROR = 500
_TIMEOUT_S = 5
"""Longest wait for the collector, also when the service ends."""
_provider: TracerProvider | None = None


def _nothing(*_: object, **__: float) -> None:
    """What a span that is off does."""


_OFF = nullcontext(_nothing)


def otlp_exporter(url: str) -> SpanExporter:
    """Sends spans to a collector, OTLP over HTTP.

    Args:
        url: the whole address, such as `http://collector:4318/v1/traces`.

    Raises:
        SettingsError: it is no such address, or the extra `[traces]` is not installed.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path in ("", "/"):
        raise SettingsError(
            f"CPC_TRACES is {url!r}; it must be the whole address of an OTLP collector, such as "
            "http://localhost:4318/v1/traces."
        )
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    except ModuleNotFoundError as error:
        raise SettingsError(
            "CPC_TRACES is set, but the exporter is not installed: "
            "pip install 'cpc-classifier[traces]'"
        ) from error
    exporter: SpanExporter = OTLPSpanExporter(endpoint=url, timeout=_TIMEOUT_S)
    return exporter


def start(exporter: SpanExporter) -> None:
    """Switches tracing on, for the process.

    Args:
        exporter: gets the spans, from a thread of its own.
    """
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    global _provider
    stop()
    _provider = TracerProvider(
        resource=Resource.create({"service.name": _SERVICE}), shutdown_on_exit=False
    )
    _provider.add_span_processor(BatchSpanProcessor(exporter))


def stop() -> None:
    """Sends what is left and switches tracing off."""
    global _provider
    provider, _provider = _provider, None
    if provider is not None:
        provider.shutdown()


def span(name: str, **numbers: float) -> AbstractContextManager[Note]:
    """The span of a step of the work.

        with span("run", filings=8) as note:
            ...
            note(tokens=4096)

    It belongs to the span around it in the same task or thread; where there is none, as in a thread
    that runs a batch of several requests, it is a trace of its own.

    Args:
        name: of the step, one of a few.
        numbers: what there is to count; never a text.
    """
    return _OFF if _provider is None else _span(_provider, name, numbers)


def request_span(traceparent: str) -> AbstractContextManager[Answered]:
    """The span of a request.

    Args:
        traceparent: the caller's trace, as W3C Trace Context has it; "" for none.
    """
    return _OFF if _provider is None else _request_span(_provider, traceparent)


@contextmanager
def _span(provider: TracerProvider, name: str, numbers: dict[str, float]) -> Iterator[Note]:
    tracer = provider.get_tracer(__name__)
    with tracer.start_as_current_span(
        name, attributes=numbers, record_exception=False, set_status_on_exception=False
    ) as current:

        def note(**more: float) -> None:
            current.set_attributes(more)

        try:
            yield note
        except BaseException as error:
            current.set_attribute("error.type", type(error).__name__)
            raise


@contextmanager
def _request_span(provider: TracerProvider, traceparent: str) -> Iterator[Answered]:
    from opentelemetry.context import Context
    from opentelemetry.trace import SpanKind, Status, StatusCode
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    # An empty context to begin with: the span of BentoML's middleware is never exported.
    around = TraceContextTextMapPropagator().extract({"traceparent": traceparent}, Context())
    tracer = provider.get_tracer(__name__)
    with tracer.start_as_current_span(
        "request",
        context=around,
        kind=SpanKind.SERVER,
        record_exception=False,
        set_status_on_exception=False,
    ) as current:

        def answered(route: str, status: int) -> None:
            current.set_attributes({"cpc.route": route, "http.response.status_code": status})
            if status >= _SERVER_ERROR:
                current.set_status(Status(StatusCode.ERROR))

        yield answered
