"""The REST contract, over the real application with a small bundle, in this process."""

from __future__ import annotations

import json
import math
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from serving import client_of, started_engine
from starlette.testclient import TestClient
from tiny_bundle import build_tiny_bundle

from cpc_classifier import service_engine
from cpc_classifier.service_engine import Engine
from cpc_classifier.settings import Settings
from taxonomy.symbol import Rank

LEVELS = [rank.label for rank in Rank]
GOOD = {"id": "good", "title": "Battery", "abstract": "A cell has a solid electrolyte."}
BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaaaaaaaa">'
    + b"".join(f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">'.encode() for i in range(9))
    + b"]><us-patent-application><p>&j;</p></us-patent-application>"
)
EXTERNAL = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    b'<us-patent-application lang="EN"><abstract><p>&x;</p></abstract></us-patent-application>'
)
TRUNCATED = (
    b'<?xml version="1.0" encoding="UTF-8"?><us-patent-application lang="EN">'
    b"<us-bibliographic-data-application><invention-title>Bat"
)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_tiny_bundle(tmp_path_factory.mktemp("model") / "tiny")


@pytest.fixture(scope="module")
def engine(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CPC_HOME", str(tmp_path_factory.mktemp("home")))
        settings = Settings(
            bundle=str(bundle), max_body_mb=12, max_filings=50, max_chars=1_000_000, threads=1
        )
        engine = started_engine(settings)
        yield engine
        engine.stop()


@pytest.fixture(scope="module")
def client(engine: Engine) -> TestClient:
    return client_of(engine)


def suggest(client: TestClient, filings: Any, **options: Any) -> Any:
    return client.post("/v1/suggest", json={"filings": filings, **options})


def error_of(response: Any, status: int) -> dict[str, Any]:
    """The error, after a check of status and shape."""
    assert response.status_code == status, response.text
    assert set(response.json()) == {"error"}
    error: dict[str, Any] = response.json()["error"]
    assert set(error) == {"code", "message", "detail"}
    assert error["message"]
    return error


def test_one_filing(client: TestClient) -> None:
    response = suggest(client, [GOOD])
    assert response.status_code == 200
    assert set(response.json()) == {"results"}
    [result] = response.json()["results"]
    assert set(result) == {"id", "suggestions", "route", "error", "provenance"}
    assert (result["id"], result["error"]) == ("good", None)
    assert result["route"]["decision"] in ("assign", "review")
    assert result["suggestions"]
    for suggestion in result["suggestions"]:
        assert set(suggestion) == {"symbol", "rank", "score", "title", "path", "kind"}
        scores = [step["score"] for step in suggestion["path"]] + [suggestion["score"]]
        assert scores == sorted(scores, reverse=True)
        assert all(0 <= score <= 1 for score in scores)


def test_options_are_followed(client: TestClient) -> None:
    [result] = suggest(client, [GOOD], level="class", limit=2).json()["results"]
    assert {found["rank"] for found in result["suggestions"]} == {"class"}
    assert len(result["suggestions"]) == 2
    threshold = math.nextafter(result["suggestions"][0]["score"], 2) + 1e-4
    [result] = suggest(client, [GOOD], level="class", threshold=min(threshold, 1)).json()["results"]
    assert result["suggestions"] == []


def test_order_and_positions(client: TestClient) -> None:
    filings = [{"title": "b"}, GOOD, {"title": "a" * 2000}, {"id": "", "title": "c"}]
    results = suggest(client, filings).json()["results"]
    assert [result["id"] for result in results] == ["0", "good", "2", "3"]


def test_a_bad_filing_leaves_the_others(client: TestClient) -> None:
    bad: list[Any] = [
        {"title": ""},
        {"title": " \n\t", "abstract": ""},
        {"id": "long", "description": "word " * 300_000},
        {"title": 5},
        {"title": ["a"]},
        "text",
        None,
        7,
        {},
        {"title": "half \ud83d"},
    ]
    filings = [GOOD, *bad, GOOD]
    body = json.dumps({"filings": filings}).encode()
    results = client.post("/v1/suggest", content=body).json()["results"]
    assert len(results) == len(filings)
    assert [results[0]["error"], results[-1]["error"]] == [None, None]
    assert results[0]["suggestions"] == results[-1]["suggestions"] != []
    for result in results[1:-1]:
        assert set(result["error"]) == {"code", "message"}
        assert result["suggestions"] == []
    codes = [result["error"]["code"] for result in results[1:-1]]
    assert codes[:3] == ["empty_filing", "empty_filing", "filing_too_large"]
    assert set(codes[3:]) == {"bad_filing"}


def test_ten_megabytes_of_text(client: TestClient) -> None:
    [result] = suggest(client, [{"description": "x" * 10_000_000}]).json()["results"]
    assert result["error"]["code"] == "filing_too_large"
    assert "1,000,000" in result["error"]["message"]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'"a"', b"\xff\xfe", b'{"filings": ["\xe9"]}', b"[" * 100_000, b"{}"],
)
def test_a_body_that_is_no_request(client: TestClient, body: bytes) -> None:
    error = error_of(client.post("/v1/suggest", content=body), 400)
    assert error["code"] == "bad_request"


