"""The model behind the service: loading, one worker thread, a bounded queue.

Owns the only `Classifier` of the process. All inference runs in one thread, so requests cannot
disturb each other; a long request is cut into pieces, so that short ones come in between.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from cpc_classifier.classifier import Classifier
from cpc_classifier.errors import BundleError
from cpc_classifier.filing import Filing, Unreadable
from cpc_classifier.result import FilingResult
from cpc_classifier.schemas import Options
from cpc_classifier.service_errors import StartingError
from cpc_classifier.service_metrics import metrics
from cpc_classifier.service_queue import Admission
from cpc_classifier.settings import Settings
from taxonomy import releases
from taxonomy.tree import Taxonomy

__all__ = ["Engine", "Loaded"]

_LOG = logging.getLogger(__name__)
_PIECE = 32
_LANE = "interactive"
_BODIES_HELD = 4
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What is there once the model is loaded and warm.

    Attributes:
        classifier: used from the worker thread only.
        taxonomy: the imported release the bundle was made for, else the packaged structure.
    """

    classifier: Classifier
    taxonomy: Taxonomy


def _scheme(release: str) -> Taxonomy:
    return releases.load(release) if release in releases.imported() else releases.packaged()


def _load(settings: Settings) -> Loaded:
    started = time.perf_counter()
    folder = Path(settings.bundle) if settings.bundle else None
    classifier = Classifier.load(folder, threads=settings.threads)
    classifier.warm_up()
    bundle = classifier.bundle
    loaded = Loaded(classifier, _scheme(bundle.manifest.release))
    metrics().bundle(
        bundle.manifest.name, bundle.manifest.version, bundle.manifest.release, bundle.sha256
    )
    _LOG.info("ready after %.1f s", time.perf_counter() - started)
    return loaded


class Engine:
    """Loads the model in the background and answers from one worker thread.

    Args:
        settings: limits, threads and the bundle.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.admission = Admission(settings.queue_filings, _BODIES_HELD * settings.max_body_bytes)
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="cpc-model")
        self._readers = ThreadPoolExecutor(2, thread_name_prefix="cpc-read")
        self._loading: Future[Loaded] | None = None

    def start(self) -> None:
        """Begins to load; returns at once."""
        metrics()  # shown from the start
        self._loading = self._worker.submit(_load, self.settings)
        self._loading.add_done_callback(_report)

    def stop(self) -> None:
        """Lets the piece at work end and drops what waits."""
        self._readers.shutdown(wait=False, cancel_futures=True)
        self._worker.shutdown(wait=True, cancel_futures=True)

    @property
    def ready(self) -> bool:
        """Whether the bundle is loaded and warm."""
        loading = self._loading
        return loading is not None and loading.done() and not self.failed

    @property
    def failed(self) -> bool:
        """Whether loading ended with an error."""
        loading = self._loading
        if loading is None or not loading.done():
            return False
        return loading.cancelled() or loading.exception() is not None

    @property
    def loaded(self) -> Loaded:
        """The model.

        Raises:
            StartingError: it is still being loaded.
            BundleError: it cannot be loaded.
        """
        if self.failed:
            raise BundleError("the model could not be loaded; the log of the service says why.")
        if self._loading is None or not self._loading.done():
            raise StartingError("the model is still being loaded; try again in a few seconds.")
        return self._loading.result()

    async def read(self, work: Callable[[], _T]) -> _T:
        """Runs reading or searching outside the event loop and outside the model's thread."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, work)

    async def suggest(
        self,
        filings: Sequence[Filing | Unreadable],
        options: Options,
        gone: Callable[[], Awaitable[bool]],
    ) -> list[FilingResult]:
        """Suggests symbols, in the order of the filings.

        Args:
            filings: with the unreadable ones in their places.
            options: level, limit and threshold.
            gone: tells whether the client has left; then the rest is not worked on.

        Raises:
            StartingError: the model is still being loaded.
            OverloadedError: the queue is full.
        """
        classifier = self.loaded.classifier
        results: list[FilingResult] = []
        with self.admission.filings(len(filings)):
            metrics().taken(len(filings))
            for first in range(0, len(filings), _PIECE):
                metrics().queue(_LANE, self.admission.waiting)
                if first and await gone():
                    break
                piece = filings[first : first + _PIECE]
                results += await self._work(classifier, piece, options)
        metrics().queue(_LANE, self.admission.waiting)
        return results

    async def _work(
        self, classifier: Classifier, piece: Sequence[Filing | Unreadable], options: Options
    ) -> list[FilingResult]:
        handed_over = time.perf_counter()

        def work() -> tuple[list[FilingResult], float]:
            started = time.perf_counter()
            for _ in piece:
                metrics().waited(_LANE, started - handed_over)
            metrics().queue(_LANE, self.admission.waiting - len(piece))
            found = classifier.suggest(
                piece, level=options.level, limit=options.limit, threshold=options.threshold
            )
            return found, time.perf_counter() - started

        found, seconds = await asyncio.get_running_loop().run_in_executor(self._worker, work)
        self.admission.measured(len(piece), seconds)
        metrics().answered(found)
        return found


def _report(loading: Future[Loaded]) -> None:
    error = None if loading.cancelled() else loading.exception()
    if error is not None:
        _LOG.error("the model cannot be loaded: %s: %s", type(error).__name__, error)
