"""`bentoml build` makes a Bento that serves, from its own copy of the code, without torch."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from house_environment import ROOT, bare_environment, clean_variables, run

START_S = 90
"""Longest wait for a server to be ready, in seconds; it takes a few on a free machine."""


@dataclass(frozen=True, slots=True)
class Bento:
    """A built Bento and the store it lies in."""

    folder: Path
    variables: dict[str, str]


@pytest.fixture(scope="module")
def bento(tmp_path_factory: pytest.TempPathFactory) -> Bento:
    """The Bento of this checkout, in a store of its own."""
    home = tmp_path_factory.mktemp("bentoml")
    variables = {"BENTOML_HOME": str(home), "BENTOML_DO_NOT_TRACK": "True"}
    build = (sys.executable, "-m", "bentoml", "build", "--output", "tag", "--version", "test")
    run(*build, cwd=ROOT, variables=variables)
    (folder,) = (home / "bentos").glob("*/test")
    return Bento(folder, variables)


@pytest.fixture(scope="module")
def address(bento: Bento, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that runs the Bento where the checkout cannot be imported."""
    folder = tmp_path_factory.mktemp("serving")
    python = bare_environment(folder / "venv")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = clean_variables() | bento.variables | {"CPC_HOME": str(folder / "home")}
    serve = (python, "-m", "bentoml", "serve", bento.folder)
    log = folder / "log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [*serve, "--host", "127.0.0.1", "--port", str(port)],
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            url = f"http://127.0.0.1:{port}"
            assert ready(url, server), log.read_text(errors="replace")[-4000:]
            yield url
        finally:
            server.terminate()
            server.wait(timeout=30)


def ready(url: str, server: subprocess.Popen[bytes]) -> bool:
    """Waits until the server is ready; False when it ended or took too long."""
    end = time.monotonic() + START_S
    while time.monotonic() < end and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/readyz", timeout=5) as answer:
                if answer.status == 200:
                    return True
        except (urllib.error.URLError, TimeoutError, ConnectionError) as error:
            if isinstance(error, urllib.error.HTTPError):
                error.close()
        time.sleep(0.2)
    return False


def test_the_checkout_is_out_of_reach(tmp_path: Path) -> None:
    python = bare_environment(tmp_path / "venv")
    find = "from importlib.util import find_spec as f; print(f('bentoml'), f('cpc_classifier'))"
    bentoml, ours = run(python, "-c", find, cwd=tmp_path).rsplit(" ", 1)
    assert bentoml.startswith("ModuleSpec")
    assert ours.strip() == "None"


def test_the_bento_holds_what_serving_needs(bento: Bento) -> None:
    source = bento.folder / "src"
    names = {path.relative_to(source).as_posix() for path in source.rglob("*") if path.is_file()}
    assert {
        "cpc_classifier/service.py",
        "cpc_classifier/page/index.html",
        "cpc_classifier/bundles/starter/model.onnx",
        "taxonomy/data/labels.tsv",
        "LICENSE",
    } <= names
    assert {name.split("/")[0] for name in names if "/" in name} == {"cpc_classifier", "taxonomy"}
    assert [name for name in names if "__pycache__" in name] == []


def test_the_bento_asks_for_no_torch(bento: Bento) -> None:
    wanted = (bento.folder / "env" / "python" / "requirements.txt").read_text(encoding="utf-8")
    assert "onnxruntime==" in wanted
    assert "torch" not in wanted
    assert "transformers" not in wanted


def test_the_bento_suggests(address: str) -> None:
    filing = {"id": "1", "title": "Lithium battery", "abstract": "A lithium-ion cell."}
    request = urllib.request.Request(
        f"{address}/v1/suggest",
        data=json.dumps({"filings": [filing], "limit": 3}).encode(),
        headers={"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        (result,) = json.load(answer)["results"]
    assert result["error"] is None
    assert len(result["suggestions"]) == 3


def test_the_bento_shows_the_page(address: str) -> None:
    with urllib.request.urlopen(f"{address}/", timeout=30) as answer:
        assert answer.headers.get_content_type() == "text/html"
