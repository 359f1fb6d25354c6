"""`cpc serve` as a user starts it: it is ready, keeps secrets, serves many, and ends cleanly."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from serving import Server, command_environment, free_port, requests_with
from tiny_bundle import TITLES, build_tiny_bundle

from cpc_classifier.service_keys import Role, new_key

SECRET = "zanzibarquokka"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_tiny_bundle(tmp_path_factory.mktemp("model") / "tiny")


@pytest.fixture(scope="module")
def server(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    limits = {"CPC_MAX_BODY_MB": "1", "CPC_MAX_FILINGS": "40"}
    with Server(tmp_path_factory.mktemp("serve"), bundle, limits) as running:
        yield running


def test_probes(server: Server) -> None:
    assert server.ask("GET", "/livez").status == 200
    assert server.ask("GET", "/readyz").status == 200
    metrics = server.ask("GET", "/metrics")
    assert metrics.status == 200
    assert metrics.headers["content-type"].startswith("text/plain")
    assert b"cpc_filings_total" in metrics.body


def test_the_address_is_told_once(server: Server) -> None:
    assert server.output().count(server.url) == 1


def test_bentoml_shows_nothing_of_its_own(server: Server) -> None:
    for path in ("/docs.json", "/static_content/swagger-ui.css", "/suggest", "/v1/nothing"):
        answer = server.ask("GET", path)
        assert (answer.status, answer.error["code"]) == (404, "not_found")
    for method, path in (("POST", "/livez"), ("DELETE", "/metrics"), ("POST", "/")):
        assert server.ask(method, path).status in (404, 405)
    assert b"https://" not in server.ask("GET", "/").body + server.ask("GET", "/docs").body


def test_requests_at_one_time_do_not_mix(server: Server) -> None:
    titles = [TITLES[symbol] for symbol in TITLES if "/" in symbol]

    def ask(title: str, times: int) -> list[dict[str, object]]:
        filings = [{"id": title, "title": title}] * times
        answer = server.ask("POST", "/v1/suggest", {"filings": filings, "limit": 3})
        assert answer.status == 200
        found: list[dict[str, object]] = answer.json["results"]
        return found

    alone = {title: ask(title, 1)[0] for title in titles}
    assert len({str(result["suggestions"]) for result in alone.values()}) == len(titles)
    with ThreadPoolExecutor(8) as pool:
        for title, results in zip(titles, pool.map(ask, titles, [35] * len(titles)), strict=True):
            assert len(results) == 35
            symbols = [s["symbol"] for s in alone[title]["suggestions"]]  # type: ignore[attr-defined]
            for result in results:
                assert result["id"] == title
                found = [s["symbol"] for s in result["suggestions"]]  # type: ignore[attr-defined]
                assert found == symbols


def test_the_address_of_a_caller_is_that_of_the_connection(server: Server) -> None:
    """uvicorn would believe X-Forwarded-For from this machine, and so anyone on it."""
    for header in ("X-Forwarded-For", "Forwarded"):
        answer = server.ask("GET", "/v1/info", headers={header: "127.0.0.1"})
        assert (answer.status, answer.error["code"]) == (401, "unauthenticated")
    assert server.ask("GET", "/v1/info").status == 200


def test_a_name_that_points_here_is_refused(server: Server) -> None:
    answer = server.ask("GET", "/v1/info", headers={"Host": "evil.example"})
    assert (answer.status, answer.error["code"]) == (403, "forbidden")
    assert server.ask("GET", "/readyz", headers={"Host": "evil.example"}).status == 200


@pytest.mark.parametrize(
    ("words", "variables", "said"),
    [
        (("--host", "0.0.0.0"), {}, "CPC_KEYS_FILE"),
        ((), {"CPC_KEYS": "admin:a"}, "CPC_KEYS, entry 1"),
        ((), {"CPC_PROXY_HEADER": "X-Remote-User"}, "CPC_TRUSTED_PROXIES"),
    ],
)
def test_bad_access_is_told_in_one_line(
    bundle: Path, tmp_path: Path, words: tuple[str, ...], variables: dict[str, str], said: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "cpc_classifier.cli", "serve", "--port", str(free_port()), *words],
        env=command_environment(tmp_path, CPC_BUNDLE=str(bundle), **variables),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("cpc: ")
    assert done.stderr.count("\n") == 1
    assert said in done.stderr


def test_a_body_over_the_limit_is_answered(server: Server) -> None:
    answer = server.ask("POST", "/v1/suggest", b" " * (3 * 2**20))
    assert (answer.status, answer.error["code"]) == (413, "body_too_large")


def test_no_secret_reaches_a_log(server: Server) -> None:
    for method, path, body, headers in requests_with(SECRET, 40):
        assert server.ask(method, path, body, headers).status < 500
    output = server.output()
    assert "POST suggest 200" in output
    assert SECRET not in output.lower()
    assert SECRET.encode() not in server.ask("GET", "/metrics").body.lower()


def test_json_logs_keys_and_a_proxy(bundle: Path, tmp_path: Path) -> None:
    token, key = new_key(Role.INTAKE, "scanner")
    (tmp_path / "keys").write_text(f"{key}\n")
    variables = {
        "CPC_LOG_FORMAT": "json",
        "CPC_KEYS_FILE": str(tmp_path / "keys"),
        "CPC_PROXY_HEADER": "X-Remote-User",
        "CPC_TRUSTED_PROXIES": "10.0.0.7",
        "CPC_MAX_BODY_MB": "1",
    }
    known = {"Authorization": f"Bearer {token}"}
    with Server(tmp_path / "home", bundle, variables) as running:
        # uvicorn would believe X-Forwarded-For from this machine, and so anyone on it.
        spoofed = {"X-Remote-User": "ada", "X-Forwarded-For": "10.0.0.7"}
        assert running.ask("GET", "/v1/info", headers=spoofed).error["code"] == "unauthenticated"
        for method, path, body, headers in requests_with(SECRET, 1_000):
            assert running.ask(method, path, body, headers | known).status < 500
        answer = running.ask("GET", "/v1/info", headers=known | {"X-Request-ID": "R-1"})
        assert (answer.status, answer.headers["x-request-id"]) == (200, "R-1")
        assert running.stop() == 0
        output = running.output()
    lines = [json.loads(line) for line in output.splitlines()]
    assert all({"time", "level", "logger", "message"} <= set(line) for line in lines)
    [info] = [line for line in lines if line.get("request_id") == "R-1"]
    assert (info["method"], info["route"], info["status"]) == ("GET", "info", 200)
    assert SECRET not in output.lower()
    assert token not in output


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly(bundle: Path, tmp_path: Path, number: int) -> None:
    with Server(tmp_path, bundle) as running:
        assert running.ask("POST", "/v1/suggest", {"filings": [{"title": "fish"}]}).status == 200
        assert running.stop(number) == 0
        assert "Traceback" not in running.output()
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", running.port)) != 0
