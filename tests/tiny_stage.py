"""Stage 1 on a scheme of eleven rows, in this process or in several.

As a script, under `torchrun`: makes all that `test_training_adapt.py` compares with one process.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import FullyShardedDataParallelPlugin
from tokenizers import Tokenizer
from torch import Tensor
from torch.distributed.tensor import DTensor

from cpc_classifier.hierarchy import Hierarchy
from training import adapt as stage_1
from training.batches import Batch
from training.checkpoint import write_tensors
from training.corpus import Known
from training.encoder import PatentEncoder, load_encoder
from training.head import TreeHead
from training.processes import accelerator, is_sharded, mean_gradients, place
from training.recipe import Adapt, Encoder
from training.tokens import load_tokenizer

WORDS = [f"w{i}" for i in range(60)]
HIERARCHY = Hierarchy(
    tuple("A A01 A01B A01B1/00 A01B3/00 A01K A01K1/00 B B01 B01B B01B1/00".split()),
    np.array([-1, 0, 1, 2, 2, 1, 5, -1, 7, 8, 9], np.int32),
    np.array([0, 1, 2, 3, 3, 2, 3, 0, 1, 2, 3], np.int8),
)
GROUPS = np.flatnonzero(HIERARCHY.rank == 3)
FILINGS, EXTRA, PAIRS = 6, 3, 3
RECIPE = Adapt(steps=4, title_tokens=12, max_tokens=40, refresh_every=3, checkpoint_every=2)
BUDGET = 96
"""Padded tokens of a part, so that a batch has several; its texts are odd in number."""


class Batches:
    """Texts of random words, the same for the same step.

    Args:
        until: a step that is not drawn: there the run is killed.
    """

    def __init__(self, until: int = RECIPE.steps) -> None:
        self.until = until

    def __getitem__(self, step: int) -> Batch:
        if step >= self.until:
            raise KeyboardInterrupt
        rng = np.random.default_rng([11, step])
        total = 2 * FILINGS + EXTRA
        texts = [_text(rng) for _ in range(total)]
        rows = [HIERARCHY.closure(rng.choice(GROUPS, 1)) for _ in texts]
        pairs = [(_text(rng), _text(rng)) for _ in range(PAIRS)]
        labels = [i >= FILINGS for i in range(total)]
        return Batch(texts, rows, [Known.ALL] * total, FILINGS, labels, pairs)


def _text(rng: np.random.Generator) -> str:
    return " ".join(rng.choice(WORDS, int(rng.integers(2, 30))))


@dataclass(frozen=True, slots=True)
class Stage:
    """What a step works on."""

    encoder: PatentEncoder
    head: TreeHead
    tokenizer: Tokenizer


def build(folder: Path, processes: Accelerator, *, sharded: bool = False) -> Stage:
    """The encoder of a folder with adapters that do something, the same in every process."""
    recipe = Encoder(
        str(folder),
        "none",
        lora_rank=4,
        targets="all-linear",
        precision="float32",
        gradient_checkpointing=sharded,  # so that both are known to go together
    )
    torch.manual_seed(5)
    encoder = load_encoder(recipe, memory_dim=8)
    with torch.no_grad():
        for name, weights in encoder.trainable().items():
            if "lora_B" in name:
                weights.normal_(0, 0.1)
    if sharded:  # what `accelerate launch` says by the environment, but on GPUs only
        processes.state.fsdp_plugin = FullyShardedDataParallelPlugin(
            fsdp_version=2, cpu_ram_efficient_loading=False
        )
    head = TreeHead(HIERARCHY, encoder.dim)
    head.text.normal_()
    place(encoder.base, processes)
    if is_sharded(encoder) != sharded:
        raise RuntimeError("FSDP did not take the encoder as it was told")
    return Stage(encoder, head, load_tokenizer(recipe))


def gradients(stage: Stage, processes: Accelerator) -> dict[str, Tensor]:
    """Those of one batch, whole, after they have come together; and its loss."""
    stage_1.TOKEN_BUDGET = BUDGET
    batch = Batches()[0]
    objective = stage_1.Objective(HIERARCHY, RECIPE, processes)
    texts = [*batch.texts, *(text for pair in batch.pairs for text in pair)]
    tokens = stage_1.tokenise(stage.tokenizer, texts, RECIPE.max_tokens)
    loss = objective(stage.encoder, stage.head, batch, tokens)["loss"]
    loss.backward()
    params = dict(stage.encoder.trainable()) | dict(stage.head.named_parameters())
    mean_gradients(params.values(), processes)
    found = {k: p.grad for k, p in params.items() if p.grad is not None}
    whole = {k: g.full_tensor() if isinstance(g, DTensor) else g for k, g in found.items()}
    return whole | {"loss": loss.detach()}


def train(stage: Stage, run: Path, processes: Accelerator, until: int = RECIPE.steps) -> None:
    """The steps that are left in a run folder, or those before ``until``."""
    stage_1.TOKEN_BUDGET = BUDGET
    run.mkdir(parents=True, exist_ok=True)
    try:
        stage_1.adapt(
            stage.encoder,
            stage.head,
            stage.tokenizer,
            Batches(until),  # type: ignore[arg-type]
            [f"w{i} w{2 * i}" for i in range(len(HIERARCHY.symbols))],
            HIERARCHY,
            RECIPE,
            run,
            "fingerprint",
            processes,
        )
    except KeyboardInterrupt:
        if until == RECIPE.steps:
            raise


def main(encoder: Path, runs: Path) -> None:
    """Gradients, a run that is killed, and one that is gone on with; replicated, then sharded."""
    processes = accelerator()
    for kind in ("replicated", "sharded"):
        made = [build(encoder, processes, sharded=kind == "sharded") for _ in range(3)]
        found = gradients(made[0], processes)
        if processes.is_main_process:
            write_tensors(runs / f"gradients-{kind}.safetensors", found)
        train(made[1], runs / f"two-{kind}", processes, until=2)
        train(made[2], runs / f"one-{kind}", processes)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
