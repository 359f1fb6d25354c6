"""The torch encoder: a pretrained transformer, LoRA, mean pooling, and the memory's projection.

Nothing here knows of labels. The weights come from a Hugging Face id, a folder, or an installed
package that carries them; code of a model repository is never run.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch
from peft import LoraConfig, get_peft_model
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional
from transformers import AutoModel

from training.errors import RecipeError
from training.recipe import Encoder as EncoderRecipe

__all__ = ["PatentEncoder", "embed", "load_encoder", "load_tokenizer", "pad", "weights_folder"]


class PatentEncoder(nn.Module):
    """Transformer -> masked mean -> unit length; and a shorter vector for the memory.

    Attributes:
        base: the transformer, with adapters while it is trained.
        projection: float32 (dim, memory_dim), from the embedding to the memory's space.
    """

    def __init__(self, base: nn.Module, dim: int, memory_dim: int) -> None:
        super().__init__()
        self.base = base
        self.dim = dim
        self.projection = nn.Parameter(torch.eye(dim)[:, :memory_dim].clone())

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """Embeddings of a padded batch.

        Args:
            input_ids: int64 (batch, tokens).
            attention_mask: int64 (batch, tokens), 1 for a token, 0 for padding.

        Returns:
            float32 (batch, dim), unit length.
        """
        states = self.base(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        mask = attention_mask.unsqueeze(-1).to(torch.float32)
        mean = (states.to(torch.float32) * mask).sum(1) / mask.sum(1).clamp(min=1.0)
        return functional.normalize(mean, dim=-1)

    def memory_query(self, embedding: Tensor) -> Tensor:
        """float32 (batch, memory_dim), unit length, from float32 (batch, dim)."""
        return functional.normalize(embedding @ self.projection, dim=-1)

    def trainable(self) -> dict[str, Tensor]:
        """What training changes, by name: the adapter's matrices and the projection."""
        return {n: p for n, p in self.named_parameters() if p.requires_grad}

    def soften(self, share: float) -> None:
        """Move the adapted weights back towards the pretrained ones, in place.

        Args:
            share: of the adapter that is left: W0 + share * (W - W0), in [0, 1].
        """
        with torch.no_grad():
            for name, weights in self.trainable().items():
                if "lora_B" in name:
                    weights.mul_(share)


def weights_folder(model: str) -> str:
    """Where the weights of a recipe's ``encoder.model`` are.

    A folder is itself; an installed package with a ``model`` folder gives that; anything else is
    taken for a Hugging Face id.
    """
    if Path(model).is_dir():
        return model
    name = model.replace("-", "_")
    spec = importlib.util.find_spec(name) if name.isidentifier() else None
    if spec is not None and spec.origin:
        folder = Path(spec.origin).parent / "model"
        if folder.is_dir():
            return str(folder)
    return model


def load_encoder(recipe: EncoderRecipe, memory_dim: int) -> PatentEncoder:
    """The pretrained encoder with fresh adapters; every other weight is frozen.

    Raises:
        RecipeError: the model cannot be loaded, or no module matches ``encoder.targets``.
    """
    source = weights_folder(recipe.model)
    try:  # on a CPU the backward pass of fused attention costs a third of a whole step
        base = AutoModel.from_pretrained(
            source, trust_remote_code=False, attn_implementation="eager"
        )
    except (OSError, ValueError) as error:
        raise RecipeError(f"encoder.model {recipe.model!r} cannot be loaded: {error}") from error
    if hasattr(base, "pooler"):
        base.pooler = None
    config = LoraConfig(
        r=recipe.lora_rank, lora_alpha=recipe.lora_alpha, target_modules=list(recipe.targets)
    )
    try:
        adapted = get_peft_model(base, config)
    except ValueError as error:
        raise RecipeError(f"encoder.targets {list(recipe.targets)}: {error}") from error
    # evaluation mode also while training: dropout is 2.7 times slower on a CPU and helps little
    return PatentEncoder(adapted, base.config.hidden_size, memory_dim).eval()


def load_tokenizer(recipe: EncoderRecipe) -> Tokenizer:
    """The encoder's tokenizer, without truncation or padding set."""
    source = Path(weights_folder(recipe.model)) / "tokenizer.json"
    tokenizer = (
        Tokenizer.from_file(str(source))
        if source.is_file()
        else Tokenizer.from_pretrained(recipe.model)
    )
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def pad(rows: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
    """Token ids of a batch as ``input_ids`` and ``attention_mask``, both int64 (batch, tokens).

    Padded to a multiple of 16: a CPU prepares its kernels anew for every length it has not seen.
    """
    longest = -(-max(len(r) for r in rows) // 16) * 16
    ids = torch.zeros(len(rows), longest, dtype=torch.int64)
    mask = torch.zeros_like(ids)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = torch.as_tensor(row, dtype=torch.int64)
        mask[i, : len(row)] = 1
    return ids, mask


def encode_tokens(
    encoder: PatentEncoder, rows: Sequence[Sequence[int]], budget: int, device: torch.device
) -> Tensor:
    """Embeddings in input order; run by length in parts of at most ``budget`` padded tokens.

    Returns:
        float32 (len(rows), dim), with gradients where they are on.
    """
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    parts = []
    for chosen in by_budget(order, [len(r) for r in rows], budget):
        ids, mask = pad([rows[i] for i in chosen])
        with torch.autocast(device.type, dtype=torch.bfloat16):
            parts.append(encoder(ids.to(device), mask.to(device)))
    back = torch.empty(len(rows), dtype=torch.int64)
    back[torch.as_tensor(order)] = torch.arange(len(rows))
    return torch.cat(parts)[back.to(device)]


def by_budget(order: Iterable[int], lengths: Sequence[int], budget: int) -> list[list[int]]:
    """Split an order by rising length so that rows x longest stays within ``budget``."""
    parts: list[list[int]] = []
    for i in order:
        if parts and (len(parts[-1]) + 1) * lengths[i] <= budget:
            parts[-1].append(i)
        else:
            parts.append([i])
    return parts


def embed(
    encoder: PatentEncoder,
    rows: Sequence[Sequence[int]],
    device: torch.device,
    budget: int = 8192,
) -> np.ndarray:
    """Embeddings for good, without gradients.

    Args:
        rows: token ids, one sequence a text.
        budget: padded tokens a forward pass.

    Returns:
        float32 (len(rows), dim), unit length.
    """
    with torch.inference_mode():
        return encode_tokens(encoder, rows, budget, device).float().cpu().numpy()
