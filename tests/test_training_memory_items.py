from __future__ import annotations

import numpy as np
import pytest
from test_cpc_classifier_int4 import unit
from tiny_bundle import mini_labels, mini_subgroups

from cpc_classifier.filing import Filing
from training.corpus import Example, Known
from training.label_texts import LabelText
from training.memory_items import build_memory, deep_rows, symbol_rows

LABELS, DEEP = mini_labels(), mini_subgroups()
ROW = deep_rows(LABELS, DEEP)


def example(name: str, *symbols: str) -> Example:
    none = np.zeros(0, np.int32)
    return Example(Filing(name, title="x"), symbols, none, none, Known.ALL, "invented")


def test_titles_stand_in_the_order_of_the_rows_and_filings_at_their_very_symbols() -> None:
    names = list(ROW)
    np.random.default_rng(1).shuffle(names)  # as a release that has another order than the rows
    texts = [LabelText(s, "title", s) for s in names] + [LabelText("H01M", "definition", "x")]
    vectors = unit(len(texts), 16)
    filings = [example("A", "H01M10/0525", "H01M"), example("B", "G01N1/00"), example("C", "H04L")]
    filed = unit(3, 16, seed=9)
    memory = build_memory(texts, vectors, filings, filed, ROW)
    assert memory.titles == len(ROW)
    assert memory.names == ["d\tH01M", "f\tA", "f\tC"]  # B has no symbol of this scheme
    for symbol in ("A", "H01M10/00", "H01M10/0525"):
        near = memory.vectors([ROW[symbol]])[0] @ vectors[names.index(symbol)]
        assert near > 0.95
    last = len(memory) - 2
    assert set(memory.rows(last).tolist()) == {ROW["H01M10/0525"], ROW["H01M"]}
    assert memory.vectors([last])[0] @ filed[0] > 0.95


def test_a_symbol_without_a_title_is_told() -> None:
    texts = [LabelText(s, "title", s) for s in ROW if s != "H04L9/08"]
    with pytest.raises(ValueError, match=r"1 symbols have no title text, H04L9/08"):
        build_memory(texts, unit(len(texts), 16), [], np.zeros((0, 16), np.float32), ROW)


def test_symbols_that_are_not_there_are_left_out() -> None:
    [rows] = symbol_rows([example("A", "H01M10/05", "H01M10/05", "G01N1/00", "A")], ROW)
    assert rows.tolist() == sorted({ROW["A"], ROW["H01M10/05"]})
