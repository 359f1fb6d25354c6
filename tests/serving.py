"""Runs the real service for tests: in process, or as `cpc serve` in a process of its own."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

import psutil
import pytest
from starlette.testclient import TestClient
from tiny_bundle import build_tiny_bundle

from cpc_classifier.service_app import create_app
from cpc_classifier.service_edge import Edge
from cpc_classifier.service_engine import Engine
from cpc_classifier.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
START_S = 240.0
"""Longest wait for a server, in seconds; it takes a few where the machine is free."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def command_environment(home: Path, **variables: str) -> dict[str, str]:
    """The environment of a `cpc` process: this checkout, its own home, no stray settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CPC_")}
    paths = [str(ROOT), kept.get("PYTHONPATH", "")]
    kept["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    return kept | {"CPC_HOME": str(home)} | variables


def requests_with(
    secret: str, most: int
) -> list[tuple[str, str, dict[str, Any] | bytes | None, dict[str, str]]]:
    """Requests to every route, good, bad and too large, with a text that must not get out.

    Args:
        secret: the text.
        most: filings that one request may have.
    """
    text = {"id": secret, "title": secret, "abstract": secret * 50}
    asked: list[tuple[str, str, dict[str, Any] | bytes | None]] = [
        ("POST", "/v1/suggest", {"filings": [text, {"title": [secret]}, secret]}),
        ("POST", "/v1/suggest", {"filings": [text], "level": secret, secret: 1}),
        ("POST", "/v1/suggest", {"filings": [text] * (most + 1)}),
        ("POST", "/v1/suggest", f'{{"filings": [{{"title": "{secret}'.encode()),
        ("POST", "/v1/suggest", secret.encode() * 100_000),
        ("POST", "/v1/filings", secret.encode()),
        ("POST", "/v1/filings", f"<us-patent-grant><p>{secret}".encode()),
        ("POST", "/v1/filings", f"id,title\n{secret},{secret}\n".encode()),
        ("POST", f"/v1/filings?level={secret}", b"{}"),
        ("GET", f"/v1/symbols?q={secret}", None),
        ("GET", f"/v1/symbols/{secret}", None),
        ("GET", f"/v1/info?{secret}", None),
        ("GET", f"/v1/labels?{secret}", None),
        ("GET", f"/v1/admin/bundle?{secret}", None),
        ("POST", "/v1/admin/bundle", {"folder": f"/{secret}"}),
        ("POST", "/v1/admin/bundle/rollback", {"to": secret}),
        ("GET", f"/?{secret}", None),
        ("GET", f"/docs?{secret}", None),
        ("GET", f"/page/{secret}", None),
        ("GET", f"/metrics?{secret}", None),
        ("GET", f"/{secret}?{secret}={secret}", None),
        (secret.upper(), f"/{secret}", None),
    ]
    named = {"X-Request-ID": f"of {secret}", "User-Agent": secret, "Referer": f"http://{secret}/"}
    strange = [
        {"Authorization": f"Bearer {secret}"},
        {"Origin": f"http://{secret}"},
        {"Host": secret},
        {"X-Remote-User": secret},
        {"Content-Type": f"multipart/{secret}"},
    ]
    good = ("POST", "/v1/suggest", {"filings": [text]})
    return [(*request, named) for request in asked] + [(*good, odd) for odd in strange]


def client_of(engine: Engine) -> TestClient:
    """The application over an engine, in this process, asked from this machine."""
    app = Edge(create_app(engine))
    return TestClient(app, base_url="http://127.0.0.1:3000", client=("127.0.0.1", 50_000))


def started_engine(settings: Settings) -> Engine:
    """An engine with a loaded model, in this process."""
    engine = Engine(settings)
    engine.start()
    deadline = time.monotonic() + START_S
    while not (engine.ready or engine.failed) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert engine.ready
    return engine


@contextlib.contextmanager
def small_engine(folder: Path, **settings: Any) -> Iterator[Engine]:
    """An engine on a small bundle of its own, without the user's home.

    Args:
        folder: gets the bundle and the home.
        settings: further ones.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CPC_HOME", str(folder / "home"))
        bundle = build_tiny_bundle(folder / "tiny")
        engine = started_engine(Settings(bundle=str(bundle), threads=1, **settings))
        yield engine
        engine.stop()


@dataclass
class Answer:
    """What the service answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> dict[str, Any]:
        """The error, after a check of its shape."""
        assert set(self.json) == {"error"}
        error: dict[str, Any] = self.json["error"]
        assert set(error) == {"code", "message", "detail"}
        return error


@dataclass
class Server:
    """`cpc serve` as a user starts it; use it in a `with` statement."""

    home: Path
    bundle: Path | None = None
    variables: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    ready_s: float = 0.0

    def __enter__(self) -> Server:
        variables = dict(self.variables)
        if self.bundle is not None:
            variables["CPC_BUNDLE"] = str(self.bundle)
        self.home.mkdir(parents=True, exist_ok=True)
        self.log = self.home / "serve.log"
        started = time.monotonic()
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "cpc_classifier.cli", "serve", "--port", str(self.port)],
                cwd=self.home,
                env=command_environment(self.home, **variables),
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self._wait()
        except BaseException:
            self.kill()
            raise
        self.ready_s = time.monotonic() - started
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self.kill()

    def _wait(self) -> None:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            assert self.process.poll() is None, self.output()
            try:
                if self.ask("GET", "/readyz").status == 200:
                    return
            except OSError:
                pass
            time.sleep(0.05)
        raise TimeoutError(self.output())

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Sends a signal to the command, as a supervisor does, and gives its exit status."""
        self.process.send_signal(number)
        return self.process.wait(timeout=30)

    def kill(self) -> None:
        """Ends the command; its worker is a process of its own, which a hard kill would leave."""
        if self.process.poll() is not None:
            return
        worker = psutil.Process(self.process.pid).children(recursive=True)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.stop()
            return
        self.process.kill()
        self.process.wait(timeout=30)
        for process in worker:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()

    def output(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> Answer:
        """Sends one request; a body that is no bytes is sent as JSON."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        try:
            connection.request(method, path, data, headers or {})
            response = connection.getresponse()
            names = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, names, response.read())
        finally:
            connection.close()
