"""Partial labels: what a record does not say never counts as a negative."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from cpc_classifier.hierarchy import Hierarchy
from training.corpus import Known, negative_rows
from training.head import TreeHead, log_scores
from training.losses import (
    conditional_loss,
    contrastive_loss,
    joint_loss,
    listwise_loss,
    resolved,
)

SYMBOLS = ("A", "A01", "A01B", "A01B1/00", "A01B2001/00", "A01C", "Y", "Y02", "Y02A")
HIERARCHY = Hierarchy(
    SYMBOLS,
    np.array([-1, 0, 1, 2, 2, 1, -1, 6, 7], np.int32),
    np.array([0, 1, 2, 3, 3, 2, 0, 1, 2], np.int8),
)
PARENT = torch.as_tensor(np.asarray(HIERARCHY.parent, np.int64))
ALL_ROWS = torch.arange(len(SYMBOLS))


def _gradient(known: Known, symbols: tuple[str, ...]) -> torch.Tensor:
    """|d loss / d logit| of each row for a record with these symbols, both losses together."""
    logits = torch.zeros(1, len(SYMBOLS), requires_grad=True)
    positive = torch.tensor([[float(s in symbols) for s in SYMBOLS]])
    negative = torch.as_tensor(negative_rows(HIERARCHY))[[int(known)]]
    loss = conditional_loss(logits, positive, negative, PARENT)
    loss = loss + joint_loss(log_scores(logits, HIERARCHY), positive, negative, PARENT, ALL_ROWS)
    loss.sum().backward()
    assert logits.grad is not None
    return logits.grad[0].abs()


def test_unlisted_rows_of_an_incomplete_record_have_no_gradient() -> None:
    gradient = _gradient(Known.POSITIVES, ("A", "A01", "A01B", "A01B1/00"))
    unlisted = [SYMBOLS.index(s) for s in ("A01B2001/00", "A01C", "Y", "Y02", "Y02A")]
    assert gradient[unlisted].max() == 0
    assert gradient[SYMBOLS.index("A01B")] > 0


def test_a_complete_ipc_list_says_nothing_of_y_and_the_2000_series() -> None:
    gradient = _gradient(Known.IPC, ("A", "A01", "A01B", "A01B1/00"))
    silent = [SYMBOLS.index(s) for s in ("A01B2001/00", "Y", "Y02", "Y02A")]
    assert gradient[silent].max() == 0
    assert gradient[SYMBOLS.index("A01C")] > 0


def test_a_record_known_to_its_subclass_says_nothing_below() -> None:
    gradient = _gradient(Known.ALL, ("A", "A01", "A01B"))
    assert gradient[[SYMBOLS.index("A01B1/00"), SYMBOLS.index("A01B2001/00")]].max() == 0
    assert gradient[SYMBOLS.index("A01C")] > 0


def test_resolved_marks_rows_with_a_listed_child_and_the_root() -> None:
    positive = torch.tensor([[1.0, 1, 1, 0, 0, 0, 0, 0, 0]])
    assert resolved(positive, PARENT)[0].tolist() == [1, 1, 0, 0, 0, 0, 0, 0, 0, 1]


def test_log_scores_are_products_over_the_path() -> None:
    logits = torch.randn(3, len(SYMBOLS), generator=torch.Generator().manual_seed(1))
    expected = HIERARCHY.products(torch.sigmoid(logits).numpy())
    np.testing.assert_allclose(log_scores(logits, HIERARCHY).exp().numpy(), expected, rtol=1e-5)


def test_the_head_is_its_formula() -> None:
    torch.manual_seed(2)
    head = TreeHead(HIERARCHY, 6)
    assert head.residual.abs().max() == 0
    with torch.no_grad():
        head.text.normal_()
        for parameter in head.parameters():
            parameter.normal_()
    f = torch.randn(2, 6)
    for n, rank in enumerate(HIERARCHY.rank):
        place = head.text[n] + head.residual[n]
        turned = f @ head.turn[int(rank)].T
        expected = head.log_scale[int(rank)].exp() * (turned @ place) + head.bias[n]
        torch.testing.assert_close(head(f)[:, n], expected, rtol=1e-4, atol=1e-4)


def test_contrast_keeps_related_texts_out_of_the_negatives() -> None:
    query = torch.nn.functional.normalize(torch.tensor([[1.0, 0.1], [0.1, 1.0]]), dim=1)
    key = torch.cat((query, query))  # keys 2 and 3 are as near as the positives
    nothing = torch.zeros(2, 4, dtype=torch.bool)
    everything = torch.ones(2, 4, dtype=torch.bool)
    assert contrastive_loss(query, key, nothing, 0.1).max() < 1e-6
    assert contrastive_loss(query, key, everything, 0.1).min() > 0.6


def test_the_listwise_loss_by_hand() -> None:
    rows = torch.tensor([2, 5, 8])
    log_s = torch.log(torch.tensor([[0.0, 0, 0.6, 0, 0, 0.3, 0, 0, 0.1]]))
    positive = torch.zeros(1, 9)
    positive[0, 2] = 1.0
    everything, nothing = torch.ones(1, 9), torch.zeros(1, 9)
    assert listwise_loss(log_s, positive, everything, rows).item() == pytest.approx(-np.log(0.6))
    assert listwise_loss(log_s, positive, nothing, rows).item() == 0.0
    assert listwise_loss(log_s, nothing, everything, rows).item() == 0.0


def test_an_incomplete_record_competes_with_the_others_of_its_batch_only() -> None:
    rows = torch.tensor([2, 5, 8])
    log_s = torch.zeros(2, 9, requires_grad=True)
    positive = torch.zeros(2, 9)
    positive[0, 2] = positive[1, 5] = 1.0
    listwise_loss(log_s, positive, torch.zeros(2, 9), rows)[0].backward()
    assert log_s.grad is not None
    moved = (log_s.grad[0] != 0).nonzero()[:, 0]
    assert moved.tolist() == [2, 5]
