"""What `/metrics` shows, in the registry of the process that serves.

Names follow Prometheus (https://prometheus.io/docs/practices/naming): base units, `_total` for
counters, and labels out of small sets: a route is a name and never a path, an error its code. No
label holds anything of a filing. BentoML's request metrics are switched off: they make one series
for every path that is asked for, without a bound.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Literal

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import InfoMetricFamily
from prometheus_client.registry import Collector

from cpc_classifier.errors import OverloadedError
from cpc_classifier.result import FilingResult
from taxonomy.symbol import Rank

__all__ = ["CONTENT_TYPE_LATEST", "LANES", "Metrics", "Step", "Swap", "exposition", "metrics"]

LANES = ("interactive", "bulk")
"""The lanes of the queue; both are shown from the start, so that an idle lane reads 0."""
Step = Literal["tokenise", "run", "postprocess"]
Swap = Literal["promoted", "rolled_back", "failed"]
"""How a swap of bundles ended: a new one answers, the old one again, or nothing changed."""

_SECONDS = (
    *(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5),
    *(1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0),
)
_TOKENS = tuple(2.0**n for n in range(6, 17))
_JOBS = tuple(2.0**n for n in range(9))


class _BundleInUse(Collector):
    """`cpc_bundle_info`: one series, that of the bundle in use; an old one goes when it changes."""

    def __init__(self) -> None:
        self.labels: dict[str, str] = {}

    def collect(self) -> Iterable[InfoMetricFamily]:
        family = InfoMetricFamily("cpc_bundle", "The bundle in use.")
        if self.labels:
            family.add_metric([], self.labels)
        yield family


class Metrics:
    """What is counted; one method for each thing that happens.

    Args:
        registry: where the metrics are registered.
    """

    def __init__(self, registry: CollectorRegistry) -> None:
        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(name, text, labels, registry=registry)

        def histogram(
            name: str, text: str, *labels: str, buckets: Sequence[float] = _SECONDS
        ) -> Histogram:
            return Histogram(name, text, labels, buckets=buckets, registry=registry)

        self._requests = counter("cpc_requests", "Requests answered.", "route", "status")
        self._request_seconds = histogram(
            "cpc_request_seconds", "From the first byte of a request to its answer.", "route"
        )
        self._filings = counter("cpc_filings", "Filings taken in.")
        self._queue = Gauge(
            "cpc_queue_jobs",
            "Jobs that wait for the model, one a filing.",
            ["lane"],
            registry=registry,
        )
        self._wait_seconds = histogram(
            "cpc_wait_seconds", "From the arrival of a job to the start of its batch.", "lane"
        )
        self._batch_jobs = histogram("cpc_batch_jobs", "Jobs of a batch.", buckets=_JOBS)
        self._batch_tokens = histogram(
            "cpc_batch_tokens", "Tokens of a batch, padding included.", buckets=_TOKENS
        )
        self._tokens = counter("cpc_tokens", "Tokens run, of texts and of padding.", "kind")
        self._step_seconds = histogram(
            "cpc_step_seconds", "Time of one step of the model for one batch.", "step"
        )
        self._answers = counter(
            "cpc_answers",
            "Filings answered, by route decision and by the rank of the first suggestion.",
            "decision",
            "rank",
        )
        self._errors = counter("cpc_errors", "Errors by code, of requests and filings.", "code")
        self._refusals = counter(
            "cpc_refusals", "Requests refused and jobs dropped before they cost anything.", "code"
        )
        self._swaps = counter("cpc_swaps", "Swaps of the bundle.", "outcome")
        self._shadow = counter(
            "cpc_shadow_answers", "Answers of a bundle in the shadow, against those given.", "match"
        )
        self._bundle = _BundleInUse()
        registry.register(self._bundle)
        self._start()

    def _start(self) -> None:
        """Shows what is counted before the first time, where the labels are known."""
        for lane in LANES:
            self._queue.labels(lane)
            self._wait_seconds.labels(lane)
        for step in ("tokenise", "run", "postprocess"):
            self._step_seconds.labels(step)
        for kind in ("text", "padding"):
            self._tokens.labels(kind)
        for rank in Rank:
            self._answers.labels("assign", rank.label)
            self._answers.labels("review", rank.label)
        for decision in ("review", "error"):
            self._answers.labels(decision, "none")
        for outcome in ("promoted", "rolled_back", "failed"):
            self._swaps.labels(outcome)
        for match in ("same", "different"):
            self._shadow.labels(match)
        self._refusals.labels(OverloadedError.code)

    def request(self, route: str, status: int, seconds: float) -> None:
        """Counts an answered request."""
        self._requests.labels(route, str(status)).inc()
        self._request_seconds.labels(route).observe(seconds)

    def taken(self, filings: int) -> None:
        """Counts filings taken in."""
        self._filings.inc(filings)

    def queue(self, lane: str, jobs: int) -> None:
        """Shows how many jobs of a lane wait now."""
        self._queue.labels(lane).set(jobs)

    def waited(self, lane: str, seconds: float) -> None:
        """Counts a job whose batch begins, `seconds` after it came."""
        self._wait_seconds.labels(lane).observe(seconds)

    def batch(self, jobs: int, tokens: int, padded_tokens: int) -> None:
        """Counts a batch.

        Args:
            jobs: in it.
            tokens: of their texts.
            padded_tokens: that the graph runs, padding included: at least `tokens`.
        """
        self._batch_jobs.observe(jobs)
        self._batch_tokens.observe(padded_tokens)
        self._tokens.labels("text").inc(tokens)
        self._tokens.labels("padding").inc(padded_tokens - tokens)

    def step(self, name: Step, seconds: float) -> None:
        """Counts the time of one step for one batch."""
        self._step_seconds.labels(name).observe(seconds)

    def answered(self, results: Iterable[FilingResult]) -> None:
        """Counts the results of filings, and the errors among them."""
        for result in results:
            decision = result.route.decision if result.error is None else "error"
            rank = result.suggestions[0].rank.label if result.suggestions else "none"
            self._answers.labels(decision, rank).inc()
            if result.error is not None:
                self.error(result.error.code)

    def error(self, code: str) -> None:
        """Counts an error of a request or of a filing."""
        self._errors.labels(code).inc()

    def refused(self, code: str) -> None:
        """Counts a request refused with 429, or a job dropped because its time was over."""
        self._refusals.labels(code).inc()

    def bundle(self, name: str, version: str, release: str, sha256: str) -> None:
        """Shows the bundle that answers from now on, in the place of the one before."""
        self._bundle.labels = {
            "name": name,
            "version": version,
            "release": release,
            "sha256": sha256,
        }

    def swapped(self, outcome: Swap) -> None:
        """Counts the end of a swap."""
        self._swaps.labels(outcome).inc()

    def shadow(self, same: int, different: int) -> None:
        """Counts answers of the bundle in the shadow, compared with those given."""
        self._shadow.labels("same").inc(same)
        self._shadow.labels("different").inc(different)


@cache
def metrics() -> Metrics:
    """The metrics of this process, registered when they are first asked for."""
    # A second series for every counter and histogram, which nobody reads.
    disable_created_metrics()  # type: ignore[no-untyped-call]
    return Metrics(REGISTRY)


def exposition() -> bytes:
    """All metrics of this process, its memory and processor time included, in the text format.

    BentoML sets up the files of prometheus_client for many processes; there is one that serves,
    and its own values are whole.
    """
    return generate_latest(REGISTRY)
