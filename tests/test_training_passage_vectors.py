"""Passages of many filings, taken and pooled."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cpc_classifier.passages import Piece
from training import passage_vectors
from training.passage_vectors import PassageVectors
from training.pooling import AttentionPool

PIECES = [[Piece(1, [5]), Piece(2, [6])], [Piece(0, [7])], [Piece(1, [8]), Piece(4, [9])]]
VECTORS = np.eye(5, 8, dtype=np.float16)


@pytest.fixture
def held() -> PassageVectors:
    return PassageVectors.of(VECTORS, PIECES)


def test_it_knows_whose_each_passage_is(held: PassageVectors) -> None:
    assert len(held) == 3
    assert held.counts.tolist() == [2, 1, 2]
    assert held.kinds.tolist() == [1, 2, 0, 1, 4]
    some = held.take(np.array([2, 0]))
    assert some.counts.tolist() == [2, 2]
    assert some.kinds.tolist() == [1, 4, 1, 2]
    np.testing.assert_array_equal(some.vectors, VECTORS[[3, 4, 0, 1]])


def test_passages_are_left_out_but_never_all_of_a_filing(held: PassageVectors) -> None:
    some = held.take(np.arange(3), np.array([False, True, False, False, False]))
    assert some.counts.tolist() == [1, 1, 2]
    assert some.kinds.tolist() == [2, 0, 1, 4]


def test_pooling_in_blocks_is_pooling_at_once(
    held: PassageVectors, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = AttentionPool(8)
    with torch.no_grad():
        pool.query.copy_(torch.arange(8.0))
    whole = held.pool(pool).detach().numpy()
    monkeypatch.setattr(passage_vectors, "BLOCK", 2)
    np.testing.assert_allclose(held.pooled(pool), whole, atol=1e-3)
    np.testing.assert_allclose(np.linalg.norm(whole, axis=1), 1, atol=1e-6)
