"""How often a symbol was met in training."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from tiny_bundle import mini_labels, mini_subgroups
from tiny_guesses import TREE

from cpc_classifier.memory import Memory
from training.evaluation.counts import Counts, count_files, count_memory
from training.evaluation.tree import Tree


@pytest.mark.parametrize(
    ("filings", "name"),
    [(0, "unseen"), (1, "tail"), (9, "tail"), (10, "torso"), (99, "torso"), (100, "head")],
)
def test_the_cuts_are_where_they_are_documented(filings: int, name: str) -> None:
    assert Counts(1000, {"A01B": filings}).frequency("A01B") == name


def test_what_was_never_counted_is_unseen() -> None:
    assert Counts(1000, {}).frequency("A01B") == "unseen"


def test_propensities_follow_the_formula_of_jain() -> None:
    found = Counts(10_000, {"A01B": 30}).inverse_propensity("A01B")
    c = (math.log(10_000) - 1) * (1.5 + 1) ** 0.55
    # p = 1 / (1 + C exp(-A ln(N_l + B))), as the paper writes it
    assert found == pytest.approx(1 + c * math.exp(-0.55 * math.log(30 + 1.5)))


def test_rarer_symbols_weigh_more_and_none_less_than_1() -> None:
    counts = Counts(500, {"A": 400, "B": 20, "C": 1})
    weights = [counts.inverse_propensity(s) for s in ("A", "B", "C", "D")]
    assert weights == sorted(weights)
    assert weights[0] >= 1
    assert Counts(1, {"A": 1}).inverse_propensity("A") == 1.0


def test_files_are_counted_once_a_filing_and_up_to_the_section(tmp_path: Path) -> None:
    record = {
        "id": "1", "title": "x", "abstract": "", "claims": "", "description": "", "lang": "en",
        "date": "", "cpc": ["A01B1/02", "A01B3/00", "A01C2001/048"], "cpc_complete": True,
        "ipc": [], "ipc_complete": False, "source": "invented",
    }  # fmt: skip
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(record) + "\n" + json.dumps(record) + "\n", encoding="utf-8")
    found = count_files([path], TREE)
    assert found.filings == 2
    assert [found.of[s] for s in ("A", "A01B", "A01B1/02", "A01C1/00")] == [2, 2, 2, 2]
    assert "B" not in found.of


def test_the_memory_is_counted_without_its_titles() -> None:
    labels, below = mini_labels(), mini_subgroups()
    hierarchy = labels.to_hierarchy()
    symbols = hierarchy.symbols + below.symbols
    row = {s: i for i, s in enumerate(symbols)}
    rows = [[row["A01B"]], [row["H01M10/0525"], row["H01M8/00"]], [row["H01M8/00"]]]
    vectors = np.random.default_rng(1).standard_normal((len(symbols) + 3, 4)).astype(np.float32)
    names = ["d\tA01B", "f\tone", "f\ttwo"]
    memory = Memory.pack(vectors, rows, names, titles=len(symbols))
    tree = Tree.of(symbols, np.concatenate((hierarchy.parent, below.parent)))
    found = count_memory(memory, hierarchy, below, tree)
    assert found.filings == 2
    assert found.of == {
        "H": 2, "H01": 2, "H01M": 2, "H01M8/00": 2,
        "H01M10/00": 1, "H01M10/05": 1, "H01M10/052": 1, "H01M10/0525": 1,
    }  # fmt: skip
