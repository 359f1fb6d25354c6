from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from test_cpc_classifier_int4 import unit

from cpc_classifier.errors import BundleError
from cpc_classifier.memory import Memory, vote

EVERYTHING = slice(None)


def memory(count: int = 300, dim: int = 16, titles: int = 0) -> Memory:
    rng = np.random.default_rng(1)
    rows = [rng.choice(40, size=1 + i % 3, replace=False) for i in range(count - titles)]
    names = [f"f\tD{i}" for i in range(count - titles)]
    return Memory.pack(unit(count, dim), rows, names, titles)


@pytest.mark.parametrize("batch", [1, 2, 63, 64, 65])
def test_search_finds_what_a_full_comparison_finds(batch: int) -> None:
    store, queries = memory(5000), unit(batch, 16, seed=7)
    similarity, items = store.search(queries, 30)
    full = queries @ store.vectors(EVERYTHING).T
    np.testing.assert_allclose(np.take_along_axis(full, items, axis=1), similarity, atol=1e-5)
    assert (np.diff(similarity, axis=1) <= 0).all()
    best = np.argsort(-full, axis=1)[:, :30]
    shared = [len(set(a) & set(b)) / 30 for a, b in zip(items.tolist(), best.tolist(), strict=True)]
    assert np.mean(shared) > 0.98


def test_a_query_finds_the_same_alone_and_among_others() -> None:
    store, queries = memory(), unit(70, 16, seed=7)
    similarity, items = store.search(queries, 10)
    for i in (0, 63, 64, 69):
        alone, found = store.search(queries[i : i + 1], 10)
        np.testing.assert_array_equal(found[0], items[i])
        np.testing.assert_allclose(alone[0], similarity[i], atol=1e-6)


def test_a_small_memory_gives_what_it_has() -> None:
    _, items = memory(count=5).search(unit(2, 16), 100)
    assert sorted(items[0].tolist()) == [0, 1, 2, 3, 4]


def test_the_vote_is_a_softmax() -> None:
    weights = vote(np.array([[0.9, 0.8, -1.0]], np.float32), 0.1)
    assert weights.sum() == pytest.approx(1)
    assert weights[0, 0] / weights[0, 1] == pytest.approx(np.e, rel=1e-4)


def test_the_first_items_are_the_titles_of_the_rows() -> None:
    store = memory(count=20, titles=12)
    assert store.titles == 12
    assert [store.rows(i).tolist() for i in (0, 11)] == [[0], [11]]
    assert len(store.names) == 8
    indptr, rows = store.item_rows()
    for item in range(20):
        assert rows[indptr[item] : indptr[item + 1]].tolist() == store.rows(item).tolist()


def test_an_added_item_is_found_and_kept(tmp_path: Path) -> None:
    store = memory(count=20)
    query = unit(1, 16, seed=99)
    for _ in range(1200):  # more than the room made in advance
        store.add(query[0], [7, 9], "f\tREVIEWED")
    similarity, items = store.search(query, 5)
    assert (items >= 20).all()
    assert (similarity > 0.95).all()
    store.save(tmp_path)
    again = Memory.load(tmp_path)
    assert len(again) == 1220
    assert again.names[19:21] == ["f\tD19", "f\tREVIEWED"]
    assert again.rows(1219).tolist() == [7, 9]
    np.testing.assert_array_equal(again.codes, store.codes)


def test_a_saved_memory_answers_the_same(tmp_path: Path) -> None:
    store, queries = memory(titles=100), unit(4, 16, seed=5)
    store.save(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        "memory.safetensors",
        "memory_items.tsv.gz",
    ]
    again = Memory.load(tmp_path)
    for found, wanted in zip(again.search(queries, 10), store.search(queries, 10), strict=True):
        np.testing.assert_array_equal(found, wanted)
    assert again.names == store.names
    assert again.titles == 100


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


def test_a_query_of_zeros_finds_some_items_none_twice() -> None:
    similarity, items = memory().search(np.zeros((2, 16), np.float32), 30)
    assert (similarity == 0).all()
    assert all(len(set(found)) == 30 and min(found) >= 0 for found in items.tolist())
