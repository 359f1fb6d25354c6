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
from cpc_classifier.graph import Floats, Graph, batches


@pytest.fixture(scope="module")
def graph(tmp_path_factory: pytest.TempPathFactory) -> Graph:
    folder = build_tiny_bundle(tmp_path_factory.mktemp("graph") / "tiny")
    return Graph(folder / "model.onnx", threads=1)


@settings(deadline=None)
@given(lengths=st.lists(st.integers(0, 300), max_size=60), budget=st.integers(1, 1000))
def test_batches_keep_the_budget_and_hold_each_text_once(lengths: list[int], budget: int) -> None:
    groups = list(batches(lengths, budget))
    assert sorted(int(i) for g in groups for i in g) == list(range(len(lengths)))
    for group in groups:
        longest = max(lengths[i] for i in group)
        assert len(group) == 1 or longest * len(group) <= max(budget, len(group))


def test_rows_come_back_in_the_order_of_the_texts(
    graph: Graph, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(1)
    tokens = [rng.integers(1, 9, size=n).tolist() for n in (3, 9, 1, 9, 5, 2)]
    monkeypatch.setitem(module.TOKEN_BUDGET, graph.provider, 16)
    found = graph.run_all(tokens, ("embedding",))["embedding"]
    for row, ids in zip(found, tokens, strict=True):
        np.testing.assert_allclose(row, graph.run([ids], ("embedding",))["embedding"][0], atol=1e-5)


def test_few_texts_are_shared_among_the_threads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wide = Graph(build_tiny_bundle(tmp_path / "tiny") / "model.onnx", threads=3)
    inner, sizes = wide.run, []

    def run(tokens: Sequence[Sequence[int]], outputs: Sequence[str]) -> dict[str, Floats]:
        sizes.append(len(tokens))
        return inner(tokens, outputs)

    monkeypatch.setattr(wide, "run", run)
    wide.run_all([[4, 5, 6]] * 6, ("logits",))
    assert sizes == [2, 2, 2]


def test_an_error_of_a_batch_is_not_lost(graph: Graph, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(graph, "run", broken)
    with pytest.raises(MemoryError):
        graph.run_all([[4, 5]], ("logits",))


def test_padding_changes_nothing(graph: Graph) -> None:
    alone = graph.run([[4, 5, 6]], ("logits",))["logits"][0]
    padded = graph.run([[4, 5, 6], [4] * 12], ("logits",))["logits"][0]
    np.testing.assert_allclose(alone, padded, atol=1e-5)


def test_no_texts_give_no_rows(graph: Graph) -> None:
    assert graph.run_all([], ("logits",))["logits"].shape == (0, graph.widths["logits"])
