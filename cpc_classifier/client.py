"""A service from Python: `Client`; `cpc_classifier.client_async` is the same for an event loop.

Owns sending and waiting that block. What is sent lies in `client_calls`, when it is sent again in
`client_retry`, and where it may go in `client_address` and `client_wire`.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import httpx2

from cpc_classifier.client_address import DEFAULT_URL, address_of
from cpc_classifier.client_calls import Answer, Options
from cpc_classifier.client_core import AT_ONCE, READY, Core
from cpc_classifier.client_retry import Lost, Patience, Send, Steps, Timing
from cpc_classifier.client_wire import answer_of, lost, plain_transport, request_of
from cpc_classifier.filing import Item
from cpc_classifier.result import FilingResult
from taxonomy.symbol import Rank

__all__ = ["Client"]

T = TypeVar("T")


class Client:
    """A service, as `Classifier` is a bundle in this process. Safe to share between threads.

    Args:
        url: of the service.
        key: sent as `Authorization: Bearer`, never shown; over plain http only to this machine.
        timeout_s: seconds for one call with all its tries and waits.
        retries: most further tries of a call that met a full queue, a service that starts, a
            gateway's error or a broken connection (of these at most 4 in a row).
        insecure: whether the key may go over plain http to another machine.
        transport: how requests travel, where it is not plainly: with a proxy, say, or with
            certificates of one's own. It is closed with the client.
        timing: tells time and chance.

    Raises:
        BadRequestError: an address, key or number that makes no sense.
    """

    def __init__(
        self,
        url: str = DEFAULT_URL,
        key: str | None = None,
        timeout_s: float = 300.0,
        retries: int = 20,
        *,
        insecure: bool = False,
        transport: httpx2.BaseTransport | None = None,
        timing: Timing | None = None,
    ) -> None:
        address = address_of(url, key, insecure)
        self._core = Core(address, Patience(timeout_s, retries), timing or Timing())
        self._transport = transport or plain_transport()

    def __repr__(self) -> str:
        return f"Client({self._core.address.url!r})"

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Closes the connections."""
        self._transport.close()

    def suggest(
        self,
        filings: Sequence[Item],
        level: Rank | None = None,
        limit: int = 10,
        threshold: float = 0.0,
    ) -> list[FilingResult]:
        """Suggests symbols, as `Classifier.suggest` does.

        Args:
            filings: as read; those that could not be read stay here.
            level: suggest symbols of this rank only; None: the deepest.
            limit: most suggestions a filing.
            threshold: least score of a suggestion, in [0, 1].

        Returns:
            One result a filing, in their order. A filing's own error is a `RemoteError`.

        Raises:
            RemoteError: the service refused, or was busy for too long.
            UnreachableError: it did not answer.
            BadAnswerError: what answers there is no such service.
        """
        return list(self.suggest_stream(filings, level, limit, threshold))

    def suggest_stream(
        self,
        filings: Iterable[Item],
        level: Rank | None = None,
        limit: int = 10,
        threshold: float = 0.0,
        at_once: int = AT_ONCE,
    ) -> Iterator[FilingResult]:
        """As `suggest`, for any number of filings in bounded memory.

        Args:
            filings: as read; drawn as the requests go out.
            level: as in `suggest`.
            limit: as in `suggest`.
            threshold: as in `suggest`.
            at_once: most filings in one request; the service's own limits hold as well.

        Yields:
            Results in the order of the filings. Errors come when it is drawn from.
        """
        options = Options(level, limit, threshold)
        cutter = self._run(self._core.cutter(at_once))
        for item in filings:
            for part in cutter.add(item):
                yield from self._run(self._core.part(part, options))
        for part in cutter.rest():
            yield from self._run(self._core.part(part, options))

    def filings(
        self,
        file: Path | bytes,
        level: Rank | None = None,
        limit: int = 10,
        threshold: float = 0.0,
    ) -> list[FilingResult]:
        """Suggests symbols for the filings in an office file, which the service reads.

        Args:
            file: its path, or its content.
            level: as in `suggest`.
            limit: as in `suggest`.
            threshold: as in `suggest`.

        Raises:
            FilingTooLargeError: it is larger than one request may be.
            RemoteError: as in `suggest`, and where the file as a whole cannot be read.
            OSError: the path cannot be read.
        """
        size = len(file) if isinstance(file, bytes) else file.stat().st_size
        self._run(self._core.check_size(size))
        data = file if isinstance(file, bytes) else file.read_bytes()
        return self._run(self._core.file(data, Options(level, limit, threshold)))

    def symbol(self, text: str) -> dict[str, Any]:
        """What the scheme says of a symbol in any usual spelling, as `GET /v1/symbols/{symbol}`."""
        return self._run(self._core.symbol(text))

    def search(self, words: str, limit: int = 10) -> list[dict[str, Any]]:
        """Symbols by the words of their titles; each has symbol, rank and title."""
        return self._run(self._core.search(words, limit))

    def info(self) -> dict[str, Any]:
        """The bundle, the levels and the limits of the service, as `GET /v1/info`."""
        return self._run(self._core.info())

    def bundles(self) -> dict[str, Any]:
        """Which bundle answers there, which was before, and which is in the shadow; for admins."""
        return self._run(self._core.bundles())

    def promote(self, folder: str) -> dict[str, Any]:
        """Answers there with another bundle, a folder on that machine; as `bundles`."""
        return self._run(self._core.promote(folder))

    def rollback(self) -> dict[str, Any]:
        """Answers there with the bundle before again; as `bundles`."""
        return self._run(self._core.rollback())

    def shadow(self, folder: str | None) -> dict[str, Any]:
        """Asks another bundle there as well and counts how it differs; None ends it."""
        return self._run(self._core.shadow(folder))

    def ready(self) -> bool:
        """Whether the service answers and its model is loaded; asks once."""
        answer = self._send(READY)
        return isinstance(answer, Answer) and answer.status == 200

    def _run(self, steps: Steps[T]) -> T:
        reply: Answer | Lost | None = None
        while True:
            try:
                step = steps.send(reply)
            except StopIteration as stop:
                value: T = stop.value
                return value
            if isinstance(step, Send):
                reply = self._send(step)
            else:
                self._core.timing.sleep(step.seconds)
                reply = None

    def _send(self, step: Send) -> Answer | Lost:
        try:
            response = self._transport.handle_request(request_of(self._core.address, step))
            with contextlib.closing(response):
                return answer_of(response, response.read())
        except httpx2.RequestError as error:
            return lost(error)
