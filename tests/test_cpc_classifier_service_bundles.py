"""Which bundle answers: promoted, rolled back, in the shadow, and swapped under load."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from serving import client_of, started_engine
from starlette.testclient import TestClient
from tiny_bundle import TITLES, build_tiny_bundle

from cpc_classifier import service_engine
from cpc_classifier.bundle import ModelBundle
from cpc_classifier.classifier import Classifier, Prepared
from cpc_classifier.filing import Filing
from cpc_classifier.result import to_json
from cpc_classifier.schemas import Options
from cpc_classifier.service_engine import Engine
from cpc_classifier.settings import Settings

SECRET = "zanzibarquokka"
FILINGS = [{"id": f"D{i}", "title": title} for i, title in enumerate(TITLES.values())]


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_tiny_bundle(tmp_path_factory.mktemp("old") / "tiny", assign_threshold=0.3)


@pytest.fixture(scope="module")
def new(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_tiny_bundle(tmp_path_factory.mktemp("new") / "tiny", assign_threshold=0.9)


@pytest.fixture
def engine(old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    monkeypatch.setenv("CPC_HOME", str(tmp_path))
    engine = started_engine(Settings(bundle=str(old), threads=2))
    yield engine
    engine.stop()


@pytest.fixture
def client(engine: Engine) -> Iterator[TestClient]:
    with client_of(engine) as client:
        yield client


def sha256(folder: Path) -> str:
    return ModelBundle.load(folder).sha256


def answered_by(client: TestClient) -> str:
    [result] = client.post("/v1/suggest", json={"filings": FILINGS[:1]}).json()["results"]
    return str(result["provenance"]["sha256"])


def test_a_bundle_is_promoted_and_rolled_back(client: TestClient, old: Path, new: Path) -> None:
    assert answered_by(client) == sha256(old)
    told = client.post("/v1/admin/bundle", json={"folder": str(new)}).json()
    assert told["bundle"]["sha256"] == sha256(new)
    assert told["previous"]["sha256"] == sha256(old)
    assert told["shadow"] is None
    assert client.get("/v1/admin/bundle").json() == told
    assert answered_by(client) == sha256(new)
    assert client.get("/v1/info").json()["bundle"]["sha256"] == sha256(new)
    for _ in range(2):  # asked again, because the answer was lost on its way
        back = client.post("/v1/admin/bundle/rollback", json={"to": sha256(old)})
        assert back.json()["bundle"]["sha256"] == sha256(old)
        assert back.json()["previous"]["sha256"] == sha256(new)
    assert answered_by(client) == sha256(old)


def test_what_cannot_be_promoted_changes_nothing(
    client: TestClient, old: Path, new: Path, tmp_path: Path
) -> None:
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    for file in new.iterdir():
        (damaged / file.name).write_bytes(file.read_bytes())
    (damaged / "labels.tsv").write_bytes(b"H\t")
    for folder, path in ((tmp_path / "none", ""), (damaged, ""), (damaged, "/shadow")):
        refused = client.post(f"/v1/admin/bundle{path}", json={"folder": str(folder)})
        assert refused.status_code == 422
        assert refused.json()["error"]["code"] == "bad_bundle"
        assert "answers as before" in refused.json()["error"]["message"]
    refused = client.post("/v1/admin/bundle/rollback", json={"to": "0" * 64})
    assert refused.status_code == 400
    for body in ({}, {"folder": ""}, {"folder": 5}, {"folder": "/x", "more": 1}):
        assert client.post("/v1/admin/bundle", json=body).status_code == 400
    assert answered_by(client) == sha256(old)


def test_swaps_under_load_lose_nothing_and_mix_nothing(
    client: TestClient, old: Path, new: Path
) -> None:
    filings = [Filing(f["id"], title=f["title"]) for f in FILINGS]
    routes = {
        sha256(folder): [to_json(r)["route"] for r in Classifier.load(folder, 1).suggest(filings)]
        for folder in (old, new)
    }
    assert len({str(own) for own in routes.values()}) == 2
    stop, faults, seen = threading.Event(), [], set()

    def ask(count: int) -> None:
        while not stop.is_set():
            response = client.post("/v1/suggest", json={"filings": FILINGS[:count]})
            results = response.json().get("results", [])
            by = {result["provenance"]["sha256"] for result in results}
            if response.status_code != 200 or len(by) != 1 or len(results) != count:
                faults.append(response.text[:200])
                return
            [bundle] = by
            seen.add(bundle)
            if [result["route"] for result in results] != routes[bundle][:count]:
                faults.append(f"{count} filings: not the answer of {bundle[:12]}")
                return

    threads = [threading.Thread(target=ask, args=(count,)) for count in (1, 3, 40)]
    for thread in threads:
        thread.start()
    for swap in range(10):
        folder = (new, old)[swap % 2]
        assert client.post("/v1/admin/bundle", json={"folder": str(folder)}).status_code == 200
        time.sleep(0.05)
    stop.set()
    for thread in threads:
        thread.join()
    assert faults == []
    assert seen == set(routes)


def test_a_bundle_in_the_shadow_is_compared_and_tells_no_secret(
    client: TestClient, old: Path, new: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="cpc_classifier"):
        told = client.post("/v1/admin/bundle/shadow", json={"folder": str(new)}).json()
        assert told["shadow"]["filings"] == 0
        assert told["shadow"]["same_first"] is None
        secret = {"id": SECRET, "title": f"{SECRET} battery"}
        asked = {"filings": [*FILINGS, secret, {"id": SECRET}]}
        results = client.post("/v1/suggest", json=asked).json()["results"]
        assert {result["provenance"]["sha256"] for result in results} == {sha256(old)}
        until = time.monotonic() + 30
        while time.monotonic() < until:
            shadow = client.get("/v1/admin/bundle").json()["shadow"]
            if shadow["filings"] == len(FILINGS) + 1:
                break
            time.sleep(0.02)
        assert shadow["filings"] == len(FILINGS) + 1
        assert shadow["same_first"] == shadow["shared_suggestions"] == 1.0
        assert 0 < shadow["same_route"] < 1
        ended = client.post("/v1/admin/bundle/shadow", json={"folder": None}).json()
        assert ended["shadow"] is None
    assert f"shadow tiny-1 against tiny-1: {len(FILINGS) + 1} filings" in caplog.text
    assert SECRET not in caplog.text


def test_one_filing_that_cannot_be_worked_on_leaves_the_others(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    run = Classifier.run

    def faulty(self: Classifier, filings: list[Prepared], **how: bool) -> dict[str, Any]:
        if any(filing.id == "bad" for filing in filings):
            raise ValueError(SECRET)
        return run(self, filings, **how)

    monkeypatch.setattr(Classifier, "run", faulty)
    asked = [{"id": f"F{i}", "title": "battery"} for i in range(63)]
    asked.insert(20, {"id": "bad", "title": "battery"})
    results = client.post("/v1/suggest", json={"filings": asked}).json()["results"]
    assert [r["id"] for r in results] == [f["id"] for f in asked]
    assert [r["id"] for r in results if r["error"]] == ["bad"]
    assert results[20]["error"]["code"] == "internal_error"
    assert all(r["suggestions"] for r in results if r["id"] != "bad")
    assert SECRET not in caplog.text


def test_a_filing_that_waits_too_long_is_dropped(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = started_engine(Settings(bundle=str(old), threads=1, deadline_s=1))
    bar, work_on = threading.Event(), service_engine.work_on
    monkeypatch.setattr(
        service_engine, "work_on", lambda *given: work_on(*given) if bar.wait(60) else []
    )
    with client_of(engine) as client:
        first = threading.Thread(
            target=client.post, args=("/v1/suggest",), kwargs={"json": {"filings": FILINGS[:1]}}
        )
        first.start()
        while not engine.scheduler.running:
            time.sleep(0.01)
        late = client.post("/v1/suggest", json={"filings": FILINGS[:2]})
        assert late.status_code == 504
        assert late.json()["error"]["code"] == "deadline_exceeded"
        bar.set()
        first.join()
        assert client.post("/v1/suggest", json={"filings": FILINGS[:2]}).status_code == 200
    engine.stop()


def test_whose_caller_has_gone_is_not_worked_on(
    engine: Engine, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    worked: list[str] = []
    bar, work_on = threading.Event(), service_engine.work_on

    def slow(classifier: Classifier, works: Any, alone: bool) -> Any:
        worked.extend(work.filing.id for work in works)
        return work_on(classifier, works, alone) if bar.wait(60) else []

    monkeypatch.setattr(service_engine, "work_on", slow)
    filings = [Filing(f"L{i}", title="battery " * 100) for i in range(300)]

    async def gone() -> bool:
        bar.set()
        return True

    assert asyncio.run(engine.suggest(filings, Options(), gone)) == []
    assert 0 < len(worked) < 300


def test_a_filing_that_is_alone_has_all_cores(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[int, bool]] = []
    work_on = service_engine.work_on

    def watched(classifier: Classifier, works: Any, alone: bool) -> Any:
        seen.append((len(works), alone))
        return work_on(classifier, works, alone)

    monkeypatch.setattr(service_engine, "work_on", watched)
    for count in (1, 40):
        assert client.post("/v1/suggest", json={"filings": FILINGS[:count]}).status_code == 200
    assert seen[0] == (1, True)
    assert not any(alone for _, alone in seen[1:])


def test_a_bundle_in_the_shadow_without_the_level_asked_for_is_left_out(
    client: TestClient, new: Path, tmp_path: Path
) -> None:
    deep = build_tiny_bundle(tmp_path / "deep", deep=True)
    assert client.post("/v1/admin/bundle", json={"folder": str(deep)}).status_code == 200
    client.post("/v1/admin/bundle/shadow", json={"folder": str(new)})
    asked = {"filings": FILINGS[:3], "level": "subgroup"}
    assert client.post("/v1/suggest", json=asked).status_code == 200
    until = time.monotonic() + 30
    while time.monotonic() < until:
        shadow = client.get("/v1/admin/bundle").json()["shadow"]
        if shadow["left_out"]:
            break
        time.sleep(0.02)
    assert (shadow["filings"], shadow["left_out"]) == (0, 3)
