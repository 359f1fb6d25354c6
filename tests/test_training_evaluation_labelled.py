"""Labelled filings are read as far as they can be measured."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from training.errors import CorpusError
from training.evaluation.labelled import read_labelled


def test_records_without_text_or_symbols_are_left_out(tmp_path: Path) -> None:
    record = {
        "id": "1", "title": "x", "abstract": "", "claims": "", "description": "", "lang": "en",
        "date": "", "cpc": ["A01B1/02", "rubbish"], "cpc_complete": True, "ipc": [],
        "ipc_complete": False, "source": "invented",
    }  # fmt: skip
    changes: list[dict[str, object]] = [
        {},
        {"title": " "},
        {"cpc": ["rubbish"]},
        {"cpc": [], "cpc_complete": False, "ipc": ["A01C"]},
    ]
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(record | c) + "\n" for c in changes), encoding="utf-8")
    assert [(x.symbols, x.complete) for x in read_labelled(path)] == [
        (("A01B1/02",), True),
        (("A01C",), False),
    ]
    path.write_text("{", encoding="utf-8")
    with pytest.raises(CorpusError, match=r"a\.jsonl"):
        read_labelled(path)
