"""Losses that the tree head is compared with, and how heads are told apart."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from cpc_classifier.filing import Filing
from cpc_classifier.hierarchy import Hierarchy
from taxonomy.symbol import Rank
from training.corpus import Example, Known
from training.fit_head import Embedded
from training.head import log_scores

sys.path.append(str(Path(__file__).resolve().parents[1] / "benchmarks"))

from head_losses import Flat, Judge, conditional_logits
from heads import each_alike, outputs, train, variants

SYMBOLS = ("A", "A01", "A01B", "A01B1/00", "A01B2001/00", "A01C", "Y", "Y02", "Y02A")
HIERARCHY = Hierarchy(
    SYMBOLS,
    np.array([-1, 0, 1, 2, 2, 1, -1, 6, 7], np.int32),
    np.array([0, 1, 2, 3, 3, 2, 0, 1, 2], np.int8),
)
JUDGE = Judge(HIERARCHY)


def records(*given: tuple[Known, tuple[str, ...]]) -> Embedded:
    rows = [HIERARCHY.closure([SYMBOLS.index(s) for s in symbols]) for _, symbols in given]
    vectors = np.random.default_rng(3).normal(size=(len(given), 5)).astype(np.float32)
    return Embedded(vectors, rows, np.array([known for known, _ in given], np.int8))


def names(mask: torch.Tensor) -> set[str]:
    return {SYMBOLS[i] for i in torch.nonzero(mask)[:, 0].tolist()}


def test_a_record_says_nothing_below_where_it_ends() -> None:
    batch = records(
        (Known.ALL, ("A01B1/00",)),
        (Known.ALL, ("A01B",)),
        (Known.ALL, ("A",)),
        (Known.POSITIVES, ("A01C",)),
    )
    yes, no = JUDGE.truth(batch)
    assert names(yes[0]) == {"A", "A01", "A01B", "A01B1/00"}
    assert names(no[0]) == set(SYMBOLS) - names(yes[0])
    assert names(no[1]) == {"A01C", "Y", "Y02", "Y02A"}
    assert names(no[2]) == {"Y", "Y02", "Y02A"}
    assert not names(no[3])


def test_the_max_constraint_gives_each_row_the_best_below_it() -> None:
    logits = torch.tensor([[-3.0, 0, -1, 4, 1, -5, -2, -1, -4]])
    best = JUDGE.upwards(logits)
    assert best.tolist() == [[4, 4, 4, 4, 1, -5, -1, -1, -4]]


def test_a_positive_row_is_answered_for_by_true_rows_alone() -> None:
    batch = records((Known.ALL, ("A01B1/00",)))
    logits = torch.zeros(1, len(SYMBOLS))
    logits[0, SYMBOLS.index("A01B2001/00")] = 9.0  # false, so it cannot speak for A01B
    logits.requires_grad_(True)
    JUDGE.max_constraint(logits, batch).backward()
    gradient = logits.grad[0]
    assert gradient[SYMBOLS.index("A01B2001/00")] > 0
    assert gradient[SYMBOLS.index("A01B1/00")] < 0


def test_the_asymmetric_loss_forgets_easy_negatives() -> None:
    batch = records((Known.ALL, ("A01B1/00",)))
    logits = torch.full((1, len(SYMBOLS)), -4.0, requires_grad=True)
    JUDGE.asymmetric(logits, batch).backward()
    yes, no = JUDGE.truth(batch)
    assert (logits.grad[no > 0] == 0).all()
    assert (logits.grad[yes > 0] < 0).all()


def test_priors_count_records_that_say_so() -> None:
    data = records(
        (Known.ALL, ("A01B1/00",)),
        (Known.ALL, ("A01B1/00",)),
        (Known.ALL, ("A01B2001/00",)),
        (Known.ALL, ("Y02A",)),
        (Known.POSITIVES, ("A01C",)),
    )
    at = SYMBOLS.index("A01B1/00")
    flat = JUDGE.prior_log_odds(data, conditional=False)
    below = JUDGE.prior_log_odds(data, conditional=True)
    assert flat[at].item() == pytest.approx(np.log(2.5 / 2.5))
    assert below[at].item() == pytest.approx(np.log(2.5 / 1.5))
    assert below[0] == flat[0]


def test_scores_give_back_the_conditionals_they_were_made_of() -> None:
    logits = torch.from_numpy(np.random.default_rng(5).normal(size=(4, len(SYMBOLS))) * 3).float()
    found = conditional_logits(log_scores(logits, HIERARCHY), HIERARCHY)
    torch.testing.assert_close(found, logits, rtol=1e-3, atol=1e-3)


def test_each_subclass_counts_alike() -> None:
    subclasses = HIERARCHY.rows_at(Rank.SUBCLASS)
    rows = [HIERARCHY.closure([SYMBOLS.index(s)]) for s in ("A01B", "A01B", "A01B", "A01C")]
    examples = [Example(Filing("1", title="t"), (), r, r, Known.ALL, "invented") for r in rows]
    scores = np.zeros((4, len(SYMBOLS)), np.float32)
    scores[:, SYMBOLS.index("A01B")] = 1.0
    assert each_alike(scores, examples, subclasses, 1) == 0.5


def test_every_head_learns_the_same_from_the_same_seed() -> None:
    data = records(*[(Known.ALL, (s,)) for s in ("A01B1/00", "A01C", "Y02A")] * 4)
    text = torch.from_numpy(np.random.default_rng(7).normal(size=(len(SYMBOLS), 5))).float()
    found = variants(JUDGE, text, data, 1.0)
    assert len(found) == 9
    for variant in found.values():
        ranked = []
        for _ in range(2):
            torch.manual_seed(17)
            head = train(variant.make(), variant.loss, data, data, 2)
            scores, below = outputs(head, variant.kind, data.vectors, JUDGE)
            assert scores.shape == below.shape == (12, len(SYMBOLS))
            assert bool(torch.isfinite(scores).all() and torch.isfinite(below).all())
            ranked.append(scores)
        assert torch.equal(*ranked)


def test_a_flat_head_begins_at_the_texts() -> None:
    text = torch.eye(3)
    assert Flat(text)(text).tolist() == [[6, -4, -4], [-4, 6, -4], [-4, -4, 6]]
