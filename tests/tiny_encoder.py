"""A BERT with random weights and a vocabulary of its own, small enough to train in a test."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import BertConfig, BertModel

__all__ = ["write_encoder"]

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")


def write_encoder(folder: Path, words: Sequence[str]) -> None:
    """Write weights, configuration and tokenizer as Hugging Face folders have them."""
    vocabulary = {w: i for i, w in enumerate([*SPECIAL, *(w for w in words if w not in SPECIAL)])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
    )
    BertModel(config).save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))
