"""A clock that does not wait, and a service of a few lines behind httpx2's own transport double."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx2

from cpc_classifier import AsyncClient, Client
from cpc_classifier.client_retry import Timing
from cpc_classifier.result import FilingResult, PathStep, Provenance, Route, Suggestion, to_json
from taxonomy.symbol import Rank

PROVENANCE = Provenance("tiny-1", "ab" * 32, "2025.05")
Handler = Callable[[httpx2.Request], httpx2.Response]


@dataclass
class Clock:
    """Time that passes when it is slept away; `waits` are the sleeps, in seconds."""

    time: float = 1000.0
    waits: list[float] = field(default_factory=list)
    chance: float = 0.0

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.time += seconds

    async def sleep_async(self, seconds: float) -> None:
        self.sleep(seconds)

    @property
    def timing(self) -> Timing:
        return Timing(lambda: self.time, lambda: self.chance, self.sleep, self.sleep_async)


def result_of(name: str) -> FilingResult:
    found = Suggestion("H01", Rank.CLASS, 0.5, "elements", (PathStep("H", 0.75),), "inventive")
    return FilingResult(name, (found,), Route("review", "why"), None, PROVENANCE)


@dataclass
class Service:
    """Answers as the service does; `faults` come first, one an answer.

    Attributes:
        body_bytes: its limit on a body.
        filings: its limit on filings in a request.
        faults: statuses, whole responses, or errors of the network.
        asked: the requests that came.
    """

    body_bytes: int = 100_000
    filings: int = 50
    faults: list[httpx2.Response | Exception] = field(default_factory=list)
    asked: list[httpx2.Request] = field(default_factory=list)

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.asked.append(request)
        if self.faults:
            fault = self.faults.pop(0)
            if isinstance(fault, Exception):
                raise fault
            return fault
        path = request.url.path
        if path == "/v1/info":
            return httpx2.Response(200, json=self.info())
        if path == "/v1/suggest":
            sent = json.loads(request.content)["filings"]
            results = [to_json(result_of(str(i))) for i, _ in enumerate(sent)]
            return httpx2.Response(200, json={"results": results})
        if path == "/v1/filings":
            return httpx2.Response(200, json={"results": [to_json(result_of("file"))]})
        if path == "/v1/symbols":
            return httpx2.Response(200, json={"release": "2025.05", "symbols": [{"symbol": "H"}]})
        if path.startswith("/v1/symbols/"):
            return httpx2.Response(200, json={"symbol": path.removeprefix("/v1/symbols/")})
        return httpx2.Response(200 if path == "/readyz" else 404)

    def info(self) -> dict[str, Any]:
        bundle = {"name": "tiny", "version": "1", "sha256": "ab" * 32, "release": "2025.05"}
        limits = {"body_bytes": self.body_bytes, "filings": self.filings}
        return {"bundle": bundle, "limits": limits}

    def sent(self) -> list[list[dict[str, Any]]]:
        """The filings of each suggest request."""
        bodies = [r.content for r in self.asked if r.url.path == "/v1/suggest"]
        return [json.loads(body)["filings"] for body in bodies]


def refusal(
    status: int, code: str, headers: dict[str, str] | None = None, **detail: Any
) -> httpx2.Response:
    """An error in the service's shape."""
    error = {"code": code, "message": f"it is {code}.", "detail": detail}
    return httpx2.Response(status, json={"error": error}, headers=headers)


def ask(
    kind: type[Client] | type[AsyncClient], handler: Handler, method: str, *words: Any, **more: Any
) -> Any:
    """Calls a method of a client of either kind; what it streams becomes a list.

    Args:
        kind: `Client` or `AsyncClient`.
        handler: answers.
        method: its name.
        words: for the method.
        more: for the client.
    """
    transport = httpx2.MockTransport(handler)
    if kind is Client:
        with Client(transport=transport, **more) as client:
            found = getattr(client, method)(*words)
            return list(found) if method == "suggest_stream" else found

    async def run() -> Any:
        async with AsyncClient(transport=transport, **more) as client:
            found = getattr(client, method)(*words)
            return [r async for r in found] if method == "suggest_stream" else await found

    return asyncio.run(run())
