"""The attention over passages."""

from __future__ import annotations

import torch
from torch.nn import functional

from cpc_classifier.passages import KINDS
from training.pooling import AttentionPool

E = functional.normalize(torch.randn(5, 8, generator=torch.Generator().manual_seed(1)), dim=1)
KIND = torch.tensor([1, 2, 4, 0, 2])
MEMBER = torch.tensor([[1.0, 1, 1, 0, 0], [0, 0, 0, 1, 0], [0, 0, 0, 0, 1]])


def test_untrained_it_is_the_mean_and_one_passage_is_itself() -> None:
    found = AttentionPool(8)(E, KIND, MEMBER)
    torch.testing.assert_close(found[0], functional.normalize(E[:3].mean(0), dim=0))
    torch.testing.assert_close(found[1:], E[3:])


def test_passages_are_weighed_by_kind_and_by_what_they_say() -> None:
    pool = AttentionPool(8)
    with torch.no_grad():
        pool.prior[KINDS.index("claims")] = 50.0
        torch.testing.assert_close(pool(E, KIND, MEMBER)[0], E[1])
        pool.prior.zero_()
        pool.query.copy_(200 * E[2])
        torch.testing.assert_close(pool(E, KIND, MEMBER)[0], E[2], atol=1e-3, rtol=0)


def test_other_filings_change_nothing() -> None:
    pool = AttentionPool(8)
    with torch.no_grad():
        pool.query.normal_(generator=torch.Generator().manual_seed(2))
    together = pool(E, KIND, MEMBER)
    torch.testing.assert_close(together[:1], pool(E[:3], KIND[:3], MEMBER[:1, :3]))
