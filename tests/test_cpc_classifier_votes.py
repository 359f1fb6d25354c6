from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from test_cpc_classifier_int4 import unit
from tiny_bundle import mini_labels, mini_subgroups

from cpc_classifier.memory import Memory, vote
from cpc_classifier.votes import Votes

MINI, DEEP = mini_labels().to_hierarchy(), mini_subgroups()
N = len(MINI) + len(DEEP)


def memory(named: int = 200) -> Memory:
    rng = np.random.default_rng(1)
    rows = [rng.choice(N, size=1 + i % 3, replace=False) for i in range(named)]
    return Memory.pack(unit(N + named, 16), rows, [f"f\tD{i}" for i in range(named)], titles=N)


def voted(store: Memory, weights: np.ndarray, items: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The masses and the very symbols, one item after the other."""
    masses, symbols = np.zeros((len(items), len(MINI))), np.zeros((len(items), N))
    for i, (own, found) in enumerate(zip(weights, items, strict=True)):
        for weight, item in zip(own, found, strict=True):
            rows = store.rows(int(item))
            symbols[i, rows] += weight
            masses[i, MINI.closure(DEEP.label_rows(rows))] += weight
    return masses, symbols


def test_items_vote_for_their_rows_and_all_above() -> None:
    store = memory()
    votes = Votes(store, MINI, DEEP)
    similarity, items = store.search(unit(3, 16, seed=7), 20)
    weights = vote(similarity, 0.1)
    masses, symbols = voted(store, weights, items)
    np.testing.assert_allclose(votes.masses(weights, items), masses, atol=1e-5)
    np.testing.assert_allclose(votes.symbols(weights, items).toarray(), symbols, atol=1e-5)


def test_items_that_were_added_vote_too() -> None:
    store = memory()
    votes = Votes(store, MINI, DEEP)
    query = unit(1, 16, seed=99)
    store.add(query[0], [N - 1], "f\tREVIEWED")
    similarity, items = store.search(query, 3)
    weights = vote(similarity, 0.05)
    masses, symbols = voted(store, weights, items)
    assert symbols[0, N - 1] > 0.5
    np.testing.assert_allclose(votes.masses(weights, items), masses, atol=1e-5)
    np.testing.assert_allclose(votes.symbols(weights, items).toarray(), symbols, atol=1e-5)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), k=st.integers(1, 200), temperature=st.floats(0.01, 2))
def test_masses_never_grow_downwards(seed: int, k: int, temperature: float) -> None:
    store = memory()
    similarity, items = store.search(unit(4, 16, seed), k)
    masses = Votes(store, MINI, DEEP).masses(vote(similarity, temperature), items)
    below = MINI.parent >= 0
    assert masses.dtype == np.float32
    assert (masses[:, below] <= masses[:, MINI.parent[below]]).all()
    assert (masses >= 0).all()
    assert (masses <= 1).all()
