"""``cpc train fit --from BUNDLE``: a bundle learns new filings without being made anew.

The encoder stays as it is, so what the memory holds stays right; the new filings become items of
it, and the head moves from where it was, held there by a weight decay on what changes and stopped
before the older filings pay for it. Minutes instead of hours.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from cpc_classifier.bundle import LABELS, MANIFEST, MODEL, ModelBundle, write_manifest
from cpc_classifier.encoder import OnnxEncoder
from cpc_classifier.labels import LabelIndex
from cpc_classifier.memory import Memory
from cpc_classifier.passages import passages
from training.corpus import Example, filing_weights
from training.errors import RecipeError
from training.fit_head import Embedded, HeadLoss, loss_on
from training.graph_head import read_head, write_head
from training.memory_items import deep_rows, symbol_rows
from training.recipe import Recipe
from training.sources import read_sources

__all__ = ["warm_start"]

log = logging.getLogger(__name__)

CHECKED = 0.15
"""Share of the new filings that only tell when to stop."""
EPOCHS = 12
BATCH = 64
LEARNING_RATE = 2e-3
DECAY = 0.5
"""Weight decay of the change."""
SPENT = 0.01
"""Share by which the loss on older filings may rise."""


class Moved(nn.Module):
    """A head and what changes of it.

    Attributes:
        vectors: float32 (dim, n_rows), as they were.
        bias: float32 (n_rows,), as it was.
        turn: float32 (dim, n_rows), the change.
        shift: float32 (n_rows,), likewise.
    """

    vectors: Tensor
    bias: Tensor

    def __init__(self, vectors: np.ndarray, bias: np.ndarray) -> None:
        super().__init__()
        self.register_buffer("vectors", torch.from_numpy(vectors))
        self.register_buffer("bias", torch.from_numpy(bias.copy()))
        self.turn = nn.Parameter(torch.zeros_like(self.vectors))
        self.shift = nn.Parameter(torch.zeros_like(self.bias))

    def forward(self, embedding: Tensor) -> Tensor:
        """Conditional logits, float32 (batch, n_rows), from float32 (batch, dim)."""
        return embedding @ (self.vectors + self.turn) + self.bias + self.shift


@dataclass(frozen=True, slots=True)
class _Losses:
    """Mean losses, before training and after each epoch that was tried."""

    new: list[float]
    older: list[float]

    def best(self) -> int:
        """The epoch with the least loss on new filings that costs the older ones little."""
        most = self.older[0] * (1.0 + SPENT)
        allowed = [i for i, loss in enumerate(self.older) if loss <= most]
        return min(allowed, key=lambda i: self.new[i])


def warm_start(recipe: Recipe, data: Path, start: Path, out: Path) -> dict[str, Any]:
    """Make a bundle out of another one and the filings of a recipe.

    Args:
        recipe: its ``data`` names the new filings, and with ``valid`` older ones; its ``fit`` the
            weight of the list. What it says of encoder, memory and serving is the bundle's.
        data: folder that its paths are relative to.
        start: the bundle that is gone on from; it stays as it is.
        out: folder of the new bundle; replaced when that is whole.

    Returns:
        How many filings were learnt, the losses and the seconds.

    Raises:
        BundleError: no whole bundle there.
        TrainingError: a recipe or corpus that is not right, or another release.
    """
    began = time.monotonic()
    bundle = ModelBundle.load(start)
    labels = LabelIndex.read(bundle.folder / LABELS)
    sources = read_sources(recipe, data, labels)
    if sources.taxonomy.release != bundle.manifest.release:
        raise RecipeError(
            f"data.titles is release {sources.taxonomy.release}, but {start} suggests symbols of "
            f"{bundle.manifest.release}: take that one, or run `cpc bundle deepen` first"
        )
    encoder = OnnxEncoder(bundle)
    spec = bundle.manifest.text

    def read(examples: Sequence[Example]) -> dict[str, np.ndarray]:
        readings = [passages(e.filing, spec.fields, spec.max_chars) for e in examples]
        return encoder.encode(readings, ("embedding", "memory_query"))

    new, older = read(sources.train), read(sources.valid)
    head = Moved(*read_head(bundle.folder / MODEL))
    losses = _fit(
        head,
        Embedded.of(new["embedding"], sources.train, filing_weights(sources.train, recipe.corpus)),
        Embedded.of(older["embedding"], sources.valid),
        np.array([_share(e) < CHECKED for e in sources.train]),
        HeadLoss(sources.hierarchy, recipe.fit.list_weight),
        recipe.seed,
    )
    figures = {
        "from": bundle.label,
        "filings": len(sources.train),
        "epochs": losses.best(),
        "loss_new": [round(x, 4) for x in losses.new],
        "loss_older": [round(x, 4) for x in losses.older],
    }
    staged = out.with_name(out.name + ".new")
    shutil.rmtree(staged, ignore_errors=True)
    shutil.copytree(bundle.folder, staged, ignore=shutil.ignore_patterns(MANIFEST))
    with torch.inference_mode():
        vectors, bias = head.vectors + head.turn, head.bias + head.shift
    write_head(staged / MODEL, vectors.numpy(), bias.numpy())
    memory = Memory.load(bundle.folder)
    rows = symbol_rows(sources.train, deep_rows(labels, sources.subgroups))
    for example, own, vector in zip(sources.train, rows, new["memory_query"], strict=True):
        memory.add(vector, own, f"f\t{example.filing.id}")
    memory.save(staged)
    figures["seconds"] = round(time.monotonic() - began)
    _describe(bundle, recipe, staged, figures)
    old = out.with_name(out.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        out.rename(old)
    staged.rename(out)
    shutil.rmtree(old, ignore_errors=True)
    return {"warm_start": figures}


def _share(example: Example) -> float:
    """In [0, 1), from the filing alone, so that who checks does not depend on the others."""
    own = "\n".join((example.filing.id, example.filing.title, example.filing.abstract))
    return int.from_bytes(hashlib.sha256(own.encode()).digest()[4:8]) / 2**32


def _fit(
    head: Moved, new: Embedded, older: Embedded, checks: np.ndarray, loss_of: HeadLoss, seed: int
) -> _Losses:
    """Move the head, in place, and leave it where the best epoch had it."""
    learnt, checked = new.take(np.flatnonzero(~checks)), new.take(np.flatnonzero(checks))
    if not len(checked.vectors) or not len(older.vectors):
        raise RecipeError(
            f"{len(new.vectors)} new and {len(older.vectors)} older filings: both are needed"
        )
    optimizer = torch.optim.AdamW(head.parameters(), lr=LEARNING_RATE, weight_decay=DECAY)
    losses = _Losses([loss_on(loss_of, head, checked)], [loss_on(loss_of, head, older)])
    best = {k: v.clone() for k, v in head.state_dict().items()}
    for epoch in range(EPOCHS):
        order = np.random.default_rng([seed, 3, epoch]).permutation(len(learnt.vectors))
        for i in range(0, len(order), BATCH):
            loss = loss_of(head, learnt.take(order[i : i + BATCH]), 0.0)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        losses.new.append(loss_on(loss_of, head, checked))
        losses.older.append(loss_on(loss_of, head, older))
        log.info("epoch %d: new %.3f, older %.3f", epoch + 1, losses.new[-1], losses.older[-1])
        if losses.best() == epoch + 1:
            best = {k: v.clone() for k, v in head.state_dict().items()}
        elif epoch + 1 - losses.best() >= 3:
            break
    head.load_state_dict(best)
    return losses


def _describe(bundle: ModelBundle, recipe: Recipe, folder: Path, figures: dict[str, Any]) -> None:
    manifest = bundle.manifest
    write_manifest(
        folder,
        name=recipe.name,
        version=recipe.version,
        release=manifest.release,
        encoder=asdict(manifest.encoder),
        text=asdict(manifest.text),
        recipe=manifest.recipe,
        figures={"warm_start": figures},
    )
