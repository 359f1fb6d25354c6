"""`cpc taxonomy migrate`: its outcomes and kinds; the rest is tested with `cpc taxonomy`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from intake_documents import grant

from cpc_classifier.cli import cli
from taxonomy.migrate import Outcome


def test_the_help_names_every_outcome() -> None:
    said = " ".join(CliRunner().invoke(cli, ["taxonomy", "migrate", "--help"]).stdout.split())
    *others, last = Outcome
    assert f"({', '.join(others)} or {last})" in said


def test_an_inventive_symbol_that_becomes_additional_is_applied_and_looked_at(
    tmp_path: Path, mini_title_list: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CPC_HOME", str(tmp_path / "home"))
    filing, table = tmp_path / "grant.xml", tmp_path / "ours.csv"
    filing.write_bytes(grant().replace(b">0525<", b">0599<"))
    table.write_text("from,to\nH01M10/0599,A01B2001/045\nY02E60/10,H01M10/05\n")
    words = ["migrate", "2030.01", "2030.01", filing, "--transfers", table, "--work-only"]
    CliRunner().invoke(cli, ["taxonomy", "import", str(mini_title_list)])
    done = CliRunner().invoke(cli, ["taxonomy", *map(str, words)])
    one, counts = map(json.loads, done.stdout.splitlines())
    first = one["symbols"][0]
    assert (first["symbol"], first["kind"]) == ("H01M10/0599", "inventive")
    assert first["look"] == "it was inventive; A01B2001/045 is for additional information only"
    assert one["applied"][0] == {"symbol": "A01B2001/045", "kind": "additional"}
    assert [symbol["look"] for symbol in one["symbols"][1:]] == [""]
    assert counts["counts"]["work"] == 1
