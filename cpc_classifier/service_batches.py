"""What the model's threads do with filings of several requests, and what is counted of it.

No state: a classifier, and what it is to work on.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import faiss

from cpc_classifier.classifier import Classifier, Prepared
from cpc_classifier.errors import DeadlineError
from cpc_classifier.filing import Filing, Unreadable
from cpc_classifier.jobs import Batch, Drop, Job
from cpc_classifier.result import FilingResult
from cpc_classifier.service_bundles import Loaded
from cpc_classifier.service_metrics import metrics
from cpc_classifier.service_traces import span
from taxonomy.errors import CpcError
from taxonomy.symbol import Rank

__all__ = ["Asked", "Items", "Watch", "Work", "one_thread_each", "prepare", "work_on"]

Asked: TypeAlias = tuple[Rank | None, int, float]
"""Level, limit and threshold, as `Classifier.suggest` takes them."""
Items: TypeAlias = Sequence[Filing | Unreadable]


@dataclass(frozen=True, slots=True, eq=False)
class Work:
    """A filing as it waits: prepared, with its level, limit and threshold."""

    filing: Prepared = field(repr=False)
    asked: Asked


class Watch:
    """Counts what the scheduler tells.

    Args:
        changed: called when jobs have left the queue.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self._changed = changed

    def started(self, batch: Batch[Loaded, Work]) -> None:
        """Counts a batch and the waits of its jobs."""
        for wait in batch.waits_s:
            metrics().waited(batch.lane.value, wait)
        metrics().batch(len(batch.jobs), batch.tokens, batch.padded_tokens)
        self._changed()

    def finished(self, batch: Batch[Loaded, Work], seconds: float) -> None:
        """Its steps were counted where they were done."""

    def dropped(self, job: Job[Loaded, Work], reason: Drop, waited_s: float) -> None:
        """Counts a job that waited too long."""
        if reason is Drop.EXPIRED:
            metrics().refused(DeadlineError.code)
        self._changed()


def one_thread_each() -> None:
    """In each of the model's threads: faiss takes no further threads from there."""
    faiss.omp_set_num_threads(1)


def prepare(classifier: Classifier, filings: Items) -> list[Prepared | FilingResult]:
    """The first step, in the tokeniser's thread; as `Classifier.prepare`."""
    began = time.perf_counter()
    found = classifier.prepare(filings)
    metrics().step("tokenise", time.perf_counter() - began)
    return found


def work_on(
    classifier: Classifier, works: Sequence[Work], alone: bool
) -> list[FilingResult | CpcError]:
    """The other two steps for one batch, in a thread of the model's.

    Args:
        classifier: of the bundle that all were prepared for.
        works: at least one.
        alone: as in `OnnxEncoder.run`.

    Returns:
        One result a filing, in their order.
    """
    began = time.perf_counter()
    with span("run", filings=len(works)):
        encoded = classifier.run([work.filing for work in works], alone=alone)
    ran = time.perf_counter()
    alike: dict[Asked, list[int]] = defaultdict(list)
    for place, work in enumerate(works):
        alike[work.asked].append(place)
    results: dict[int, FilingResult | CpcError] = {}
    with span("postprocess", filings=len(works)):
        for asked, places in alike.items():
            ids = [works[place].filing.id for place in places]
            part = {name: values[places] for name, values in encoded.items()}
            results |= zip(places, classifier.conclude(ids, part, *asked), strict=True)
    metrics().step("run", ran - began)
    metrics().step("postprocess", time.perf_counter() - ran)
    return [results[place] for place in range(len(works))]
