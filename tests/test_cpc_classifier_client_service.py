"""The clients and `cpc suggest --server` against `cpc serve`, compared with the bundle itself."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from serving import ROOT, Server, command_environment
from tiny_bundle import TITLES, build_tiny_bundle

from cpc_classifier import AsyncClient, Classifier, Client, Filing, FilingResult, to_json
from cpc_classifier.bundle import ModelBundle
from cpc_classifier.errors import BadRequestError, EmptyFilingError, RemoteError
from cpc_classifier.filing import Item, Unreadable
from taxonomy.symbol import Rank

FILINGS: list[Item] = [
    *(Filing(f"D{i}", title=title, claims="1. " * i) for i, title in enumerate(TITLES.values())),
    Unreadable("U", EmptyFilingError("no text")),
    Filing("", title="lithium electrolyte", language="en", filing_date="2024-05-31"),
    Filing("x" * 300, description="wafer\netching"),
]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_tiny_bundle(tmp_path_factory.mktemp("model") / "tiny", deep=True)


@pytest.fixture(scope="module")
def server(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    limits = {"CPC_MAX_BODY_MB": "1", "CPC_MAX_FILINGS": "20"}
    with Server(tmp_path_factory.mktemp("serve"), bundle, limits) as running:
        yield running


@pytest.fixture(scope="module")
def classifier(bundle: Path) -> Classifier:
    return Classifier.load(bundle, threads=1)


def same(found: list[FilingResult], expected: list[FilingResult]) -> bool:
    """Whether results are the same; scores may differ by what another batch does to a float."""
    apart = [_apart(found), _apart(expected)]
    return apart[0][0] == apart[1][0] and apart[0][1] == pytest.approx(apart[1][1], abs=2e-6)


def _apart(results: list[FilingResult]) -> tuple[str, list[float]]:
    """The contract's JSON without its scores, and the scores."""
    scores: list[float] = []

    def without(values: dict[str, Any]) -> dict[str, Any]:
        if "score" in values:
            scores.append(values.pop("score"))
        return values

    text = json.dumps([to_json(result) for result in results])
    return json.dumps(json.loads(text, object_hook=without)), scores


@pytest.mark.parametrize("options", [(), (Rank.SUBCLASS, 3), (None, 5, 0.3)])
def test_the_results_are_those_of_the_bundle(
    server: Server, classifier: Classifier, options: tuple[object, ...]
) -> None:
    expected = classifier.suggest(FILINGS, *options)  # type: ignore[arg-type]
    with Client(server.url) as client:
        found = client.suggest(FILINGS, *options)  # type: ignore[arg-type]
        assert same(found, expected)
        again = list(client.suggest_stream(FILINGS, *options, at_once=7))  # type: ignore[arg-type]
        assert same(again, expected)

    async def run() -> list[FilingResult]:
        async with AsyncClient(server.url) as client:
            return await client.suggest(FILINGS, *options)  # type: ignore[arg-type]

    assert same(asyncio.run(run()), expected)
    assert not same(found, found[::-1])