@pytest.mark.parametrize(
    "options", [{"limit": "3"}, {"limit": 0}, {"threshold": 2}, {"lang": "en"}, {"level": 3}]
)
def test_a_wrong_envelope(client: TestClient, options: dict[str, Any]) -> None:
    error = error_of(suggest(client, [GOOD], **options), 400)
    assert error["detail"]["fields"][0]["field"] in options


def test_an_unknown_level_lists_the_levels(client: TestClient) -> None:
    error = error_of(suggest(client, [GOOD], level="family"), 400)
    assert error["detail"]["levels"] == LEVELS
    error = error_of(client.post("/v1/filings?level=family", content=b"{}"), 400)
    assert error["detail"]["levels"] == LEVELS


def test_no_filings(client: TestClient) -> None:
    assert "filings" in error_of(suggest(client, []), 400)["message"]


def test_too_many_filings_names_the_limit(client: TestClient) -> None:
    error = error_of(suggest(client, [{"title": "a"}] * 10_000), 413)
    assert (error["code"], error["detail"]) == ("too_many_filings", {"limit_filings": 50})
    assert "50" in error["message"]
    lines = b'{"title": "a"}\n' * 10_000
    error = error_of(client.post("/v1/filings", content=lines), 413)
    assert error["detail"] == {"limit_filings": 50}


@pytest.mark.parametrize("path", ["/v1/suggest", "/v1/filings"])
def test_a_body_over_the_limit(client: TestClient, path: str) -> None:
    error = error_of(client.post(path, content=b" " * (12 * 2**20 + 1)), 413)
    assert (error["code"], error["detail"]) == ("body_too_large", {"limit_bytes": 12 * 2**20})
    assert "12 MiB" in error["message"]
    # Without a declared length it is counted as it comes.
    chunks = (b" " * 2**20 for _ in range(14))
    assert error_of(client.post(path, content=chunks), 413)["code"] == "body_too_large"


def test_a_file_as_it_is(client: TestClient) -> None:
    lines = b"\n".join(json.dumps(GOOD | {"id": f"L{i}"}).encode() for i in range(3))
    response = client.post("/v1/filings?level=subclass&limit=2", content=lines)
    assert response.status_code == 200
    results = response.json()["results"]
    assert [result["id"] for result in results] == ["L0", "L1", "L2"]
    assert {s["rank"] for result in results for s in result["suggestions"]} == {"subclass"}


def test_filings_of_a_file_without_ids_get_their_place(client: TestClient) -> None:
    results = client.post("/v1/filings", content=b'{"title": "a"}\n{"title": 5}').json()["results"]
    assert [result["id"] for result in results] == ["0", "1"]


def test_a_broken_document_leaves_the_others(client: TestClient) -> None:
    lines = json.dumps(GOOD).encode() + b"\n{broken\n" + json.dumps(GOOD).encode()
    results = client.post("/v1/filings", content=lines).json()["results"]
    assert [result["error"] is None for result in results] == [True, False, True]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty_filing"),
        (TRUNCATED, "bad_filing"),
        (BOMB, "bad_filing"),
        (EXTERNAL, "bad_filing"),
        (b'{"title": "caf\xe9"}', "bad_filing"),
        (b"%PDF-1.7 \x00\x01", "unsupported_format"),
        (b"PK\x03\x04" + b"\x00" * 50, "bad_filing"),
        (b'{"title": ""}', "empty_filing"),
        (b"[]", "bad_filing"),
    ],
)
def test_a_file_that_cannot_be_read(client: TestClient, content: bytes, code: str) -> None:
    error = error_of(client.post("/v1/filings", content=content), 400)
    assert error["code"] == code
    assert "root:" not in error["message"]


def test_a_form_is_refused_with_the_right_way(client: TestClient) -> None:
    response = client.post("/v1/filings", files={"file": b"<x/>"})
    assert "--data-binary" in error_of(response, 400)["message"]


@pytest.mark.parametrize("path", ["/v1/symbols/H01M10/00", "/v1/symbols/h01m%2010%2F00"])
def test_a_symbol(client: TestClient, path: str) -> None:
    found = client.get(path).json()
    assert (found["symbol"], found["rank"]) == ("H01M10/00", "main-group")
    assert [step["symbol"] for step in found["path"]] == ["H", "H01", "H01M"]
    assert {"title", "labels", "children", "release", "indexing", "additional_only"} <= set(found)


def test_children_and_labels_of_a_symbol(client: TestClient) -> None:
    found = client.get("/v1/symbols/H01M").json()
    assert "H01M10/00" in [child["symbol"] for child in found["children"]]
    assert set(found["labels"]) == {"en", "ko"}


def test_symbols_that_are_not_there(client: TestClient) -> None:
    assert error_of(client.get("/v1/symbols/H77Z"), 404)["code"] == "unknown_symbol"
    assert error_of(client.get("/v1/symbols/lithium"), 400)["code"] == "bad_symbol"
    assert error_of(client.get("/v1/symbols/"), 400)["code"] == "bad_symbol"


