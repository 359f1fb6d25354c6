"""The attention learns which passages tell where a filing belongs."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cpc_classifier.filing import Filing
from cpc_classifier.hierarchy import Hierarchy
from cpc_classifier.passages import KINDS
from training import fit_pool as module
from training.corpus import Example, Known
from training.fit_head import HeadLoss
from training.fit_pool import fit_pool
from training.head import TreeHead
from training.passage_vectors import PassageVectors
from training.pooling import AttentionPool
from training.recipe import Fit

DIM, PLACES = 16, 4
HIERARCHY = Hierarchy(
    ("A", "A01", *(f"A01{c}" for c in "BCDF")),
    np.array([-1, 0, 1, 1, 1, 1], np.int32),
    np.array([0, 1, 2, 2, 2, 2], np.int8),
)


def _filings(count: int, seed: int) -> tuple[PassageVectors, list[Example]]:
    """Two passages each: the claims lie at the filing's subclass, the description anywhere."""
    rng = np.random.default_rng(seed)
    own = rng.integers(PLACES, size=count)
    vectors = 0.05 * rng.standard_normal((2 * count, DIM))
    vectors[0::2, :PLACES] += np.eye(PLACES)[own]
    vectors[1::2, :PLACES] += np.eye(PLACES)[rng.integers(PLACES, size=count)]
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    kinds = np.tile([KINDS.index("claims"), KINDS.index("description")], count)
    held = PassageVectors(vectors.astype(np.float16), kinds, np.arange(0, 2 * count + 1, 2))
    examples = []
    for place in own.tolist():
        rows = np.array([0, 1, 2 + place], np.int32)
        examples.append(Example(Filing("x"), ("A",), rows, rows[-1:], Known.ALL, "invented"))
    return held, examples


def _head() -> TreeHead:
    head = TreeHead(HIERARCHY, DIM)
    head.text[2:, :PLACES] = torch.eye(PLACES)
    return head


def test_it_learns_to_trust_the_claims() -> None:
    pool, head = AttentionPool(DIM), _head()
    before = [p.clone() for p in head.parameters()]
    loss_of = HeadLoss(HIERARCHY, 5.0)
    args = (head, _filings(300, 1), _filings(100, 2), loss_of, Fit(batch=64), 3)
    losses = fit_pool(pool, *args)
    assert len(losses) == module.EPOCHS + 1
    assert min(losses[1:]) < 0.9 * losses[0]
    assert pool.prior[KINDS.index("claims")] > pool.prior[KINDS.index("description")]
    assert all(torch.equal(a, b) for a, b in zip(before, head.parameters(), strict=True))
    assert all(p.requires_grad for p in head.parameters())
    again = AttentionPool(DIM)
    assert fit_pool(again, *args) == losses


def test_few_filings_leave_the_mean(caplog: pytest.LogCaptureFixture) -> None:
    pool = AttentionPool(DIM)
    few = _filings(10, 1)
    assert fit_pool(pool, _head(), few, few, HeadLoss(HIERARCHY, 5.0), Fit(), 3) == []
    assert not pool.query.any()
