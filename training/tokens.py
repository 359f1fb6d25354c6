"""The encoder's tokenizer: as its weights came with it, with the recipe's prefix and end token.

Both are put into the tokenizer itself, so that training, the memory and the deployed bundle, which
carries its `tokenizer.json`, read a text in the same way without knowing of either.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer, normalizers, processors
from torch import Tensor
from transformers import AutoConfig

from training.errors import RecipeError
from training.recipe import Encoder as EncoderRecipe

__all__ = ["load_tokenizer", "pad", "weights_folder"]


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


def load_tokenizer(recipe: EncoderRecipe) -> Tokenizer:
    """The encoder's tokenizer, without truncation or padding set.

    Raises:
        RecipeError: it cannot be loaded, or last-token pooling finds no end token.
    """
    source = Path(weights_folder(recipe.model)) / "tokenizer.json"
    try:
        tokenizer = (
            Tokenizer.from_file(str(source))
            if source.is_file()
            else Tokenizer.from_pretrained(recipe.model)
        )
    except Exception as error:  # the library raises nothing more precise
        raise RecipeError(
            f"encoder.model {recipe.model!r}: its tokenizer cannot be loaded: {error}"
        ) from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    if recipe.prefix:
        _begin_with(tokenizer, recipe.prefix)
    if recipe.pooling == "last":
        _end_with_token(tokenizer, recipe.model)
    return tokenizer


def _begin_with(tokenizer: Tokenizer, prefix: str) -> None:
    """Let every text start with a prefix, before anything else is done to it.

    As a normaliser it is part of the text, so that the tokens are those of the prefixed text in
    every kind of tokenizer. (A template of the post-processor would add tokens instead: byte-level
    vocabularies spell the first word of a text differently when another one precedes it.)
    """
    own = [tokenizer.normalizer] if tokenizer.normalizer else []
    tokenizer.normalizer = normalizers.Sequence([normalizers.Prepend(prefix), *own])


def _end_with_token(tokenizer: Tokenizer, model: str) -> None:
    """Let every text end with a special token, which last-token pooling reads.

    Tokenizers of BERT-like and of embedding models do so by themselves; those of language models
    do not, and get the end token that their configuration names.
    """
    probe = tokenizer.encode("a")
    if probe.special_tokens_mask and probe.special_tokens_mask[-1]:
        return
    named = AutoConfig.from_pretrained(weights_folder(model), trust_remote_code=False).eos_token_id
    end = named[0] if isinstance(named, list) else named
    token = tokenizer.id_to_token(end) if end is not None else None
    if token is None:
        raise RecipeError(
            f"encoder.pooling 'last': {model!r} names no end token (eos_token_id) that its "
            "tokenizer has; take another model, or 'mean'"
        )
    first = probe.special_tokens_mask.index(0)  # what stands before the text stays there
    before = list(zip(probe.tokens[:first], probe.ids[:first], strict=True))
    tokenizer.post_processor = processors.TemplateProcessing(
        single=[*(t for t, _ in before), "$A", token], special_tokens=[*before, (token, end)]
    )


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
