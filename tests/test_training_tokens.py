"""Tokenizers: a prefix is part of the text, and a text that is read at its end has an end."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tiny_encoder import write_encoder
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from transformers import LlamaConfig

from training.errors import RecipeError
from training.recipe import Encoder
from training.tokens import load_tokenizer, pad

TEXTS = ["the spade turns the soil", "soil. the", " soil", "Spade: 10 %", "토양을 뒤집는 삽"]
PREFIX = "query: "
ALPHABET = sorted(set("".join(TEXTS) + PREFIX))


def _word_piece() -> Tokenizer:
    pieces = ["[UNK]", "[CLS]", "[SEP]", "query", ":", "the", "sp", "##ade", "soil", *ALPHABET]
    tokenizer = Tokenizer(models.WordPiece({p: i for i, p in enumerate(dict.fromkeys(pieces))}))
    tokenizer.normalizer = normalizers.BertNormalizer()
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 2), ("[CLS]", 1))
    return tokenizer


def _unigram() -> Tokenizer:
    pieces = [(w, 0.0) for w in ("<s>", "</s>", "<unk>")]
    pieces += [(f"▁{w}", -2.0) for w in ("query", "the", "soil")] + [("▁", -4.0)]
    pieces += [(c, -6.0) for c in ALPHABET if c != " "]
    tokenizer = Tokenizer(models.Unigram(pieces, 2, False))
    tokenizer.normalizer = normalizers.NFKC()
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 1)]
    )
    return tokenizer


def _byte_level() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    trainer = trainers.BpeTrainer(
        vocab_size=300,
        special_tokens=["<|begin|>", "<|x|>", "<|y|>", "<|end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(["query: the spade turns the soil", "the soil"], trainer)
    begin = processors.TemplateProcessing(single="<|begin|> $A", special_tokens=[("<|begin|>", 0)])
    tokenizer.post_processor = processors.Sequence(
        [processors.ByteLevel(trim_offsets=False), begin]
    )
    return tokenizer


KINDS = {"word piece": _word_piece, "unigram": _unigram, "byte level": _byte_level}


def _saved(folder: Path, kind: str, end: int | None = 3) -> Encoder:
    KINDS[kind]().save(str(folder / "tokenizer.json"))
    LlamaConfig(eos_token_id=end).save_pretrained(folder)
    return Encoder(str(folder), "none")


@pytest.mark.parametrize("kind", KINDS)
def test_the_tokens_are_those_of_the_prefixed_text(kind: str, tmp_path: Path) -> None:
    recipe = replace(_saved(tmp_path, kind), prefix=PREFIX)
    bundled = Tokenizer.from_str(load_tokenizer(recipe).to_str())  # as a bundle carries it
    plain = KINDS[kind]()
    for text in TEXTS:
        assert bundled.encode(text).ids == plain.encode(PREFIX + text).ids
        assert bundled.encode(text).ids != plain.encode(text).ids


@pytest.mark.parametrize("kind", KINDS)
def test_prefix_and_ends_survive_a_cut(kind: str, tmp_path: Path) -> None:
    recipe = replace(_saved(tmp_path, kind), prefix=PREFIX, pooling="last")
    tokenizer = load_tokenizer(recipe)
    whole = tokenizer.encode(TEXTS[0]).tokens
    tokenizer.enable_truncation(8)
    cut = tokenizer.encode(TEXTS[0])
    assert len(whole) > len(cut.tokens) == 8
    assert cut.tokens == [*whole[:7], whole[-1]]
    assert cut.special_tokens_mask == [1, 0, 0, 0, 0, 0, 0, 1]


def test_last_token_pooling_adds_the_end_that_a_decoder_lacks(tmp_path: Path) -> None:
    recipe = _saved(tmp_path, "byte level")
    without = load_tokenizer(recipe).encode(TEXTS[0]).ids
    assert load_tokenizer(replace(recipe, pooling="last")).encode(TEXTS[0]).ids == [*without, 3]


@pytest.mark.parametrize("kind", ["word piece", "unigram"])
def test_an_end_that_is_there_is_enough(kind: str, tmp_path: Path) -> None:
    recipe = _saved(tmp_path, kind)
    assert (
        load_tokenizer(replace(recipe, pooling="last")).to_str() == load_tokenizer(recipe).to_str()
    )


@pytest.mark.parametrize("end", [None, 999])
def test_a_model_without_an_end_is_refused(end: int | None, tmp_path: Path) -> None:
    recipe = replace(_saved(tmp_path, "byte level", end), pooling="last")
    with pytest.raises(RecipeError, match="names no end token"):
        load_tokenizer(recipe)


def test_a_file_that_is_no_tokenizer_is_refused(tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text("{}", encoding="utf-8")
    with pytest.raises(RecipeError, match="its tokenizer cannot be loaded"):
        load_tokenizer(Encoder(str(tmp_path), "none"))


def test_a_decoder_of_the_tests_is_read_at_its_end(tmp_path: Path) -> None:
    write_encoder(tmp_path, ["soil"], "exaone4")
    ids = load_tokenizer(Encoder(str(tmp_path), "none", pooling="last")).encode("soil soil").ids
    assert ids == [2, 4, 4, 3]


def test_rows_are_padded_to_sixteen() -> None:
    ids, mask = pad([[5, 6], [7] * 17])
    assert ids.shape == mask.shape == (2, 32)
    assert mask.sum(1).tolist() == [2, 17]
    assert ids[0, :3].tolist() == [5, 6, 0]
