"""The torch encoder: a pretrained transformer, LoRA, pooling, and the memory's projection.

BERT-like encoders and decoders (Llama, Qwen3, EXAONE 4) alike. Nothing here knows of labels. The
weights come from a Hugging Face id, a folder, or an installed package that carries them; code of a
model repository is never run.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from peft import LoraConfig, get_peft_model
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint
from transformers import AutoModel, BitsAndBytesConfig
from transformers.modeling_layers import GradientCheckpointingLayer

from training.errors import RecipeError
from training.processes import gather_shares, share
from training.recipe import Encoder as EncoderRecipe
from training.tokens import pad, weights_folder

__all__ = ["PatentEncoder", "embed", "encode_tokens", "load_encoder"]

LAYER = re.compile(r"\blayers?\.(\d+)\.")
"""The number of a layer in the name of a module."""
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "nf4": torch.bfloat16}
"""Of the frozen weights; of what 4 bits are unpacked to."""


class PatentEncoder(nn.Module):
    """Transformer -> pooling -> unit length; and a shorter vector for the memory.

    Attributes:
        base: the transformer, with adapters while it is trained.
        pooling: "mean" of the states of all tokens, or "last": the state of the last one.
        precision: dtype of the products in training.
        center: float32 (dim,), what the pretrained embeddings of all texts have in common. It is
            taken away, or every cosine would be near 1: of multilingual-e5-small's, two unrelated
            texts have 0.75 (Mu and Viswanath, "All-but-the-top", 2018).
        projection: float32 (dim, memory_dim), from the embedding to the memory's space.
    """

    center: Tensor

    def __init__(
        self,
        base: nn.Module,
        dim: int,
        memory_dim: int,
        pooling: str = "mean",
        precision: torch.dtype = torch.bfloat16,
    ) -> None:
        super().__init__()
        self.base = base
        self.dim, self.pooling, self.precision = dim, pooling, precision
        self.register_buffer("center", torch.zeros(dim))
        self.projection = nn.Parameter(torch.eye(dim)[:, :memory_dim].clone())

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Embeddings of a padded batch.

        Args:
            input_ids: int64 (batch, tokens).
            attention_mask: int64 (batch, tokens), 1 for a token, 0 for padding, on either side.

        Returns:
            float32 (batch, dim), unit length.
        """
        states = self.base(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        if self.pooling == "last":
            places = torch.arange(states.shape[1], device=states.device)
            last = (attention_mask * places).argmax(1)
            rows = torch.arange(states.shape[0], device=states.device)
            return self._centred(states[rows, last].to(torch.float32))
        mask = attention_mask.unsqueeze(-1).to(torch.float32)
        mean = (states.to(torch.float32) * mask).sum(1) / mask.sum(1).clamp(min=1.0)
        return self._centred(mean)

    def _centred(self, pooled: Tensor) -> Tensor:
        return functional.normalize(functional.normalize(pooled, dim=-1) - self.center, dim=-1)

    def memory_query(self, embedding: Tensor) -> Tensor:
        """float32 (batch, memory_dim), unit length, from float32 (batch, dim)."""
        return functional.normalize(embedding @ self.projection, dim=-1)

    def trainable(self) -> dict[str, Tensor]:
        """What training changes, by name: the adapter's matrices and the projection."""
        return {n: p for n, p in self.named_parameters() if p.requires_grad}

    def state(self) -> dict[str, Tensor]:
        """What differs from the published encoder, by name."""
        return self.trainable() | {"center": self.center}

    def soften(self, share: float) -> None:
        """Move the adapted weights back towards the pretrained ones, in place.

        Args:
            share: of the adapter that is left: W0 + share * (W - W0), in [0, 1].
        """
        with torch.no_grad():
            for name, weights in self.trainable().items():
                if "lora_B" in name:
                    weights.mul_(share)


def load_encoder(recipe: EncoderRecipe, memory_dim: int) -> PatentEncoder:
    """The pretrained encoder with fresh adapters; every other weight is frozen.

    Raises:
        RecipeError: the model cannot be loaded or is no encoder of one text, there is no GPU for
            4 bits, or no module matches ``encoder.targets``.
    """
    base = _pretrained(recipe)
    if base.config.is_encoder_decoder:
        raise RecipeError(
            f"encoder.model {recipe.model!r} reads one text and writes another; an encoder or a "
            "decoder alone is needed"
        )
    if hasattr(base, "pooler"):
        base.pooler = None
    base.config.use_cache = False
    targets = _targets(base, recipe)
    config = LoraConfig(r=recipe.lora_rank, lora_alpha=recipe.lora_alpha, target_modules=targets)
    try:
        adapted = get_peft_model(base, config)
    except ValueError as error:
        raise RecipeError(f"encoder.targets {targets}: {error}") from error
    encoder = PatentEncoder(
        adapted, base.config.hidden_size, memory_dim, recipe.pooling, DTYPES[recipe.precision]
    )
    # evaluation mode also while training: dropout is 2.7 times slower on a CPU and helps little
    encoder.eval()
    if recipe.gradient_checkpointing:
        _recompute(base, recipe.model)
    return encoder


def _targets(base: nn.Module, recipe: EncoderRecipe) -> str | list[str]:
    """What gets an adapter, as peft is told: all layers alike, or from one on by name."""
    named = recipe.targets
    if not recipe.adapt_from:
        return named if isinstance(named, str) else list(named)
    linear = [name for name, module in base.named_modules() if isinstance(module, nn.Linear)]
    layer = {name: LAYER.search(name) for name in linear}
    return [
        name
        for name in linear
        if isinstance(named, str) or name.rpartition(".")[2] in named
        if (found := layer[name]) and int(found[1]) >= recipe.adapt_from
    ]


def _pretrained(recipe: EncoderRecipe) -> Any:
    """The transformer as it was published, in the recipe's kind of numbers."""
    gpu = torch.cuda.is_available()
    settings: dict[str, Any] = {
        "dtype": DTYPES[recipe.weights],
        # on a CPU the backward pass of fused attention costs a third of a whole step
        "attn_implementation": "sdpa" if gpu else "eager",
    }
    if recipe.weights == "nf4":
        if not gpu:
            raise RecipeError(
                "encoder.weights 'nf4' needs a GPU, and torch sees none: take 'bfloat16'"
            )
        if importlib.util.find_spec("bitsandbytes") is None:
            raise RecipeError(
                "encoder.weights 'nf4' needs bitsandbytes: pip install 'cpc-classifier[gpu-train]'"
            )
        settings["quantization_config"] = BitsAndBytesConfig(
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=torch.bfloat16,
            bnb_4bit_quant_storage=torch.bfloat16,  # FSDP shards no whole numbers
        )
    try:
        return AutoModel.from_pretrained(
            weights_folder(recipe.model), trust_remote_code=False, **settings
        )
    except (OSError, ValueError) as error:
        raise RecipeError(f"encoder.model {recipe.model!r} cannot be loaded: {error}") from error


def _recompute(base: nn.Module, model: str) -> None:
    """Keep only each layer's input in the forward pass, and compute the rest again backward.

    A layer of transformers does so only in training mode; it alone is put there, not the dropout
    inside of it.
    """
    layers: list[Any] = [m for m in base.modules() if isinstance(m, GradientCheckpointingLayer)]
    if not layers:
        raise RecipeError(f"encoder.gradient_checkpointing: {model!r} has no layers that can")
    for layer in layers:
        layer.training = layer.gradient_checkpointing = True
        layer._gradient_checkpointing_func = partial(checkpoint, use_reentrant=False)


def encode_tokens(
    encoder: PatentEncoder, rows: Sequence[Sequence[int]], budget: int, processes: Accelerator
) -> Tensor:
    """Embeddings in input order; run by length in parts of at most ``budget`` padded tokens.

    Args:
        rows: token ids, the same in every process; each encodes its share.

    Returns:
        float32 (len(rows), dim), of all of them in every process, with gradients where they are on.
    """
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    mine, longest = share(order, processes)
    device, low = processes.device, encoder.precision
    parts = []
    for chosen in by_budget([len(rows[i]) for i in longest], budget):
        ids, mask = pad([rows[mine[i]] for i in chosen])
        with torch.autocast(device.type, torch.bfloat16, enabled=low == torch.bfloat16):
            parts.append(encoder(ids.to(device), mask.to(device)))
    back = torch.empty(len(rows), dtype=torch.int64)
    back[torch.as_tensor(order)] = torch.arange(len(rows))
    return gather_shares(torch.cat(parts), len(rows), processes)[back.to(device)]


def by_budget(lengths: Iterable[int], budget: int) -> list[list[int]]:
    """Split rising lengths so that rows x longest stays within ``budget``: indices of each part."""
    parts: list[list[int]] = []
    for i, length in enumerate(lengths):
        if parts and (len(parts[-1]) + 1) * length <= budget:
            parts[-1].append(i)
        else:
            parts.append([i])
    return parts


def embed(
    encoder: PatentEncoder,
    rows: Sequence[Sequence[int]],
    processes: Accelerator,
    budget: int = 8192,
) -> np.ndarray:
    """Embeddings for good, without gradients.

    Args:
        rows: token ids, one sequence a text.
        budget: padded tokens a forward pass.

    Returns:
        float32 (len(rows), dim), unit length.
    """
    with torch.no_grad():
        return encode_tokens(encoder, rows, budget, processes).float().cpu().numpy()
