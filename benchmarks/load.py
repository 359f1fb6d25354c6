"""Load on a service from clients on the same machine: open and closed, with what came back."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import psutil
from machine import CPC, stop

__all__ = [
    "Outcome",
    "closed",
    "free_port",
    "metric",
    "offered",
    "resident_mb",
    "served",
    "service",
]

START_S = 120.0


@dataclass
class Outcome:
    """What clients saw.

    Attributes:
        statuses: how often each HTTP status came; 0 is a connection that failed.
        seconds: of each request that was answered with 200, in the order of their ends.
        filings: answered.
        wall_s: from the first request to the last answer.
        bundles: how many answers each bundle made, by the begin of its SHA-256.
        faults: answers that are not what they should be.
    """

    statuses: Counter[int] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    filings: int = 0
    wall_s: float = 0.0
    bundles: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    @property
    def per_s(self) -> float:
        """Filings answered a second."""
        return self.filings / self.wall_s

    def percentile(self, share: float) -> float:
        """Milliseconds that this share of the answers took at most."""
        ordered = sorted(self.seconds)
        return 1e3 * ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else 0.0

    def took(self, status: int, seconds: float, body: bytes, filings: int) -> None:
        """Counts an answer; one of several bundles, or of another number of filings, is a fault."""
        self.statuses[status] += 1
        if status != 200:
            return
        self.seconds.append(seconds)
        found = json.loads(body)
        results = found["results"] if isinstance(found, dict) else found
        self.filings += len(results)
        if len(results) != filings:
            self.faults.append(f"{len(results)} results for {filings} filings")
        by = {r["provenance"]["sha256"][:12] for r in results if isinstance(r, dict)}
        if len(by) > 1:
            self.faults.append(f"one answer of {len(by)} bundles")
        self.bundles.update(by)


@contextmanager
def served(command: Sequence[str], url: str, ready: str, **variables: str) -> Iterator[int]:
    """A server as a process of its own; gives its process id once it is ready."""
    environment = os.environ | {"BENTOML_DO_NOT_TRACK": "True", "PYTHONUNBUFFERED": "1"} | variables
    log = Path(f"/tmp/cpc-bench-{os.getpid()}.log")
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, env=environment, stdout=out, stderr=out, start_new_session=True
        )
    try:
        until = time.monotonic() + START_S
        while time.monotonic() < until:
            if process.poll() is not None:
                stop(f"the server ended: {log.read_text(errors='replace')[-500:]}")
            try:
                if httpx2.get(url + ready, timeout=2).status_code == 200:
                    break
            except httpx2.HTTPError:
                pass
            time.sleep(0.1)
        else:
            stop(f"the server was not ready after {START_S:.0f} s: {log}")
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def service(bundle: Path, **variables: str) -> Iterator[tuple[str, int]]:
    """`cpc serve` on a free port; gives its address and process id."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = [*CPC, "serve", "--port", str(port), "--bundle", str(bundle)]
    with served(command, url, "/readyz", **variables) as process:
        yield url, process


def closed(
    url: str, path: str, bodies: Sequence[tuple[bytes, int]], clients: int, most_s: float = 1e9
) -> Outcome:
    """Clients that each send their next request when the one before is answered.

    Args:
        url: of the server.
        path: asked with POST.
        bodies: JSON and how many filings it has; taken in turn by whoever is free.
        clients: at a time.
        most_s: no request begins after that.
    """

    async def run() -> Outcome:
        found, left, began = Outcome(), iter(bodies), time.perf_counter()
        limits = httpx2.Limits(max_connections=clients, max_keepalive_connections=clients)
        async with httpx2.AsyncClient(base_url=url, timeout=120, limits=limits) as client:

            async def one() -> None:
                for body, filings in left:
                    if time.perf_counter() - began > most_s:
                        return
                    await _ask(client, path, body, filings, found)

            await asyncio.gather(*(one() for _ in range(clients)))
        found.wall_s = time.perf_counter() - began
        return found

    return asyncio.run(run())


def offered(
    url: str,
    path: str,
    bodies: Sequence[tuple[bytes, int]],
    per_s: float,
    seconds: float,
    aside: Callable[[float], None] = lambda _: None,
) -> Outcome:
    """Requests that come at even times, whether the ones before are answered or not.

    Args:
        url: of the server.
        path: asked with POST.
        bodies: as in `closed`, taken round and round.
        per_s: requests a second.
        seconds: how long.
        aside: called about every second, with the seconds gone.
    """

    async def run() -> Outcome:
        found, tasks, began = Outcome(), set(), time.perf_counter()
        limits = httpx2.Limits(max_connections=None, max_keepalive_connections=200)
        async with httpx2.AsyncClient(base_url=url, timeout=120, limits=limits) as client:
            for number in range(int(per_s * seconds)):
                wait = began + number / per_s - time.perf_counter()
                if wait > 0:
                    await asyncio.sleep(wait)
                body, filings = bodies[number % len(bodies)]
                task = asyncio.create_task(_ask(client, path, body, filings, found))
                tasks.add(task)
                task.add_done_callback(tasks.discard)
                if number % max(1, round(per_s)) == 0:
                    aside(time.perf_counter() - began)
            await asyncio.gather(*tasks)
        found.wall_s = time.perf_counter() - began
        return found

    return asyncio.run(run())


async def _ask(
    client: httpx2.AsyncClient, path: str, body: bytes, filings: int, found: Outcome
) -> None:
    began = time.perf_counter()
    try:
        answer = await client.post(path, content=body, headers={"Content-Type": "application/json"})
    except httpx2.HTTPError:
        found.statuses[0] += 1
        return
    found.took(answer.status_code, time.perf_counter() - began, answer.content, filings)


def metric(url: str, name: str, **labels: str) -> float:
    """A value of `/metrics`."""
    for line in httpx2.get(f"{url}/metrics", timeout=30).text.splitlines():
        full, _, value = line.rpartition(" ")
        if full.partition("{")[0] == name and all(
            f'{key}="{own}"' in full for key, own in labels.items()
        ):
            return float(value)
    stop(f"/metrics has no {name} {labels}")


def resident_mb(process: int) -> float:
    """Resident memory of a process and all below it, in MB (10^6 bytes)."""
    own = psutil.Process(process)
    return sum(p.memory_info().rss for p in (own, *own.children(recursive=True))) / 1e6
