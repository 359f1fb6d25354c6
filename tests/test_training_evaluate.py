"""Figures of quality, filing by filing."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from cpc_classifier.filing import Filing
from cpc_classifier.hierarchy import Hierarchy
from taxonomy.symbol import Rank
from training.errors import CorpusError
from training.evaluate import Evaluation, Labelled, read_labelled

HIERARCHY = Hierarchy(
    ("A", "A01", "A01B", "A01C", "A01D"),
    np.array([-1, 0, 1, 1, 1], np.int32),
    np.array([0, 1, 2, 2, 2], np.int8),
)
RIGHT = np.array([[0.9, 0.8, 0.7, 0.2, 0.1]], np.float32)
SECOND = np.array([[0.9, 0.8, 0.2, 0.6, 0.1]], np.float32)


def _filing(*symbols: str, complete: bool = True) -> Labelled:
    return Labelled(Filing("1", title="x"), symbols, complete)


def _evaluation(scores: np.ndarray, labelled: Labelled) -> Evaluation:
    found = Evaluation([Rank.CLASS, Rank.SUBCLASS])
    found.add(scores, HIERARCHY, [labelled])
    return found


def test_symbols_are_rolled_up_and_coarser_ones_left_out() -> None:
    labelled = _filing("A01B1/02", "A01C", "A01")
    assert labelled.at(Rank.SUBCLASS) == {"A01B", "A01C"}
    assert labelled.at(Rank.MAIN_GROUP) == {"A01B1/00"}
    assert labelled.at(Rank.CLASS) == {"A01"}


def test_figures_by_hand() -> None:
    found = _evaluation(RIGHT, _filing("A01B1/02"))
    found += _evaluation(SECOND, _filing("A01B"))
    figures = found.figures()
    assert figures["filings"] == 2
    assert figures["incoherent"] == 0
    assert figures["subclass"]["first"] == 0.5
    assert figures["subclass"]["three"] == 1.0
    # a bin of its own each: |1 - 0.7| and |0 - 0.6|
    assert figures["subclass"]["ece_first"] == pytest.approx(0.45, abs=1e-4)


def test_incomplete_labels_say_nothing_of_calibration() -> None:
    figures = _evaluation(RIGHT, _filing("A01B", complete=False)).figures()
    assert figures["subclass"]["first"] == 1.0
    assert "ece_first" not in figures["subclass"]


def test_a_child_above_its_parent_is_counted() -> None:
    scores = np.array([[0.5, 0.6, 0.7, 0.1, 0.1]], np.float32)
    assert _evaluation(scores, _filing("A01B")).figures()["incoherent"] == 2


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
