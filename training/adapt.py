"""Stage 1: the encoder learns, contrastively and through the head. Resumable after a kill.

In one process, or in those that `accelerate launch` starts: each encodes its share of a batch, and
all see the loss of the whole of it (`processes.py`). A run goes on with another number of them.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from accelerate import Accelerator
from tokenizers import Tokenizer
from torch import Tensor
from tqdm import tqdm

from cpc_classifier.hierarchy import Hierarchy
from taxonomy.symbol import Rank
from training.batches import Batch, Batches, dense
from training.checkpoint import load_checkpoint, save_checkpoint
from training.corpus import negative_rows
from training.encoder import PatentEncoder, embed, encode_tokens
from training.head import TreeHead, log_scores
from training.losses import conditional_loss, contrastive_loss, joint_loss, listwise_loss
from training.processes import mean_gradients
from training.recipe import Adapt

__all__ = ["adapt", "text_vectors", "tokenise"]

log = logging.getLogger(__name__)

TOKEN_BUDGET = 4096
"""Padded tokens of one forward pass of a process in training."""


def tokenise(tokenizer: Tokenizer, texts: Sequence[str], max_tokens: int) -> list[list[int]]:
    """Token ids of texts, each at most ``max_tokens`` long with its special tokens."""
    tokenizer.enable_truncation(max_tokens)
    return [e.ids for e in tokenizer.encode_batch(list(texts))]


def text_vectors(
    encoder: PatentEncoder,
    tokenizer: Tokenizer,
    texts: Sequence[str],
    max_tokens: int,
    processes: Accelerator,
) -> Tensor:
    """t_n of all label rows: float32 (n_rows, dim), unit length."""
    return torch.from_numpy(embed(encoder, tokenise(tokenizer, texts, max_tokens), processes))


class Objective:
    """The loss of a batch, and what it is made of."""

    def __init__(self, hierarchy: Hierarchy, recipe: Adapt, processes: Accelerator) -> None:
        rank, device = np.asarray(hierarchy.rank), processes.device
        self.hierarchy, self.recipe, self.processes = hierarchy, recipe, processes
        self.device = device
        self.parent = torch.as_tensor(np.asarray(hierarchy.parent, np.int64), device=device)
        self.upper = torch.as_tensor(np.flatnonzero(rank <= Rank.SUBCLASS), device=device)
        self.subclass = torch.as_tensor(np.flatnonzero(rank == Rank.SUBCLASS), device=device)
        self.negatives = torch.as_tensor(negative_rows(hierarchy), device=device)

    def __call__(
        self, encoder: PatentEncoder, head: TreeHead, batch: Batch, tokens: Sequence[Sequence[int]]
    ) -> dict[str, Tensor]:
        """Means over the batch: ``contrast``, ``head``, ``list`` and their weighted sum.

        Args:
            tokens: of the batch's texts, then of its pairs.
        """
        together = encode_tokens(encoder, tokens, TOKEN_BUDGET, self.processes)
        f, paired = together[: len(batch.texts)], together[len(batch.texts) :]
        positive = torch.as_tensor(dense(batch.rows, len(self.hierarchy.symbols))).to(self.device)
        negative = self.negatives[torch.as_tensor(batch.known, device=self.device)]
        m, q = encoder.memory_query(f), batch.filings
        places = positive[:, self.subclass]
        unrelated = (places[:q] @ places[q:].T) == 0
        met = [contrastive_loss(m[:q], m[q:], unrelated, self.recipe.temperature)]
        if batch.pairs:
            one, others = encoder.memory_query(paired).view(len(batch.pairs), 2, -1).unbind(1)
            rivals = torch.ones(len(one), len(one), dtype=torch.bool, device=self.device)
            met.append(contrastive_loss(one, others, rivals, self.recipe.temperature))
        contrast = torch.cat(met).mean()
        logits = head(f)
        scores = log_scores(logits, self.hierarchy)
        upper = joint_loss(scores, positive, negative, self.parent, self.upper)
        listwise = listwise_loss(scores, positive, negative, self.subclass).mean()
        tree = (conditional_loss(logits, positive, negative, self.parent) + upper).mean()
        return {
            "contrast": contrast,
            "head": tree,
            "list": listwise,
            "loss": contrast + self.recipe.head_weight * tree + self.recipe.list_weight * listwise,
        }


def adapt(
    encoder: PatentEncoder,
    head: TreeHead,
    tokenizer: Tokenizer,
    batches: Batches,
    row_texts: Sequence[str],
    hierarchy: Hierarchy,
    recipe: Adapt,
    run: Path,
    fingerprint: str,
    processes: Accelerator,
) -> None:
    """Train in place, in every process; goes on where the run folder's checkpoint ends.

    Args:
        row_texts: the title path of each label row.
        run: folder of the checkpoint and of ``adapt.log.jsonl`` (losses only, no texts).
        fingerprint: of the recipe and corpus; a checkpoint of another one is refused.
        processes: the main one of them writes the files.
    """
    main = processes.is_main_process
    params = {f"encoder.{k}": p for k, p in encoder.trainable().items()}
    params |= {f"head.{k}": p for k, p in head.named_parameters()}
    kept = params | {"encoder.center": encoder.center}
    kept |= {"head.text": head.text}  # as of its last refresh
    optimizer = torch.optim.AdamW(
        [
            {
                "params": [p for k, p in params.items() if k.startswith("encoder.")],
                "lr": recipe.learning_rate,
                "weight_decay": 0.0,
            },
            {
                "params": [p for k, p in params.items() if k.startswith("head.")],
                "lr": recipe.head_learning_rate,
                "weight_decay": 0.01,
            },
        ]
    )
    schedule = [group["lr"] for group in optimizer.param_groups]
    checkpoint = run / "adapt.safetensors"
    done = 0
    if checkpoint.exists():
        done = load_checkpoint(checkpoint, kept, optimizer, fingerprint)
        log.info("stage 1 goes on after step %d of %d", done, recipe.steps)
    objective = Objective(hierarchy, recipe, processes)
    journal_path = run / "adapt.log.jsonl" if main else Path(os.devnull)
    with journal_path.open("a", encoding="utf-8") as journal:
        for step in tqdm(
            range(done, recipe.steps),
            initial=done,
            total=recipe.steps,
            desc="adapt",
            disable=not main,
        ):
            if step % recipe.refresh_every == 0:
                vectors = text_vectors(
                    encoder, tokenizer, row_texts, recipe.title_tokens, processes
                )
                head.text.copy_(vectors)
            for group, top in zip(optimizer.param_groups, schedule, strict=True):
                group["lr"] = top * _rate(step, recipe)
            batch = batches[step]
            parts = objective(encoder, head, batch, _tokens(tokenizer, batch, recipe))
            optimizer.zero_grad()
            parts["loss"].backward()
            mean_gradients(params.values(), processes)
            processes.clip_grad_norm_(params.values(), 1.0)
            optimizer.step()
            losses = {k: round(v.item(), 4) for k, v in parts.items()}
            print(json.dumps({"step": step} | losses), file=journal, flush=True)
            if (step + 1) % recipe.checkpoint_every == 0 or step + 1 == recipe.steps:
                save_checkpoint(checkpoint, kept, optimizer, step + 1, fingerprint, main)


def _rate(step: int, recipe: Adapt) -> float:
    """Linear up over the warm-up, then linear down to 0; as a share of the top rate."""
    warm = max(1, int(recipe.steps * recipe.warmup))
    if step < warm:
        return (step + 1) / warm
    return max(0.02, (recipe.steps - step) / max(1, recipe.steps - warm))


def _tokens(tokenizer: Tokenizer, batch: Batch, recipe: Adapt) -> list[list[int]]:
    """Those of the texts, then those of the pairs. Filings may be long, label texts are cut
    shorter."""
    texts = [*batch.texts, *(text for pair in batch.pairs for text in pair)]
    found = tokenise(tokenizer, texts, recipe.max_tokens)
    for i in np.flatnonzero(batch.labels):
        if len(found[i]) > recipe.title_tokens:
            found[i] = [*found[i][: recipe.title_tokens - 1], found[i][-1]]
    return found
