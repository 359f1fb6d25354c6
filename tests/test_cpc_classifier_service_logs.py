"""Log lines: one object a line, one request's id on all of its lines, never a text of a filing."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from serving import ROOT, client_of, requests_with, small_engine
from starlette.testclient import TestClient

from cpc_classifier.classifier import Classifier
from cpc_classifier.service_engine import Engine
from cpc_classifier.service_logs import (
    FIELDS,
    REQUEST_ID,
    JsonFormatter,
    TextFormatter,
    kind_and_place,
    request_id,
)

SECRET = "zanzibarquokka"
GOOD = {"filings": [{"id": SECRET, "title": SECRET}]}


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with small_engine(tmp_path_factory.mktemp("engine"), max_body_mb=1, max_filings=40) as engine:
        yield engine


@pytest.fixture
def client(engine: Engine) -> TestClient:
    return client_of(engine)


@pytest.fixture(params=[JsonFormatter, TextFormatter])
def written(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """What all loggers write, down to DEBUG, but for the client's own."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(request.param())
    handler.addFilter(lambda record: not record.name.startswith("httpx"))
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.removeHandler(handler)
    root.setLevel(level)


def record(message: str, name: str = "cpc_classifier.x", **extra: Any) -> logging.LogRecord:
    made = logging.LogRecord(name, logging.INFO, __file__, 1, message, (), None)
    made.__dict__.update(extra)
    return made


def raised() -> ValueError:
    try:
        raise ValueError(SECRET)
    except ValueError as error:
        return error


@given(st.text())
def test_a_json_line_is_one_object(message: str) -> None:
    line = JsonFormatter().format(record(message))
    assert len(line.splitlines()) == 1
    found = json.loads(line)
    assert list(found) == ["time", "level", "logger", "message"]
    assert (found["message"], found["level"]) == (message, "info")
    assert found["time"].endswith("Z")
    assert datetime.fromisoformat(found["time"]).utcoffset() is not None


def test_fields_are_written_and_no_others() -> None:
    extra: dict[str, Any] = dict.fromkeys(FIELDS, 0)
    found = json.loads(JsonFormatter().format(record("m", **extra, filing=SECRET)))
    assert set(found) == {"time", "level", "logger", "message", *FIELDS}


@pytest.mark.parametrize("formatter", [JsonFormatter(), TextFormatter()])
def test_an_exception_is_its_kind_and_place(formatter: logging.Formatter) -> None:
    error = raised()
    line = formatter.format(record("failed", exc_info=(ValueError, error, error.__traceback__)))
    assert "ValueError at test_cpc_classifier_service_logs.py:" in line
    assert SECRET not in line


@pytest.mark.parametrize("formatter", [JsonFormatter(), TextFormatter()])
def test_of_other_libraries_the_first_line_is_kept(formatter: logging.Formatter) -> None:
    message = f"Task exception was never retrieved\nfuture: {SECRET}"
    line = formatter.format(record(message, "asyncio"))
    assert "Task exception was never retrieved" in line
    assert SECRET not in line


def test_a_text_line_has_what_a_reader_looks_for() -> None:
    before = REQUEST_ID.set("R-1")
    line = TextFormatter().format(record("GET info 200 1 ms"))
    REQUEST_ID.reset(before)
    assert line.split(" ", 1)[1] == "INFO cpc_classifier.x GET info 200 1 ms [R-1]"


def test_an_error_without_a_traceback_has_no_place() -> None:
    assert kind_and_place(ValueError(SECRET)) == "ValueError at no known place"


@pytest.mark.parametrize("given_id", ["a", "7f3.A_b-9", "x" * 64])
def test_a_plain_id_of_the_caller_is_kept(given_id: str) -> None:
    assert request_id(given_id) == given_id


@pytest.mark.parametrize("given_id", ["", "x" * 65, "a b", "a\n", 'a"', "é", "../a"])
def test_another_id_is_replaced(given_id: str) -> None:
    assert len(request_id(given_id)) == 16
    assert request_id(given_id) != request_id(given_id)


def test_all_lines_of_a_request_have_its_id(
    client: TestClient, written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise ValueError(SECRET)

    monkeypatch.setattr(Classifier, "prepare", fail)
    response = client.post("/v1/suggest", json=GOOD, headers={"X-Request-ID": "R-7"})
    assert (response.status_code, response.headers["x-request-id"]) == (500, "R-7")
    ours = [line for line in written.getvalue().splitlines() if "service_edge" in line]
    assert len(ours) == 2  # the fault and the access line
    assert all("R-7" in line for line in ours)
    assert REQUEST_ID.get() == ""


def test_requests_have_ids_of_their_own(client: TestClient) -> None:
    found = [client.get(path).headers["x-request-id"] for path in ("/", "/nothing", "/v1/info")]
    assert len(set(found)) == 3


def test_the_access_line_names_the_bundle(client: TestClient, engine: Engine) -> None:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logger = logging.getLogger("cpc_classifier.service_edge")
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    client.post("/v1/suggest", json=GOOD)
    client.get("/v1/info")
    logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)
    suggest, info = map(json.loads, stream.getvalue().splitlines())
    assert suggest["bundle"] == "tiny-1" == client.get("/v1/info").json()["bundle"]["name"] + "-1"
    assert (suggest["method"], suggest["route"], suggest["status"]) == ("POST", "suggest", 200)
    assert suggest["ms"] > 0
    assert "bundle" not in info


def test_no_text_of_a_filing_is_written(
    client: TestClient, written: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    statuses = set()
    for method, path, body, headers in requests_with(SECRET, 40):
        sent = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        statuses.add(client.request(method, path, content=sent, headers=headers).status_code)
    assert statuses == {200, 400, 403, 404, 413, 422}

    def fail(_: Classifier, filings: Any, **__: Any) -> None:
        raise ValueError(f"cannot work on {filings}")

    monkeypatch.setattr(Classifier, "prepare", fail)
    assert client.post("/v1/suggest", json=GOOD).status_code == 500
    lines = written.getvalue()
    assert "internal error: ValueError at" in lines
    assert SECRET not in lines.lower()
    assert SECRET not in client.get("/metrics").text.lower()


PROCESS = f"""
import asyncio, logging, sys, threading
from cpc_classifier import service_logs

logging.getLogger("uvicorn.error").addHandler(logging.StreamHandler(sys.stdout))
service_logs.configure(sys.argv[1])

async def fail():
    raise ValueError("{SECRET}")

async def main():
    task = asyncio.create_task(fail())
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    del task

asyncio.run(main())

def end():
    raise ValueError("{SECRET}")

thread = threading.Thread(target=end)
thread.start()
thread.join()
try:
    end()
except ValueError:
    logging.getLogger("uvicorn.error").exception("Exception in ASGI application\\n")
logging.getLogger("cpc_classifier").info("%d", "{SECRET}")
logging.getLogger("uvicorn.access").error("/{SECRET}")
logging.getLogger("elsewhere").info("quiet")
logging.getLogger("cpc_classifier.x").info("told")
logging.getLogger("cpc_classifier.x").debug("quiet")
"""


@pytest.mark.parametrize("form", ["json", "text"])
def test_a_process_writes_nothing_else(form: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROCESS, form], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert SECRET not in done.stdout
    lines = done.stdout.splitlines()
    assert len(lines) == 4
    for line, told in zip(lines, ("never retrieved", "a thread", "in ASGI", "told"), strict=True):
        assert told in line
    assert all("ValueError at " in line for line in lines[:3])
    if form == "json":
        assert all(json.loads(line) for line in lines)