def test_search(client: TestClient) -> None:
    found = client.get("/v1/symbols", params={"q": "electricity", "limit": 3}).json()["symbols"]
    assert found
    assert len(found) <= 3
    assert set(found[0]) == {"symbol", "rank", "title"}
    for query in ("", "?q=", "?q=%20", "?q=" + "a" * 201, "?q=a&limit=x", "?q=a&page=2"):
        assert error_of(client.get(f"/v1/symbols{query}"), 400)["code"] == "bad_request"


def test_info(client: TestClient) -> None:
    found = client.get("/v1/info").json()
    assert found["levels"] == LEVELS[: len(found["levels"])]
    assert found["limits"]["filings"] == 50
    assert set(found["bundle"]) >= {"name", "version", "sha256", "release", "figures"}


def test_labels(client: TestClient) -> None:
    found = client.get("/v1/labels").json()
    assert set(found) == {"en", "ko"}
    assert set(found["en"]) == set(found["ko"])
    assert "H01M" in found["en"]


@pytest.mark.parametrize("path", ["/v1", "/v2/suggest", "/docs.json", "/page/none.css", "/a/b?q=1"])
def test_unknown_paths(client: TestClient, path: str) -> None:
    assert error_of(client.get(path), 404)["code"] == "not_found"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [("GET", "/v1/suggest", "POST"), ("PUT", "/v1/filings", "POST"), ("POST", "/", "GET, HEAD")],
)
def test_wrong_methods(client: TestClient, method: str, path: str, allowed: str) -> None:
    response = client.request(method, path)
    assert error_of(response, 405)["code"] == "method_not_allowed"
    assert response.headers["allow"] == allowed


@pytest.mark.parametrize("path", ["/", "/docs", "/page/page.css", "/page/page.js"])
def test_the_page_has_no_outside_address(client: TestClient, path: str) -> None:
    response = client.get(path)
    assert response.status_code == 200
    assert "default-src 'self'" in response.headers["content-security-policy"]
    outside = response.text.replace("http://127.0.0.1:3000", "")
    assert "http://" not in outside
    assert "https://" not in outside
    assert "innerHTML" not in outside


def test_metrics_count_without_paths(client: TestClient) -> None:
    client.get("/never/seen/before")
    suggest(client, [GOOD, {"title": ""}])
    text = client.get("/metrics").text
    for name in ("cpc_requests_total", "cpc_filings_total", "cpc_request_seconds_bucket"):
        assert name in text
    assert 'cpc_answers_total{decision="error",rank="none"}' in text
    assert 'cpc_bundle_info{name="tiny"' in text
    assert 'cpc_errors_total{code="empty_filing"}' in text
    assert 'route="other"' in text
    assert "never" not in text


def test_a_full_queue_says_when_to_come_back(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = started_engine(Settings(bundle=str(bundle), max_filings=3, queue_filings=3))
    bar, work_on = threading.Event(), service_engine.work_on
    monkeypatch.setattr(
        service_engine, "work_on", lambda *given: work_on(*given) if bar.wait(60) else []
    )
    with client_of(engine) as client:
        sent = threading.Thread(target=suggest, args=(client, [GOOD] * 2))
        sent.start()
        while engine.scheduler.running + engine.scheduler.waiting < 2:
            time.sleep(0.01)
        response = suggest(client, [GOOD] * 2)
        assert error_of(response, 429)["code"] == "overloaded"
        assert int(response.headers["retry-after"]) >= 1
        bar.set()
        sent.join()
        assert suggest(client, [GOOD] * 3).status_code == 200
        assert engine.scheduler.running + engine.scheduler.waiting == 0
    engine.stop()


def test_bodies_are_bounded_together(engine: Engine, client: TestClient) -> None:
    held = 4 * engine.settings.max_body_bytes - 10
    engine.room.take(held)
    assert error_of(suggest(client, [GOOD]), 429)["code"] == "overloaded"
    engine.room.release(held)
    assert suggest(client, [GOOD]).status_code == 200


def test_before_the_model_is_there(bundle: Path) -> None:
    engine = Engine(Settings(bundle=str(bundle)))
    client = client_of(engine)
    for response in (
        suggest(client, [GOOD]),
        client.post("/v1/filings", content=b"{}"),
        client.get("/v1/info"),
        client.get("/v1/symbols/H"),
    ):
        assert error_of(response, 503)["code"] == "starting"
        assert response.headers["retry-after"]
    assert not engine.ready
    assert not engine.failed
    assert client.get("/").status_code == 200
    engine.stop()


def test_a_model_that_does_not_load(tmp_path: Path) -> None:
    engine = Engine(Settings(bundle=str(tmp_path)))
    engine.start()
    engine.stop()
    assert engine.failed
    assert not engine.ready
    assert error_of(suggest(client_of(engine), [GOOD]), 503)["code"] == "bad_bundle"


def test_answers_are_not_kept(client: TestClient) -> None:
    assert suggest(client, [GOOD]).headers["cache-control"] == "no-store"
    assert client.get("/").headers["cache-control"] == "no-cache"
