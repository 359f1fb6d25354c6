"""`AsyncClient`: what `cpc_classifier.client.Client` is, for an asyncio event loop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import httpx2

from cpc_classifier.client_address import DEFAULT_URL, address_of
from cpc_classifier.client_calls import Answer, Options
from cpc_classifier.client_core import AT_ONCE, READY, Core
from cpc_classifier.client_retry import Lost, Patience, Send, Steps, Timing
from cpc_classifier.client_wire import answer_of, lost, plain_async_transport, request_of
from cpc_classifier.filing import Item
from cpc_classifier.result import FilingResult
from taxonomy.symbol import Rank

__all__ = ["AsyncClient"]

T = TypeVar("T")


class AsyncClient:
    """`Client` for an asyncio event loop; the arguments are the same.

    Args:
        url: of the service.
        key: sent as `Authorization: Bearer`, never shown.
        timeout_s: seconds for one call with all its tries and waits.
        retries: most further tries of a call.
        insecure: whether the key may go over plain http to another machine.
        transport: how requests travel, where it is not plainly.
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
        transport: httpx2.AsyncBaseTransport | None = None,
        timing: Timing | None = None,
    ) -> None:
        address = address_of(url, key, insecure)
        self._core = Core(address, Patience(timeout_s, retries), timing or Timing())
        self._transport = transport or plain_async_transport()

    def __repr__(self) -> str:
        return f"AsyncClient({self._core.address.url!r})"

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes the connections."""
        await self._transport.aclose()

    async def suggest(
        self,
        filings: Sequence[Item],
        level: Rank | None = None,
        limit: int = 10,
        threshold: float = 0.0,
    ) -> list[FilingResult]:
        """As `Client.suggest`."""
        return [r async for r in self.suggest_stream(filings, level, limit, threshold)]

    async def suggest_stream(
        self,
        filings: Iterable[Item] | AsyncIterable[Item],
        level: Rank | None = None,
        limit: int = 10,
        threshold: float = 0.0,
        at_once: int = AT_ONCE,
    ) -> AsyncIterator[FilingResult]:
        """As `Client.suggest_stream`; what is no asynchronous iterable is drawn in the loop."""
        options = Options(level, limit, threshold)
        cutter = await self._run(self._core.cutter(at_once))
        async for item in _drawn(filings):
            for part in cutter.add(item):
                for result in await self._run(self._core.part(part, options)):
                    yield result
        for part in cutter.rest():
            for result in await self._run(self._core.part(part, options)):
                yield result

    async def filings(
        self,
        file: Path | bytes,
        level: Rank | None = None,
        limit: int = 10,
        threshold: float = 0.0,
    ) -> list[FilingResult]:
        """As `Client.filings`; a path is read in a thread."""
        size = len(file) if isinstance(file, bytes) else file.stat().st_size
        await self._run(self._core.check_size(size))
        data = file if isinstance(file, bytes) else await asyncio.to_thread(file.read_bytes)
        return await self._run(self._core.file(data, Options(level, limit, threshold)))

    async def symbol(self, text: str) -> dict[str, Any]:
        """As `Client.symbol`."""
        return await self._run(self._core.symbol(text))

    async def search(self, words: str, limit: int = 10) -> list[dict[str, Any]]:
        """As `Client.search`."""
        return await self._run(self._core.search(words, limit))

    async def info(self) -> dict[str, Any]:
        """As `Client.info`."""
        return await self._run(self._core.info())

    async def bundles(self) -> dict[str, Any]:
        """As `Client.bundles`."""
        return await self._run(self._core.bundles())

    async def promote(self, folder: str) -> dict[str, Any]:
        """As `Client.promote`."""
        return await self._run(self._core.promote(folder))

    async def rollback(self) -> dict[str, Any]:
        """As `Client.rollback`."""
        return await self._run(self._core.rollback())

    async def shadow(self, folder: str | None) -> dict[str, Any]:
        """As `Client.shadow`."""
        return await self._run(self._core.shadow(folder))

    async def ready(self) -> bool:
        """As `Client.ready`."""
        answer = await self._send(READY)
        return isinstance(answer, Answer) and answer.status == 200

    async def _run(self, steps: Steps[T]) -> T:
        reply: Answer | Lost | None = None
        while True:
            try:
                step = steps.send(reply)
            except StopIteration as stop:
                value: T = stop.value
                return value
            if isinstance(step, Send):
                reply = await self._send(step)
            else:
                await self._core.timing.sleep_async(step.seconds)
                reply = None

    async def _send(self, step: Send) -> Answer | Lost:
        try:
            request = request_of(self._core.address, step)
            response = await self._transport.handle_async_request(request)
            async with contextlib.aclosing(response):
                return answer_of(response, await response.aread())
        except httpx2.RequestError as error:
            return lost(error)


async def _drawn(filings: Iterable[Item] | AsyncIterable[Item]) -> AsyncIterator[Item]:
    if isinstance(filings, AsyncIterable):
        async for item in filings:
            yield item
    else:
        for item in filings:
            yield item
