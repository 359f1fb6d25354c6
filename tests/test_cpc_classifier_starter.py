"""The starter bundle that ships: from the command line, over REST and in the page."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import Page, chromium
from serving import ROOT, Server, command_environment

STARTER = ROOT / "cpc_classifier" / "bundles" / "starter"

FILINGS = {
    "H01M": {
        "title": "Rechargeable lithium battery with a solid electrolyte",
        "abstract": "A battery cell has a lithium metal anode, a cathode and a solid electrolyte "
        "between them, which conducts lithium ions and suppresses dendrites.",
    },
    "H04W": {
        "title": "Handover of a mobile terminal between radio cells",
        "abstract": "A base station measures the radio signal of a user terminal and sends a "
        "handover command, so that the wireless connection moves to a neighbouring cell.",
    },
    "A61B": {
        "title": "Endoscope with a bending distal tip",
        "abstract": "A surgical endoscope has a flexible insertion tube, a camera and a tip that "
        "a surgeon bends by pull wires while looking into the body of a patient.",
    },
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("serve")) as running:
        yield running


def test_from_the_command_line(tmp_path: Path) -> None:
    lines = [json.dumps({"id": symbol, **filing}) for symbol, filing in FILINGS.items()]
    done = subprocess.run(
        [sys.executable, "-m", "cpc_classifier.cli", "suggest", "-", "--level", "subclass"],
        input="\n".join(lines),
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=command_environment(tmp_path),
        timeout=240,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    for line in done.stdout.splitlines():
        result = json.loads(line)
        assert result["id"] in [found["symbol"] for found in result["suggestions"][:3]]


def test_korean_is_read(server: Server) -> None:
    filing = {
        "id": "K",
        "title": "고체 전해질을 포함하는 리튬 이차 전지",
        "abstract": "리튬 금속 음극과 양극 사이에 고체 전해질 층을 두어 리튬 이온을 전달하고 "
        "덴드라이트의 성장을 억제하는 이차 전지를 제공한다.",
    }
    body = {"filings": [filing], "level": "subclass", "limit": 3}
    found = server.ask("POST", "/v1/suggest", body).json["results"][0]["suggestions"]
    assert "H01M" in [suggestion["symbol"] for suggestion in found]


def test_over_rest(server: Server) -> None:
    filings = [{"id": symbol, **filing} for symbol, filing in FILINGS.items()]
    answer = server.ask("POST", "/v1/suggest", {"filings": filings, "limit": 5})
    assert answer.status == 200
    for result in answer.json["results"]:
        assert result["error"] is None
        assert len(result["suggestions"]) == 5
        for found in result["suggestions"]:
            scores = [step["score"] for step in found["path"]] + [found["score"]]
            assert scores == sorted(scores, reverse=True)
    told = server.ask("GET", "/v1/info").json
    assert told["levels"] == ["section", "class", "subclass", "main-group", "subgroup"]


@pytest.mark.browser
def test_in_the_page(server: Server) -> None:
    with chromium() as browser:
        page = Page(browser, server.url)
        page.open()
        page.write(**FILINGS["H01M"])
        page.choose("level", "subclass")
        page.submit()
        assert page.texts(".path:first-child .symbol") == ["H", "H01", "H01M"]
        assert all(page.texts(".path:first-child .label"))
        assert page.problems() == []
