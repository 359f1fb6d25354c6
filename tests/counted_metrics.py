"""Metrics in a registry of their own, with everything counted once, for tests of what is shown."""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import CollectorRegistry, Metric, disable_created_metrics, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from cpc_classifier.errors import EmptyFilingError
from cpc_classifier.result import FilingResult, PathStep, Provenance, Route, Suggestion
from cpc_classifier.service_metrics import Metrics
from taxonomy.errors import CpcError
from taxonomy.symbol import Rank

__all__ = ["SECRET", "Counted", "result", "use_everything"]

SECRET = "zanzibarquokka"
PROVENANCE = Provenance("tiny-1", "ab" * 32, "2025.05")


class Counted:
    """Metrics of their own, and what they show."""

    def __init__(self) -> None:
        disable_created_metrics()
        self.registry = CollectorRegistry()
        self.metrics = Metrics(self.registry)

    def families(self) -> dict[str, Metric]:
        text = generate_latest(self.registry).decode()
        return {family.name: family for family in text_string_to_metric_families(text)}

    def value(self, sample: str, labels: Mapping[str, str] | None = None) -> float | None:
        return self.registry.get_sample_value(sample, dict(labels or {}))


def result(
    decision: str = "assign", rank: Rank | None = Rank.SUBGROUP, error: CpcError | None = None
) -> FilingResult:
    path = (PathStep("H", 0.9),)
    found = () if rank is None else (Suggestion("H01M", rank, 0.8, SECRET, path, "inventive"),)
    route = Route("assign" if decision == "assign" else "review", SECRET)
    return FilingResult(SECRET, found, route, error, PROVENANCE)


def use_everything(m: Metrics) -> None:
    m.request("suggest", 200, 0.02)
    m.taken(3)
    m.queue("bulk", 2)
    m.waited("bulk", 0.1)
    m.batch(3, 300, 320)
    m.step("run", 0.05)
    failed = result("review", None, EmptyFilingError(SECRET))
    m.answered([result(), result("review", None), failed])
    m.error("bad_request")
    m.refused("overloaded")
    m.bundle("tiny", "1", "2025.05", "ab" * 32)
    m.swapped("promoted")
    m.shadow(9, 1)
