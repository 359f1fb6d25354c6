from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_cpc_classifier_int4 import unit
from tiny_bundle import mini_labels

from cpc_classifier.errors import BundleError
from cpc_classifier.memory import Memory, vote

MINI = mini_labels().to_hierarchy()
ROW = {symbol: row for row, symbol in enumerate(MINI.symbols)}


def memory(count: int = 300, dim: int = 16) -> Memory:
    rng = np.random.default_rng(1)
    rows = [rng.choice(len(MINI), size=1 + i % 3, replace=False) for i in range(count)]
    return Memory.pack(unit(count, dim), rows, [f"f\tD{i}" for i in range(count)])


@pytest.mark.parametrize("batch", [1, 2, 11, 12, 40])
def test_search_finds_what_a_full_comparison_finds(batch: int) -> None:
    store, queries = memory(), unit(batch, 16, seed=7)
    similarity, items = store.search(queries, 20)
    full = queries @ store.vectors.T
    np.testing.assert_allclose(similarity, -np.sort(-full, axis=1)[:, :20], atol=1e-5)
    np.testing.assert_allclose(np.take_along_axis(full, items, axis=1), similarity, atol=1e-5)


def test_a_small_memory_gives_what_it_has() -> None:
    _, items = memory(count=5).search(unit(2, 16), 100)
    assert sorted(items[0].tolist()) == [0, 1, 2, 3, 4]


def test_mass_is_the_weight_of_the_neighbours_in_the_subtree() -> None:
    store = memory()
    queries = unit(3, 16, seed=7)
    similarity, items = store.search(queries, 20)
    weights = np.exp((similarity - similarity.max(axis=1, keepdims=True)) / 0.1)
    weights /= weights.sum(axis=1, keepdims=True)
    wanted = np.zeros((3, len(MINI)))
    for i in range(3):
        for weight, item in zip(weights[i], items[i], strict=True):
            wanted[i, MINI.closure(store.rows(int(item)))] += weight
    np.testing.assert_allclose(store.masses(queries, 20, 0.1, MINI), wanted, atol=1e-5)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), k=st.integers(1, 300), temperature=st.floats(0.01, 2))
def test_masses_never_grow_downwards(seed: int, k: int, temperature: float) -> None:
    masses = memory().masses(unit(4, 16, seed), k, temperature, MINI)
    below = MINI.parent >= 0
    assert masses.dtype == np.float32
    assert (masses[:, below] <= masses[:, MINI.parent[below]]).all()
    assert (masses >= 0).all()
    assert (masses <= 1).all()


def test_the_vote_is_a_softmax() -> None:
    weights = vote(np.array([[0.9, 0.8, -1.0]], np.float32), 0.1)
    assert weights.sum() == pytest.approx(1)
    assert weights[0, 0] / weights[0, 1] == pytest.approx(np.e, rel=1e-4)


def test_an_added_item_is_found_and_kept(tmp_path: Path) -> None:
    store = memory(count=20)
    query = unit(1, 16, seed=99)
    before = store.masses(query, 5, 0.1, MINI)
    for _ in range(1200):  # more than the room made in advance
        store.add(query[0], [ROW["H01M10/00"]], "f\tREVIEWED")
    after = store.masses(query, 5, 0.1, MINI)
    assert before[0, ROW["H01M10/00"]] < 0.5
    assert after[0, ROW["H01M10/00"]] == pytest.approx(1)
    assert after[0, ROW["H"]] == pytest.approx(1)
    store.save(tmp_path)
    again = Memory.load(tmp_path)
    assert len(again) == 1220
    assert again.names[19:21] == ["f\tD19", "f\tREVIEWED"]
    assert again.rows(1219).tolist() == [ROW["H01M10/00"]]
    assert again.vectors[1219] @ query[0] > 0.9


def test_a_saved_memory_answers_the_same(tmp_path: Path) -> None:
    store, queries = memory(), unit(4, 16, seed=5)
    store.save(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "memory.safetensors",
        "memory_items.tsv.gz",
    ]
    again = Memory.load(tmp_path)
    np.testing.assert_array_equal(
        again.masses(queries, 10, 0.1, MINI), store.masses(queries, 10, 0.1, MINI)
    )
    assert again.names == store.names


def test_names_are_read_only_when_asked_for(tmp_path: Path) -> None:
    memory().save(tmp_path)
    (tmp_path / "memory_items.tsv.gz").unlink()
    again = Memory.load(tmp_path)
    assert again.search(unit(1, 16), 3)[1].shape == (1, 3)
    with pytest.raises(BundleError, match=r"memory_items\.tsv\.gz"):
        _ = again.names


def test_a_broken_file_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "memory.safetensors").write_bytes(b"not this")
    with pytest.raises(BundleError, match=r"memory\.safetensors"):
        Memory.load(tmp_path)


def test_lists_of_other_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="2 lists of rows"):
        Memory.pack(unit(3, 4), [[0], [1]], ["a", "b", "c"])