def test_the_other_calls(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "filings.jsonl"
    path.write_text('{"id": "A", "title": "wafer etching"}\n{"title": 5}\n')
    with Client(server.url) as client:
        assert client.ready()
        assert client.info()["limits"]["filings"] == 20
        assert client.symbol("h01m 10/00")["symbol"] == "H01M10/00"
        assert len(client.search("battery", 2)) == 2
        first, second = client.filings(path, Rank.SUBCLASS)
        assert (first.id, first.suggestions[0].symbol) == ("A", "H01L")
        assert second.error is not None
        assert second.error.code == "bad_filing"


def test_errors_of_the_service(server: Server) -> None:
    with Client(server.url) as client:
        with pytest.raises(RemoteError) as caught:
            client.symbol("../info")
        assert caught.value.code == "bad_symbol"
        with pytest.raises(RemoteError) as caught:
            client.suggest(FILINGS, limit=0)
        assert caught.value.code == BadRequestError.code
        assert caught.value.detail["fields"][0]["field"] == "limit"
        with pytest.raises(RemoteError) as caught:
            client.filings(b"%PDF-1.7")
        assert caught.value.code == "unsupported_format"
        [empty, half] = client.suggest([Filing("E"), Filing("H", title="half \ud83d")])
        assert [found.error.code for found in (empty, half) if found.error] == [
            "empty_filing",
            "bad_filing",
        ]


def cpc(home: Path, *words: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "cpc_classifier.cli", "suggest", *map(str, words)],
        capture_output=True,
        text=True,
        env=command_environment(home, **variables),
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("form", ["jsonl", "table", "csv"])
def test_the_command_writes_what_it_writes_with_the_bundle(
    server: Server, bundle: Path, tmp_path: Path, form: str
) -> None:
    path = tmp_path / "filings.jsonl"
    # So few that both make one batch of them, and every digit is the same.
    lines = [json.dumps({"title": title}) for title in list(TITLES.values())[:17]]
    path.write_text("\n".join([*lines, "{broken", '{"id": "E", "title": ""}']))
    words = (path, "--format", form, "--limit", "3")
    here = cpc(tmp_path, *words, "--bundle", bundle)
    # Proxies of the environment would not get the filings; the bundle of it is not used.
    stray = {"HTTP_PROXY": "http://127.0.0.1:9", "CPC_BUNDLE": str(tmp_path), "CPC_KEY": "k"}
    there = cpc(tmp_path, *words, "--server", server.url, **stray)
    assert here.returncode == there.returncode == 1
    assert there.stdout == here.stdout
    assert len(here.stdout.splitlines()) > len(lines)
    assert here.stderr == there.stderr == ""


def test_what_the_service_refuses_is_one_line(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "filings.jsonl"
    path.write_text('{"title": "wafer"}\n')
    done = cpc(tmp_path, path, "--server", server.url, "--limit", "500")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("cpc: the body: limit: ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("page", ["docs/client.md"])
def test_the_documented_examples_run(server: Server, tmp_path: Path, page: str) -> None:
    text = (ROOT / page).read_text(encoding="utf-8")
    examples = re.findall(r"^```python\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert len(examples) >= 2
    (tmp_path / "filings.jsonl").write_text('{"id": "A1", "title": "wafer etching"}\n')
    for example in examples:
        script = example.replace("http://127.0.0.1:3000", server.url)
        assert script != example
        done = subprocess.run(
            [sys.executable, "-c", script],
            cwd=tmp_path,
            env=command_environment(tmp_path),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith("A1 ")


def test_an_admin_swaps_the_bundle_of_a_service(
    server: Server, bundle: Path, tmp_path: Path
) -> None:
    def command(*words: str) -> dict[str, Any]:
        line = [sys.executable, "-m", "cpc_classifier.cli", "bundle", *words]
        done = subprocess.run(
            [*line, "--server", server.url],
            capture_output=True,
            text=True,
            env=command_environment(tmp_path),
            check=True,
        )
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    other = build_tiny_bundle(tmp_path / "other", assign_threshold=0.9, deep=True)
    first, second = (ModelBundle.load(folder).sha256 for folder in (bundle, other))
    assert command("serving")["bundle"]["sha256"] == first
    assert command("shadow", str(other))["shadow"]["sha256"] == second
    assert command("shadow", "--off")["shadow"] is None
    assert command("promote", str(other))["bundle"]["sha256"] == second
    with Client(server.url) as client:
        assert client.suggest(FILINGS[:1])[0].provenance.sha256 == second
        assert client.rollback()["bundle"]["sha256"] == first
        assert client.bundles()["previous"]["sha256"] == second
        with pytest.raises(RemoteError) as caught:
            client.promote(str(tmp_path / "none"))
        assert caught.value.code == "bad_bundle"
    assert command("serving")["bundle"]["sha256"] == first
