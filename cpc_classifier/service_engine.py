"""The model behind the service: which bundle answers, and how a filing goes through it.

    read (threads) -> tokenise (one thread) -> Scheduler -> run and postprocess (a thread a core)

A request is answered by the bundle that was in use when it came, whole: its jobs carry it, and only
jobs of one bundle share a batch. So bundles are swapped between two batches, and nothing waits.
Everything but the work in threads belongs to one event loop.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from cpc_classifier.classifier import Prepared
from cpc_classifier.errors import (
    BundleError,
    DeadlineError,
    StoppingError,
)
from cpc_classifier.graph import TOKEN_BUDGET
from cpc_classifier.jobs import Job, Lane
from cpc_classifier.result import FilingResult
from cpc_classifier.scheduler import Scheduler
from cpc_classifier.schemas import Options
from cpc_classifier.service_batches import (
    Asked,
    Items,
    Watch,
    Work,
    one_thread_each,
    prepare,
    work_on,
)
from cpc_classifier.service_bundles import Bundles, Loaded, Shadow, load
from cpc_classifier.service_errors import RefusedBundleError, StartingError
from cpc_classifier.service_metrics import metrics
from cpc_classifier.service_room import BodyRoom
from cpc_classifier.service_traces import span
from cpc_classifier.settings import Settings
from taxonomy.errors import CpcError

__all__ = ["Engine"]

_LOG = logging.getLogger(__name__)
_INTERACTIVE = 8
"""Most filings of a request that goes before larger ones."""
_AT_ONCE = 32
"""Filings of a request that are tokenised together, before another request has its turn."""
_LOOK_S = 0.5
"""Seconds between two looks whether the caller is still there."""
_BODIES_HELD = 4
_SHADOW_JOBS = 256
"""Most jobs that wait while a bundle in the shadow is asked as well."""
_T = TypeVar("_T")


class Engine:
    """Loads the model in the background, and answers.

    Args:
        settings: limits, threads and the bundle.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.room = BodyRoom(_BODIES_HELD * settings.max_body_bytes, self._retry_after_s)
        self._loader = ThreadPoolExecutor(1, thread_name_prefix="cpc-load")
        self._readers = ThreadPoolExecutor(2, thread_name_prefix="cpc-read")
        self._tokeniser = ThreadPoolExecutor(1, thread_name_prefix="cpc-tokenise")
        self._workers: ThreadPoolExecutor | None = None
        self._scheduler: Scheduler[Loaded, Work, FilingResult] | None = None
        self._loading: Future[None] | None = None
        self._bundles = Bundles()
        self._asides: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        """Begins to load; returns at once."""
        metrics()  # shown from the start
        self._loading = self._loader.submit(self._begin)
        self._loading.add_done_callback(_report)

    def stop(self) -> None:
        """Lets the batches at work end and drops what waits."""
        for pool in (self._readers, self._tokeniser, self._loader, self._workers):
            if pool is not None:
                pool.shutdown(wait=pool is not self._readers, cancel_futures=True)

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
        """The bundle in use.

        Raises:
            StartingError: it is still being loaded.
            BundleError: it cannot be loaded.
        """
        if self.failed:
            raise BundleError("the model could not be loaded; the log of the service says why.")
        if self._bundles.current is None or not self.ready:
            raise StartingError("the model is still being loaded; try again in a few seconds.")
        return self._bundles.current

    @property
    def scheduler(self) -> Scheduler[Loaded, Work, FilingResult]:
        """What waits and is at work.

        Raises:
            CpcError: as `loaded`.
        """
        self.loaded  # noqa: B018 - raises while there is none
        assert self._scheduler is not None
        return self._scheduler

    async def read(self, work: Callable[[], _T]) -> _T:
        """Runs reading or searching outside the event loop and outside the model's threads."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, work)

    async def suggest(
        self, filings: Items, options: Options, gone: Callable[[], Awaitable[bool]]
    ) -> list[FilingResult]:
        """Suggests symbols, in the order of the filings; all of them by one bundle.

        Args:
            filings: with the unreadable ones in their places.
            options: level, limit and threshold.
            gone: tells whether the client has left; then what waits is dropped, and nothing comes
                back.

        Raises:
            StartingError: the model is still being loaded.
            BadRequestError: the bundle has no such level.
            OverloadedError: the queue is full.
            DeadlineError: every filing waited too long.
        """
        loaded, asked = self.loaded, (options.level, options.limit, options.threshold)
        self.scheduler.check(len(filings))
        metrics().taken(len(filings))
        deadline = time.monotonic() + self.settings.deadline_s
        lane = Lane.INTERACTIVE if len(filings) <= _INTERACTIVE else Lane.BULK
        results = await self._answered(loaded, filings, asked, lane, deadline, gone)
        metrics().answered(results)
        errors = [result.error for result in results]
        if errors and all(isinstance(e, DeadlineError | StoppingError) for e in errors):
            assert errors[0] is not None
            raise errors[0]
        if self._bundles.shadow is not None and results:
            self._aside(self._bundles.shadow, filings, asked, results)
        return results

    def bundles(self) -> dict[str, Any]:
        """The bundle in use, the one before, and the one in the shadow, as JSON values.

        Raises:
            CpcError: as `loaded`; so do the others.
        """
        self.loaded  # noqa: B018 - raises while there is none
        return self._bundles.told()

    async def promote(self, folder: Path) -> None:
        """Loads a bundle beside the one in use, and answers with it from then on.

        Args:
            folder: on this machine.

        Raises:
            RefusedBundleError: it cannot be loaded; nothing has changed.
        """
        self._bundles.use(await self._loaded(folder), "promoted")

    def roll_back(self, sha256: str) -> None:
        """Answers with the bundle before again; as `Bundles.roll_back`."""
        self.loaded  # noqa: B018 - as above
        self._bundles.roll_back(sha256)

    async def cast_shadow(self, folder: Path | None) -> None:
        """Asks a bundle as well from now on, and counts how its answers differ.

        Args:
            folder: on this machine; None ends it.

        Raises:
            RefusedBundleError: it cannot be loaded; nothing has changed.
        """
        self._bundles.cast(None if folder is None else await self._loaded(folder))

    def _begin(self) -> None:
        """In the loader's thread: the first bundle, and what works with it."""
        folder = Path(self.settings.bundle) if self.settings.bundle else None
        loaded = load(folder, self.settings.threads)
        encoder = loaded.classifier.encoder
        self._workers = ThreadPoolExecutor(
            encoder.threads, thread_name_prefix="cpc-model", initializer=one_thread_each
        )
        self._scheduler = Scheduler(
            self._run,
            workers=encoder.threads,
            budget=TOKEN_BUDGET[encoder.provider],
            limit_jobs=self.settings.queue_filings,
            tokens_per_s=encoder.threads * loaded.tokens_per_s,
            observer=Watch(self._show_queue),
        )
        self._bundles.use(loaded)

    async def _loaded(self, folder: Path) -> Loaded:
        """A further bundle, loaded while the one in use answers."""
        self.loaded  # noqa: B018 - not while the first one is being loaded
        loop, threads = asyncio.get_running_loop(), self.settings.threads
        try:
            return await loop.run_in_executor(self._loader, load, folder, threads)
        except CpcError as error:
            metrics().swapped("failed")
            raise RefusedBundleError(f"{error}; the bundle in use answers as before.") from error

    async def _answered(
        self,
        loaded: Loaded,
        filings: Items,
        asked: Asked,
        lane: Lane,
        deadline: float,
        gone: Callable[[], Awaitable[bool]],
    ) -> list[FilingResult]:
        """The results of filings by one bundle, errors included; none where the caller has gone."""
        classifier = loaded.classifier
        classifier.check(*asked)
        prepared = await self._prepared(loaded, filings)
        works = [Work(own, asked) for own in prepared if isinstance(own, Prepared)]
        answers = self.scheduler.submit(
            [
                Job(work, work.filing.tokens, lane, deadline, loaded, len(work.filing.pieces))
                for work in works
            ]
        )
        self._show_queue()
        if not await _done(answers, gone):
            return []
        told = iter(zip(works, answers, strict=True))

        def concluded() -> FilingResult:
            work, answer = next(told)
            found = answer.result()
            if isinstance(found, FilingResult):
                return found
            return classifier.failed(work.filing.id, found)

        return [concluded() if isinstance(own, Prepared) else own for own in prepared]

    async def _prepared(self, loaded: Loaded, filings: Items) -> list[Prepared | FilingResult]:
        found: list[Prepared | FilingResult] = []
        loop = asyncio.get_running_loop()
        for first in range(0, len(filings), _AT_ONCE):
            part = filings[first : first + _AT_ONCE]
            with span("tokenise", filings=len(part)):
                found += await loop.run_in_executor(
                    self._tokeniser, prepare, loaded.classifier, part
                )
        return found

    async def _run(self, loaded: Loaded, works: list[Work]) -> Sequence[FilingResult | CpcError]:
        """One batch, for the scheduler."""
        loop, scheduler = asyncio.get_running_loop(), self.scheduler
        alone = len(works) == 1 == scheduler.running and not scheduler.waiting
        return await loop.run_in_executor(self._workers, work_on, loaded.classifier, works, alone)

    def _aside(
        self, shadow: Shadow, filings: Items, asked: Asked, given: Sequence[FilingResult]
    ) -> None:
        """Asks the bundle in the shadow, after the answer was given; not where others wait."""
        if self.scheduler.waiting > _SHADOW_JOBS:
            shadow.leave_out(len(filings))
            return
        task = asyncio.create_task(self._compared(shadow, filings, asked, given))
        self._asides.add(task)
        task.add_done_callback(self._asides.discard)

    async def _compared(
        self, shadow: Shadow, filings: Items, asked: Asked, given: Sequence[FilingResult]
    ) -> None:
        deadline = time.monotonic() + self.settings.deadline_s
        try:
            others = await self._answered(
                shadow.loaded, filings, asked, Lane.BULK, deadline, _never
            )
        except CpcError:  # no room now, or no such level in that bundle
            shadow.leave_out(len(filings))
            return
        for ours, theirs in zip(given, others, strict=True):
            if ours.error is None and theirs.error is None:
                shadow.compare(ours, theirs)

    def _show_queue(self) -> None:
        for lane in Lane:
            metrics().queue(lane.value, self.scheduler.waiting_in(lane))

    def _retry_after_s(self) -> float:
        return self._scheduler.retry_after_s if self._scheduler else 0.0


async def _done(
    answers: Sequence[asyncio.Future[Any]], gone: Callable[[], Awaitable[bool]]
) -> bool:
    """Waits for all; False where the caller has gone. What is not needed then is cancelled."""
    waiting: set[asyncio.Future[Any]] = set(answers)
    try:
        while waiting:
            _, waiting = await asyncio.wait(waiting, timeout=_LOOK_S)
            if waiting and await gone():
                return False
        return True
    finally:
        for answer in waiting:
            answer.cancel()


async def _never() -> bool:
    return False


def _report(loading: Future[None]) -> None:
    error = None if loading.cancelled() else loading.exception()
    if isinstance(error, CpcError):
        _LOG.error("the model cannot be loaded: %s: %s", type(error).__name__, error)
    elif error is not None:
        _LOG.error("the model cannot be loaded", exc_info=error)
