"""Batches of like length through the graph."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_bundle import build_tiny_bundle

from cpc_classifier import graph as module
from cpc_classifier.graph import Floats, Graph, batches, feed
from cpc_classifier.passages import Piece


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    folder = build_tiny_bundle(tmp_path_factory.mktemp("graph") / "tiny")
    return Graph(folder / "model.onnx", threads=1)


@settings(deadline=None)
@given(
    texts=st.lists(st.tuples(st.integers(0, 300), st.integers(1, 5)), max_size=60),
    budget=st.integers(1, 1000),
)
def test_batches_keep_the_budget_and_hold_each_text_once(
    texts: list[tuple[int, int]], budget: int
) -> None:
    lengths, counts = [length for length, _ in texts], [count for _, count in texts]
    groups = list(batches(lengths, counts, budget))
    assert sorted(int(i) for g in groups for i in g) == list(range(len(lengths)))
    for group in groups:
        longest, pieces = max(lengths[i] for i in group), sum(counts[i] for i in group)
        assert len(group) == 1 or longest * pieces <= max(budget, pieces)


def test_rows_come_back_in_the_order_of_the_texts(
    graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(1)
    tokens = [
        [Piece(0, rng.integers(1, 9, size=n).tolist()) for n in sizes]
        for sizes in ((3,), (9, 2), (1,), (9,), (5, 1, 1), (2,))
    ]
    monkeypatch.setitem(module.TOKEN_BUDGET, graph.provider, 16)
    found = graph.run_all(tokens, ("embedding",))["embedding"]
    for row, text in zip(found, tokens, strict=True):
        alone = graph.run([text], ("embedding",))["embedding"][0]
        np.testing.assert_allclose(row, alone, atol=1e-5)


def test_few_texts_are_shared_among_the_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wide = Graph(build_tiny_bundle(tmp_path / "tiny") / "model.onnx", threads=3)
    inner, sizes = wide.run, []

    def run(texts: Sequence[Sequence[Piece]], outputs: Sequence[str]) -> dict[str, Floats]:
        sizes.append(len(texts))
        return inner(texts, outputs)

    monkeypatch.setattr(wide, "run", run)
    wide.run_all([[Piece(0, [4, 5, 6])]] * 6, ("logits",))
    assert sizes == [2, 2, 2]


def test_an_error_of_a_batch_is_not_lost(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(graph, "run", broken)
    with pytest.raises(MemoryError):
        graph.run_all([[Piece(0, [4, 5])]], ("logits",))


def test_padding_changes_nothing(graph: Graph) -> None:
    alone = graph.run([[Piece(0, [4, 5, 6])]], ("logits",))["logits"][0]
    padded = graph.run([[Piece(0, [4, 5, 6])], [Piece(0, [4] * 12)]], ("logits",))["logits"][0]
    np.testing.assert_allclose(alone, padded, atol=1e-5)


def test_no_texts_give_no_rows(graph: Graph) -> None:
    assert graph.run_all([], ("logits",))["logits"].shape == (0, graph.widths["logits"])


def test_the_feed_tells_whose_each_piece_is() -> None:
    told = feed([[Piece(1, [4, 5]), Piece(2, [6])], [Piece(0, [7, 8, 9])]], pad=3)
    assert told["input_ids"].tolist() == [[4, 5, 3], [6, 3, 3], [7, 8, 9]]
    assert told["attention_mask"].sum() == 6
    assert told["kinds"].tolist() == [1, 2, 0]
    assert told["member"].tolist() == [[1, 1, 0], [0, 0, 1]]
