"""The edge: headers on everything, a fault of ours in the one shape, and logs without texts."""

from __future__ import annotations

import logging

import pytest
from prometheus_client import REGISTRY
from starlette.testclient import TestClient
from starlette.types import Receive, Scope, Send

from cpc_classifier.service_edge import Edge

SECRET = "zanzibarquokka"


async def broken(scope: Scope, receive: Receive, send: Send) -> None:
    raise ValueError(f"something with {SECRET} in it")


async def fine(scope: Scope, receive: Receive, send: Send) -> None:
    headers = [(b"content-type", b"text/plain")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"fine"})


async def cut(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    raise ValueError(SECRET)


def test_a_fault_of_ours_has_the_one_shape(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "cpc_classifier"):
        response = TestClient(Edge(broken)).get(f"/{SECRET}?q={SECRET}")
    assert response.status_code == 500
    assert set(response.json()["error"]) == {"code", "message", "detail"}
    assert response.json()["error"]["code"] == "internal_error"
    assert "ValueError at test_cpc_classifier_service_edge.py" in caplog.text
    assert SECRET not in response.text + caplog.text


def test_a_fault_after_the_answer_began_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    before = REGISTRY.get_sample_value("cpc_errors_total", {"code": "internal_error"}) or 0
    with caplog.at_level(logging.INFO, "cpc_classifier"):
        TestClient(Edge(cut)).get("/")
    assert REGISTRY.get_sample_value("cpc_errors_total", {"code": "internal_error"}) == before + 1
    assert SECRET not in caplog.text


@pytest.mark.parametrize("path", ["/", "/v1/info", "/any"])
def test_headers_are_on_everything(path: str) -> None:
    headers = TestClient(Edge(fine)).get(path).headers
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == ("no-store" if path.startswith("/v1") else "no-cache")


def test_the_log_names_no_path(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "cpc_classifier"):
        TestClient(Edge(fine)).get(f"/v1/symbols/{SECRET}?q={SECRET}")
    [record] = caplog.records
    assert record.getMessage().startswith("GET other 200 ")
    assert SECRET not in caplog.text
