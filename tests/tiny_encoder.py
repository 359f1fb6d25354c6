"""Encoders of each family with random weights and a vocabulary of their own, small enough to train
in a test."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import (
    BertConfig,
    BertModel,
    Exaone4Config,
    Exaone4Model,
    LlamaConfig,
    LlamaModel,
    PreTrainedModel,
    Qwen3Config,
    Qwen3Model,
    XLMRobertaConfig,
    XLMRobertaModel,
)

__all__ = ["DECODERS", "FAMILIES", "write_encoder"]

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
CLS, SEP = 2, 3
SMALL: dict[str, Any] = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
    "max_position_embeddings": 64,
}
DECODER = SMALL | {"num_attention_heads": 4, "num_key_value_heads": 2, "eos_token_id": SEP}

FAMILIES: dict[str, Callable[[int], PreTrainedModel]] = {
    "bert": lambda words: BertModel(BertConfig(vocab_size=words, **SMALL)),
    "xlm-roberta": lambda words: XLMRobertaModel(
        XLMRobertaConfig(vocab_size=words, pad_token_id=0, **SMALL)
    ),
    "llama": lambda words: LlamaModel(LlamaConfig(vocab_size=words, **DECODER)),
    "qwen3": lambda words: Qwen3Model(Qwen3Config(vocab_size=words, head_dim=16, **DECODER)),
    # of four layers three see 8 tokens back, and one all of them
    "exaone4": lambda words: Exaone4Model(
        Exaone4Config(
            vocab_size=words,
            sliding_window=8,
            sliding_window_pattern=4,
            **DECODER | {"num_hidden_layers": 4},
        )
    ),
}
DECODERS = ("llama", "qwen3", "exaone4")


def write_encoder(folder: Path, words: Sequence[str], family: str = "bert") -> None:
    """Write weights, configuration and tokenizer as Hugging Face folders have them.

    A decoder's tokenizer begins a text with a special token and does not end it, as Llama's does.
    """
    vocabulary = {w: i for i, w in enumerate([*SPECIAL, *(w for w in words if w not in SPECIAL)])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A" if family in DECODERS else "[CLS] $A [SEP]",
        special_tokens=[("[CLS]", CLS), ("[SEP]", SEP)],
    )
    torch.manual_seed(0)
    FAMILIES[family](len(vocabulary)).save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
