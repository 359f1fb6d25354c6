"""Variants of the memory: what is changed, what rounding leaves, and which item is which."""

from __future__ import annotations

import sys
from dataclasses import astuple
from pathlib import Path

import numpy as np
import pytest

from cpc_classifier.filing import Filing
from training.corpus import Example, Known
from training.label_texts import LabelText
from training.memory_items import build_memory, symbol_rows

sys.path.append(str(Path(__file__).resolve().parents[1] / "benchmarks"))

from memories import KINDS, Setting, layout, rounded, variants

DEPLOYED = Setting(100, 0.02, 128)


def test_one_thing_is_changed_at_a_time() -> None:
    found = list(variants(DEPLOYED, 384))
    assert found[0] == DEPLOYED
    assert len(found) == len(set(found)) == 1 + 4 + 4 + 2 + 2 + 4
    for own in found[1:]:
        same = [a == b for a, b in zip(astuple(own), astuple(DEPLOYED), strict=True)]
        assert same.count(False) == 1
    assert DEPLOYED.changes(DEPLOYED) == "as deployed"
    told = [DEPLOYED.changes(own) for own in found]
    assert {"K 10", "temperature 0.1", "384 dimensions", "float32", "items: titles"} <= set(told)


@pytest.mark.parametrize(("bits", "error"), [(32, 0.0), (8, 0.01), (4, 0.2)])
def test_fewer_bits_leave_less(bits: int, error: float) -> None:
    vectors = np.random.default_rng(1).normal(size=(200, 16)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    kept = rounded(vectors, bits)
    assert kept.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(kept, axis=1), 1, atol=1e-5)
    largest = np.linalg.norm(kept - vectors, axis=1).max()
    assert error / 20 <= largest <= error


def test_items_stand_as_in_the_memory() -> None:
    row_of = {"A": 0, "A01": 1, "A01B": 2, "A01B1/02": 3}
    texts = [
        LabelText(symbol, kind, "t")
        for symbol, kind in (
            ("A01B1/02", "title"),
            ("A", "title"),
            ("A01", "title"),
            ("A01B", "title"),
            ("B", "title"),
            ("A01", "definition"),
            ("B", "definition"),
            ("A", "label"),
        )
    ]
    none = np.zeros(0, np.int32)
    filings = [
        Example(Filing(str(i), title="t"), symbols, none, none, Known.ALL, "invented")
        for i, symbols in enumerate((("A01",), ("B",), ("A01B1/02", "A")))
    ]
    order, kinds = layout(texts, row_of, symbol_rows(filings, row_of))
    assert [texts[i].symbol for i in order[:4].tolist()] == list(row_of)
    one = np.ones((8 + 3, 2), np.float32)
    memory = build_memory(texts, one[:8], filings, one[8:], row_of)
    named = [
        f"d\t{texts[i].symbol}" if i < 8 else f"f\t{filings[i - 8].filing.id}"
        for i in order[memory.titles :].tolist()
    ]
    assert named == memory.names
    assert kinds.tolist() == ["title"] * 4 + ["definition", "label", "filing", "filing"]
    assert set(kinds) == set(KINDS["all"])
