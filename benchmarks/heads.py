"""Heads on the same embeddings: what each part of ours gives, and what others would.

    .venv/bin/python benchmarks/heads.py RUN [--epochs 3] [--filings 16000] [--only conditional]

Every head is trained from the same seed on the same filings with a text and label texts, with the
same steps, and judged on validation filings: alone, and together with the memory of all training
filings. The memory is mixed in by the numbers of a bundle, which fit a head like ours; of heads
without conditionals, these are made from the scores. "Each subclass alike" is the mean over the
subclasses of the share of their filings that find them among three.

Logit adjustment (Menon et al., "Long-tail learning via logit adjustment", 2021): in training, tau
times the prior's log odds is added to each logit, so that what is learnt is free of the prior.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from head_losses import Flat, Judge, conditional_logits
from torch import Tensor, nn
from torch.nn import functional
from trained import Trained, guesses, options, read_trained

from cpc_classifier.bundle import CALIBRATION, starter
from cpc_classifier.calibration import Calibration
from cpc_classifier.memory import vote
from cpc_classifier.votes import Votes
from taxonomy.symbol import Rank
from training.corpus import Example
from training.fit_head import Embedded, HeadLoss
from training.head import TreeHead, log_scores

Loss = Callable[[nn.Module, Embedded], Tensor]
DROPOUT, BATCH, RATE, DECAY, SEED = 0.15, 256, 4e-3, 0.02, 17
LIST_WEIGHT = 5.0
ASKED = ((Rank.SUBCLASS, 1), (Rank.SUBCLASS, 3), (Rank.MAIN_GROUP, 3))


@dataclass(frozen=True, slots=True)
class Variant:
    """A head to be made, its loss, and what its outputs are: logits of each row "flat", those of
    the best row below ("max"), or conditional ones ("tree")."""

    make: Callable[[], nn.Module]
    loss: Loss
    kind: str


def train(
    head: nn.Module, loss_of: Loss, filings: Embedded, texts: Embedded, epochs: int
) -> nn.Module:
    """The same steps for every head."""
    torch.manual_seed(SEED)
    rng = np.random.default_rng(SEED)
    free = {name: p for name, p in head.named_parameters() if p.requires_grad}
    large = [p for name, p in free.items() if name in ("residual", "weight")]
    small = [p for name, p in free.items() if name not in ("residual", "weight")]
    groups = [{"params": large, "weight_decay": DECAY}, {"params": small, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW([g for g in groups if g["params"]], lr=RATE)
    steps = -(-len(filings.vectors) // BATCH) * epochs
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, steps, pct_start=0.1)
    for _ in range(epochs):
        order = rng.permutation(len(filings.vectors))
        for start in range(0, len(order), BATCH):
            a = filings.take(order[start : start + BATCH])
            b = texts.take(rng.integers(len(texts.vectors), size=BATCH // 2))
            batch = Embedded(
                np.concatenate((a.vectors, b.vectors)),
                [*a.rows, *b.rows],
                np.concatenate((a.known, b.known)),
            )
            loss = loss_of(head, batch)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return head


def variants(judge: Judge, text: Tensor, filings: Embedded, tau: float) -> dict[str, Variant]:
    """All of them, by name."""
    hierarchy, dim = judge.hierarchy, text.shape[1]

    def flat(loss: Callable[[Tensor, Embedded], Tensor], shift: Tensor | float = 0.0) -> Loss:
        def of(head: nn.Module, batch: Embedded) -> Tensor:
            seen = functional.dropout(torch.as_tensor(batch.vectors), DROPOUT)
            return loss(head(seen) + shift, batch)

        return of

    def ours(list_weight: float = LIST_WEIGHT, shift: Tensor | float = 0.0) -> Loss:
        loss = HeadLoss(hierarchy, list_weight)
        return lambda head, batch: loss(lambda f: head(f) + shift, batch, DROPOUT)

    def tree(*, texts: bool = True, residual: bool = True) -> TreeHead:
        head = TreeHead(hierarchy, dim)
        if texts:
            head.text.copy_(text)
        else:
            nn.init.normal_(head.residual, std=dim**-0.5)
        head.residual.requires_grad_(residual)
        return head

    def unbiased(head: nn.Module) -> nn.Module:
        nn.init.constant_(head.bias, -4.0 * max(0.0, 1 - tau))  # the prior stands in its place
        return head

    below = tau * judge.prior_log_odds(filings, conditional=True)
    any_ = tau * judge.prior_log_odds(filings, conditional=False)
    return {
        "flat sigmoid": Variant(lambda: Flat(text), flat(judge.bce), "flat"),
        "flat, asymmetric loss": Variant(lambda: Flat(text), flat(judge.asymmetric), "flat"),
        "flat, logit adjustment": Variant(
            lambda: unbiased(Flat(text)), flat(judge.bce, any_), "flat"
        ),
        "max constraint (C-HMCNN)": Variant(lambda: Flat(text), flat(judge.max_constraint), "max"),
        "conditional, no text vectors": Variant(lambda: tree(texts=False), ours(), "tree"),
        "conditional, text vectors alone": Variant(lambda: tree(residual=False), ours(), "tree"),
        "conditional, no listwise loss": Variant(tree, ours(0.0), "tree"),
        "conditional, logit adjustment": Variant(
            lambda: unbiased(tree()), ours(shift=below), "tree"
        ),
        "conditional, text vectors and residuals (ours)": Variant(tree, ours(), "tree"),
    }


def outputs(head: nn.Module, kind: str, vectors: np.ndarray, judge: Judge) -> tuple[Tensor, Tensor]:
    """What ranks the rows, and their conditional logits: float32 (n, rows) each."""
    with torch.inference_mode():
        logits = head(torch.from_numpy(vectors))
        if kind == "tree":
            return log_scores(logits, judge.hierarchy), logits
        best = judge.upwards(logits)
        below = conditional_logits(functional.logsigmoid(best), judge.hierarchy)
        return (best if kind == "max" else logits), below


def each_alike(scores: np.ndarray, examples: Sequence[Example], rows: np.ndarray, k: int) -> float:
    """Mean over some rows of the share of their filings that have them among the k best of these;
    rows without a filing are left out."""
    best = rows[np.argsort(-scores[:, rows], axis=1)[:, :k]]
    told, found = np.zeros((2, scores.shape[1]))
    for own, guessed in zip(examples, best, strict=True):
        true = np.intersect1d(own.rows, rows)
        told[true] += 1
        found[np.intersect1d(true, guessed)] += 1
    return float((found[told > 0] / told[told > 0]).mean())


def figures(scores: np.ndarray, trained: Trained) -> list[str]:
    """Cells of the table: subclass first, three, main group three, each subclass alike."""
    sources = trained.sources
    found = [guesses(scores, sources.valid, sources, rank, k) for rank, k in ASKED]
    rows = sources.hierarchy.rows_at(Rank.SUBCLASS)
    found.append(each_alike(scores, sources.valid, rows, 3))
    return [f"{share:.3f}" for share in found]


def masses(trained: Trained, numbers: Calibration) -> np.ndarray:
    """What the memory of all training filings says: float32 (validation filings, rows)."""
    sources = trained.sources
    memory = trained.memory(np.ones(len(sources.train), np.bool_))
    similarity, items = memory.search(trained.short(trained.valid), numbers.k)
    votes = Votes(memory, sources.hierarchy, sources.subgroups)
    return votes.masses(vote(similarity, numbers.temperature), items)


def learnt(trained: Trained, most: int) -> tuple[Embedded, Embedded]:
    """Filings with a text, drawn where there are more, and the label texts."""
    sources = trained.sources
    full = np.array([bool(e.filing.abstract or e.filing.claims) for e in sources.train])
    drawn = np.random.default_rng(SEED).permutation(np.flatnonzero(full))[:most]
    filings = Embedded.of(trained.train, sources.train).take(np.sort(drawn))
    return filings, trained.label_texts()


def main() -> None:
    """Train each and print the table."""
    parser = options(__doc__ or "")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--filings", type=int, default=16000, help="most to train with")
    parser.add_argument("--tau", type=float, default=1.0, help="of the logit adjustment")
    parser.add_argument("--only", default="", help="variants whose name holds this")
    parser.add_argument("--bundle", type=Path, default=starter(), help="has the fitted numbers")
    args = parser.parse_args()
    trained = read_trained(args.run, args.recipe, args.data)
    hierarchy = trained.sources.hierarchy
    judge = Judge(hierarchy)
    at = [trained.sources.taxonomy.row(s) for s in hierarchy.symbols]
    text = torch.from_numpy(trained.texts[at])
    filings, texts = learnt(trained, args.filings)
    numbers = Calibration.load(args.bundle / CALIBRATION)
    known = masses(trained, numbers)

    def mixed(logits: np.ndarray) -> np.ndarray:
        return hierarchy.products(numbers.conditionals(logits, known, hierarchy))

    print(f"{len(filings.rows)} filings, {len(trained.valid)} validation filings\n")
    names = ["subclass first", "three", "main group three", "each subclass alike"]
    print(f"| head | {' | '.join(names)} | with memory: {' | '.join(names)} |")
    print("|---" * 9 + "|")
    cells = figures(mixed(np.zeros((len(trained.valid), len(at)), np.float32)), trained)
    print("| none: the memory alone | | | | | " + " | ".join(cells) + " |", flush=True)
    for name, variant in variants(judge, text, filings, args.tau).items():
        if args.only in name:
            began = time.monotonic()
            torch.manual_seed(SEED)
            head = train(variant.make(), variant.loss, filings, texts, args.epochs)
            alone, logits = outputs(head, variant.kind, trained.valid, judge)
            cells = figures(alone.numpy(), trained) + figures(mixed(logits.numpy()), trained)
            print(f"| {name} | " + " | ".join(cells) + " |", flush=True)
            print(f"<!-- {time.monotonic() - began:.0f} s -->", flush=True)


if __name__ == "__main__":
    main()
