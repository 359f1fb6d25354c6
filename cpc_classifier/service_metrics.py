"""Own counters for `/metrics`, in the registry of the process that serves.

BentoML's request metrics are switched off: they make one series for every path that is asked for,
without a bound. Here a route is one of a few names, never a path.
"""

from __future__ import annotations

import os
from functools import cache

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
    multiprocess,
)

from cpc_classifier.result import FilingResult

__all__ = ["CONTENT_TYPE_LATEST", "Metrics", "exposition", "metrics"]

_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0)


class Metrics:
    """What is counted.

    Args:
        registry: where the metrics are registered.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        self._requests = Counter(
            "cpc_requests", "Requests answered.", ["route", "status"], registry=registry
        )
        self._seconds = Histogram(
            "cpc_request_seconds",
            "Time from the first byte of a request to its answer.",
            ["route"],
            buckets=_SECONDS,
            registry=registry,
        )
        self._filings = Counter("cpc_filings", "Filings taken in.", registry=registry)
        self._results = Counter(
            "cpc_results", "Results by route decision.", ["decision"], registry=registry
        )
        self._errors = Counter(
            "cpc_errors", "Errors by code, of requests and filings.", ["code"], registry=registry
        )
        self._model_seconds = Histogram(
            "cpc_model_seconds",
            "Time of the model for one piece of work.",
            buckets=_SECONDS,
            registry=registry,
        )
        self._waiting = Gauge(
            "cpc_queue_filings",
            "Filings that wait or are worked on.",
            multiprocess_mode="livesum",
            registry=registry,
        )

    def request(self, route: str, status: int, seconds: float) -> None:
        """Counts an answered request."""
        self._requests.labels(route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)

    def taken(self, filings: int) -> None:
        """Counts filings taken in."""
        self._filings.inc(filings)

    def waiting(self, filings: int) -> None:
        """Shows how many filings wait or are worked on."""
        self._waiting.set(filings)

    def error(self, code: str) -> None:
        """Counts an error of a request or of a filing."""
        self._errors.labels(code).inc()

    def worked(self, results: list[FilingResult], seconds: float) -> None:
        """Counts the results of one piece of work."""
        self._model_seconds.observe(seconds)
        for result in results:
            self._results.labels(result.route.decision if result.error is None else "error").inc()
            if result.error is not None:
                self.error(result.error.code)


@cache
def metrics() -> Metrics:
    """The metrics of this process, registered when they are first asked for."""
    return Metrics(REGISTRY)


def exposition() -> bytes:
    """All metrics in the text format; of all processes where BentoML runs several."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
