"""Heads on the same embeddings: what each part of ours gives, and what others would.

    .venv/bin/python benchmarks/heads.py RUN [--epochs 3] [--only conditional]

Every head is trained on the same filings with a text and label texts, with the same steps, and
judged on validation filings: alone, and together with the memory (with the starter's own numbers).
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from trained import Trained, guesses, options, read_trained

from cpc_classifier.bundle import CALIBRATION, starter
from cpc_classifier.calibration import Calibration
from cpc_classifier.hierarchy import Hierarchy
from taxonomy.symbol import Rank
from training.batches import dense
from training.corpus import negative_rows
from training.fit_head import Embedded, HeadLoss
from training.head import TreeHead, log_scores

Loss = Callable[[nn.Module, Embedded], Tensor]
DROPOUT, BATCH, RATE = 0.15, 256, 4e-3


class Flat(nn.Module):
    """One matrix, begun at the text vectors; knows no tree."""

    def __init__(self, text: Tensor) -> None:
        super().__init__()
        self.weight = nn.Parameter(10.0 * text.clone())
        self.bias = nn.Parameter(torch.full((len(text),), -4.0))

    def forward(self, f: Tensor) -> Tensor:
        """Logits, float32 (batch, rows)."""
        return functional.linear(f, self.weight, self.bias)


class Judge:
    """The tree as tensors, and what is true of a batch."""

    def __init__(self, hierarchy: Hierarchy) -> None:
        self.hierarchy = hierarchy
        self.negatives = torch.as_tensor(negative_rows(hierarchy))
        self.parent = np.asarray(hierarchy.parent, np.int64)
        self.order = [hierarchy.rows_at(rank) for rank in (3, 2, 1)]

    def truth(self, batch: Embedded) -> tuple[Tensor, Tensor]:
        """Positive and negative rows, float32 (batch, rows) each."""
        yes = torch.as_tensor(dense(batch.rows, len(self.hierarchy.symbols)))
        no = self.negatives[torch.as_tensor(batch.known.astype(np.int64))]
        return yes, (1 - yes) * no

    def upwards(self, value: Tensor) -> Tensor:
        """The largest value of each subtree (C-HMCNN's max constraint module)."""
        for rows in self.order:
            at = torch.as_tensor(self.parent[rows]).expand(len(value), -1)
            value = value.scatter_reduce(1, at, value[:, torch.as_tensor(rows)], reduce="amax")
        return value

    def bce(self, logits: Tensor, batch: Embedded) -> Tensor:
        """Binary cross-entropy on all rows that speak."""
        yes, no = self.truth(batch)
        loss = functional.binary_cross_entropy_with_logits(logits, yes, reduction="none")
        return (loss * (yes + no)).sum(1).mean()

    def max_constraint(self, logits: Tensor, batch: Embedded) -> Tensor:
        """Giunchiglia and Lukasiewicz, "Coherent Hierarchical Multi-Label Classification
        Networks", 2020: a positive row answers with the best true row below it."""
        yes, no = self.truth(batch)
        low = torch.full_like(logits, -30.0)
        above = self.upwards(torch.where(yes > 0, logits, low))
        loss = yes * functional.softplus(-above) + no * functional.softplus(self.upwards(logits))
        return loss.sum(1).mean()

    def asymmetric(self, logits: Tensor, batch: Embedded) -> Tensor:
        """Ridnik et al., "Asymmetric Loss for Multi-Label Classification", 2021 (4, 0.05)."""
        yes, no = self.truth(batch)
        p = torch.sigmoid(logits)
        shifted = (p - 0.05).clamp(min=0)
        loss = yes * functional.softplus(-logits)
        loss += no * shifted**4 * -torch.log1p(-shifted.clamp(max=1 - 1e-6))
        return loss.sum(1).mean()


def train(
    head: nn.Module, loss_of: Loss, filings: Embedded, texts: Embedded, epochs: int
) -> nn.Module:
    """The same steps for every head."""
    torch.manual_seed(17)
    rng = np.random.default_rng(17)
    free = [p for p in head.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(free, lr=RATE, weight_decay=0.02)
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


def variants(judge: Judge, text: Tensor) -> dict[str, tuple[nn.Module, Loss, str]]:
    """Name -> head, loss, and how its outputs become scores."""
    hierarchy, dim = judge.hierarchy, text.shape[1]

    def seen(batch: Embedded) -> Tensor:
        return functional.dropout(torch.as_tensor(batch.vectors), DROPOUT)

    def tree(*, texts: bool = True, residual: bool = True) -> TreeHead:
        head = TreeHead(hierarchy, dim)
        if texts:
            head.text.copy_(text)
        else:
            nn.init.normal_(head.residual, std=dim**-0.5)
        head.residual.requires_grad_(residual)
        return head

    def ours(weight: float) -> Loss:
        loss = HeadLoss(hierarchy, weight)
        return lambda head, batch: loss(head, batch, DROPOUT)

    return {
        "flat sigmoid": (Flat(text), lambda h, b: judge.bce(h(seen(b)), b), "flat"),
        "flat, asymmetric loss": (Flat(text), lambda h, b: judge.asymmetric(h(seen(b)), b), "flat"),
        "max constraint (C-HMCNN)": (
            Flat(text),
            lambda h, b: judge.max_constraint(h(seen(b)), b),
            "max",
        ),
        "conditional, no text vectors": (tree(texts=False), ours(5.0), "tree"),
        "conditional, text vectors alone": (tree(residual=False), ours(5.0), "tree"),
        "conditional, no listwise loss": (tree(), ours(0.0), "tree"),
        "conditional, text vectors and residuals (ours)": (tree(), ours(5.0), "tree"),
    }


def scored(head: nn.Module, kind: str, vectors: np.ndarray, judge: Judge) -> np.ndarray:
    """Scores of all rows, float32 (n, rows)."""
    with torch.inference_mode():
        logits = head(torch.from_numpy(vectors))
        if kind == "tree":
            return log_scores(logits, judge.hierarchy).numpy()
        return (judge.upwards(logits) if kind == "max" else logits).numpy()


def row(
    name: str, trained: Trained, head: nn.Module, kind: str, judge: Judge, both: Callable
) -> str:
    """A line of the table."""
    valid, sources = trained.sources.valid, trained.sources
    alone = scored(head, kind, trained.valid, judge)
    cells = [f"{guesses(alone, valid, sources, Rank.SUBCLASS, k):.3f}" for k in (1, 3)]
    cells.append(f"{guesses(alone, valid, sources, Rank.MAIN_GROUP, 3):.3f}")
    if kind == "tree":
        with torch.inference_mode():
            mixed = both(head(torch.from_numpy(trained.valid)).numpy())
        cells += [f"{guesses(mixed, valid, sources, Rank.SUBCLASS, k):.3f}" for k in (1, 3)]
        cells.append(f"{guesses(mixed, valid, sources, Rank.MAIN_GROUP, 3):.3f}")
    else:
        cells += [""] * 3
    return f"| {name} | " + " | ".join(cells) + " |"


def main() -> None:
    """Train each and print the table."""
    parser = options(__doc__ or "")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--only", default="", help="variants whose name holds this")
    args = parser.parse_args()
    trained = read_trained(args.run, args.recipe, args.data)
    sources = trained.sources
    judge = Judge(sources.hierarchy)
    at = [sources.taxonomy.row(s) for s in sources.hierarchy.symbols]
    text = torch.from_numpy(trained.texts[at])
    full = np.array([bool(e.filing.abstract or e.filing.claims) for e in sources.train])
    filings = Embedded.of(trained.train, sources.train).take(np.flatnonzero(full))
    texts = trained.label_texts()
    memory = trained.memory(np.ones(len(sources.train), bool))
    calibration = Calibration.load(starter() / CALIBRATION)

    def both(logits: np.ndarray) -> np.ndarray:
        return trained.scores(logits, trained.valid, memory, calibration)

    none = np.zeros((len(trained.valid), len(at)), np.float32)
    alone = both(none)
    print(
        "| head | subclass first | three | main group three | with memory: first | three | main |"
    )
    print("|---|---|---|---|---|---|---|")
    shares = [guesses(alone, sources.valid, sources, Rank.SUBCLASS, k) for k in (1, 3)]
    shares.append(guesses(alone, sources.valid, sources, Rank.MAIN_GROUP, 3))
    print("| none: the memory alone | | | | " + " | ".join(f"{s:.3f}" for s in shares) + " |")
    for name, (head, loss_of, kind) in variants(judge, text).items():
        if args.only in name:
            began = time.monotonic()
            train(head, loss_of, filings, texts, args.epochs)
            print(row(name, trained, head, kind, judge, both), flush=True)
            print(f"<!-- {time.monotonic() - began:.0f} s -->", flush=True)


if __name__ == "__main__":
    main()
