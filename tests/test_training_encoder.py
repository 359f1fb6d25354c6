"""Encoders of every family: what is trained, how a text becomes one vector, and what is refused."""

from __future__ import annotations

import copy
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from accelerate.commands.config.config_args import load_config_from_file
from tiny_encoder import DECODERS, FAMILIES, write_encoder
from torch import Tensor, nn
from transformers import AutoModel, T5Config, T5Model

from training.encoder import PatentEncoder, by_budget, embed, encode_tokens, load_encoder
from training.errors import RecipeError
from training.processes import accelerator
from training.recipe import Encoder
from training.recipe_file import load_recipe
from training.tokens import pad

PAGE = Path(__file__).resolve().parents[1] / "docs" / "encoders.md"
ROWS = [[2, 5, 6, 7, 3], [2, 9, 3], [2, *range(4, 40), 3], [2, 8, 8, 3]]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """An encoder of each family."""
    root = tmp_path_factory.mktemp("families")
    for family in FAMILIES:
        write_encoder(root / family, [f"w{i}" for i in range(60)], family)
    return {family: root / family for family in FAMILIES}


def _recipe(folder: Path) -> Encoder:
    return Encoder(str(folder), "none", lora_rank=4, targets="all-linear", precision="float32")


def _loaded(recipe: Encoder) -> PatentEncoder:
    """With adapters that do something, the same ones each time."""
    torch.manual_seed(3)
    encoder = load_encoder(recipe, memory_dim=8)
    with torch.no_grad():
        for name, weights in encoder.trainable().items():
            if "lora_B" in name:
                weights.normal_(0, 0.1)
    return encoder


def _gradients(encoder: PatentEncoder) -> dict[str, Tensor]:
    found = encode_tokens(encoder, ROWS, 64, accelerator())
    (encoder.memory_query(found)[:, 0] * torch.arange(1.0, 5.0)).sum().backward()
    return {name: p.grad for name, p in encoder.trainable().items() if p.grad is not None}


@pytest.mark.parametrize("family", FAMILIES)
def test_training_changes_adapters_and_projection_alone(
    family: str, folders: dict[str, Path]
) -> None:
    encoder = _loaded(_recipe(folders[family]))
    before = copy.deepcopy(encoder.state_dict())
    optimizer = torch.optim.AdamW(encoder.parameters(), lr=0.01)
    _gradients(encoder)
    optimizer.step()
    changed = {k for k, v in encoder.state_dict().items() if not torch.equal(v, before[k])}
    assert changed == set(encoder.trainable())
    assert all("lora_" in name or name == "projection" for name in changed)


@pytest.mark.parametrize("family", FAMILIES)
def test_layers_below_the_first_adapted_one_stay_as_they_were(
    family: str, folders: dict[str, Path]
) -> None:
    recipe = replace(_recipe(folders[family]), adapt_from=1)
    layers = {re.search(r"layers?\.(\d+)\.", n) for n in load_encoder(recipe, 8).trainable()}
    found = {int(m[1]) for m in layers if m}
    assert found == set(range(1, 4 if family == "exaone4" else 2))


def test_what_all_texts_have_in_common_is_taken_away(folders: dict[str, Path]) -> None:
    encoder = _loaded(_recipe(folders["bert"]))
    before = embed(encoder, ROWS, accelerator())
    encoder.center.copy_(torch.from_numpy(before.mean(axis=0)))
    after = embed(encoder, ROWS, accelerator())
    wanted = before - before.mean(axis=0)
    wanted /= np.linalg.norm(wanted, axis=1, keepdims=True)
    np.testing.assert_allclose(after, wanted, atol=1e-6)
    assert (after @ after.T).mean() < (before @ before.T).mean()


@pytest.mark.parametrize("family", FAMILIES)
def test_every_linear_layer_gets_an_adapter_but_the_pooler(
    family: str, folders: dict[str, Path]
) -> None:
    plain = AutoModel.from_pretrained(folders[family])
    linear = {n for n, m in plain.named_modules() if isinstance(m, nn.Linear)}
    names = [n for n in load_encoder(_recipe(folders[family]), 8).trainable() if "lora_A" in n]
    adapted = {n.removeprefix("base.base_model.model.").split(".lora_A")[0] for n in names}
    assert adapted == {n for n in linear if "pooler" not in n}
    assert ("pooler.dense" in linear) == (family not in DECODERS)


@pytest.mark.parametrize("pooling", ["mean", "last"])
@pytest.mark.parametrize("family", FAMILIES)
def test_padding_and_neighbours_do_not_matter(
    family: str, pooling: str, folders: dict[str, Path]
) -> None:
    encoder = _loaded(replace(_recipe(folders[family]), pooling=pooling))
    with torch.no_grad():
        together = encoder(*pad(ROWS))
        alone = [encoder(torch.tensor([r]), torch.ones(1, len(r), dtype=torch.int64)) for r in ROWS]
    torch.testing.assert_close(together, torch.cat(alone), atol=1e-5, rtol=0)


@pytest.mark.parametrize("pooling", ["mean", "last"])
def test_padding_may_stand_before_the_text(pooling: str, folders: dict[str, Path]) -> None:
    encoder = _loaded(replace(_recipe(folders["llama"]), pooling=pooling))
    ids, mask = torch.tensor([[0, 0, 0, *ROWS[0]]]), torch.tensor([[0, 0, 0, 1, 1, 1, 1, 1]])
    with torch.no_grad():
        left, right = encoder(ids, mask), encoder(*pad(ROWS[:1]))
    torch.testing.assert_close(left, right, atol=1e-5, rtol=0)


@pytest.mark.parametrize("family", DECODERS)
def test_the_last_token_of_a_decoder_has_read_all_and_the_first_has_not(
    family: str, folders: dict[str, Path]
) -> None:
    encoder = _loaded(replace(_recipe(folders[family]), pooling="last"))
    other = [2, 40, 6, 7, 3]
    with torch.no_grad():
        one, two = encoder(*pad([ROWS[0], other]))
        states = encoder.base(*pad([ROWS[0], [*ROWS[0][:-1], 9]])).last_hidden_state
    assert not torch.allclose(one, two, atol=1e-4)
    torch.testing.assert_close(states[0, :4], states[1, :4])


@pytest.mark.parametrize("family", FAMILIES)
def test_gradient_checkpointing_gives_the_same_gradients(
    family: str, folders: dict[str, Path]
) -> None:
    recipe = _recipe(folders[family])
    plain = _gradients(_loaded(recipe))
    encoder = _loaded(replace(recipe, gradient_checkpointing=True))
    layer = next(m for n, m in encoder.named_modules() if n.endswith("lora_A.default"))
    calls: list[int] = []
    layer.register_forward_hook(lambda *_: calls.append(1))
    parts = len(by_budget(sorted(len(r) for r in ROWS), 64))
    found = _gradients(encoder)
    assert len(calls) == 2 * parts  # once forward, once more backward
    assert not any(m.training for m in encoder.modules() if isinstance(m, nn.Dropout))
    assert found.keys() == plain.keys()
    for name, gradient in plain.items():
        torch.testing.assert_close(found[name], gradient, msg=lambda m, name=name: f"{name}: {m}")


@pytest.mark.parametrize("family", ["bert", "qwen3"])
def test_half_precision_halves_the_frozen_weights_alone(
    family: str, folders: dict[str, Path]
) -> None:
    whole = _loaded(_recipe(folders[family]))
    half = _loaded(replace(_recipe(folders[family]), weights="bfloat16", precision="bfloat16"))
    assert {p.dtype for p in half.parameters() if not p.requires_grad} == {torch.bfloat16}
    assert {p.dtype for p in half.trainable().values()} == {torch.float32}
    exact, rough = embed(whole, ROWS, accelerator()), embed(half, ROWS, accelerator())
    assert ((exact * rough).sum(1) > 0.99).all()


@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU is here")
def test_four_bits_without_a_gpu_are_refused(folders: dict[str, Path]) -> None:
    with pytest.raises(RecipeError, match="'nf4' needs a GPU"):
        load_encoder(replace(_recipe(folders["llama"]), weights="nf4"), 8)


def test_an_encoder_decoder_is_refused(tmp_path: Path) -> None:
    config = T5Config(vocab_size=20, d_model=8, d_kv=4, d_ff=8, num_layers=1, num_heads=2)
    T5Model(config).save_pretrained(tmp_path)
    with pytest.raises(RecipeError, match="writes another"):
        load_encoder(_recipe(tmp_path), 8)


def test_a_model_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="cannot be loaded"):
        load_encoder(_recipe(tmp_path), 8)


def test_targets_that_match_nothing_are_refused(folders: dict[str, Path]) -> None:
    with pytest.raises(RecipeError, match="encoder.targets"):
        load_encoder(replace(_recipe(folders["llama"]), targets=("query",)), 8)


def test_parts_stay_within_the_budget() -> None:
    lengths = [2, 3, 3, 8, 9, 40]
    parts = by_budget(lengths, 16)
    assert [i for part in parts for i in part] == list(range(len(lengths)))
    assert all(len(p) * lengths[p[-1]] <= 16 or len(p) == 1 for p in parts)
    assert len(parts) == 4


def _documented(language: str, path: Path) -> str:
    """The block of the page about encoders in a language, written to a file."""
    (block,) = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    path.write_text(block, encoding="utf-8")
    return str(block)


def test_the_documented_recipe_loads(tmp_path: Path) -> None:
    _documented("toml", tmp_path / "office.toml")
    encoder = load_recipe(tmp_path / "office.toml").encoder
    assert (encoder.targets, encoder.pooling, encoder.weights) == ("all-linear", "last", "bfloat16")
    assert encoder.gradient_checkpointing


def test_accelerate_reads_the_documented_settings(tmp_path: Path) -> None:
    _documented("yaml", tmp_path / "fsdp.yaml")
    config = load_config_from_file(str(tmp_path / "fsdp.yaml"))
    assert config.distributed_type == "FSDP"
    assert config.num_processes == 8
    assert config.fsdp_config["fsdp_version"] == 2
    assert config.fsdp_config["fsdp_cpu_ram_efficient_loading"] is False


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('"last"', '"first"', "encoder.pooling must be one of mean, last"),
        ('"bfloat16"', '"int8"', "encoder.weights must be one of"),
        ('"bfloat16"', '"bfloat16"\nprecision = "half"', "encoder.precision must be one of"),
        ('"bfloat16"', '"bfloat16"\nprecision = "float32"', "needs encoder.weights 'float32'"),
        ('"all-linear"', '"all"', "encoder.targets must be a list of module names or 'all-linear'"),
        ('"all-linear"', "[]", "encoder.targets must be a list"),
        ('"all-linear"', "3", "encoder.targets must be"),
        ("gradient_checkpointing = true", "gradient_checkpointing = 1", "must be bool"),
    ],
)
def test_a_mistake_in_a_recipe_is_named(old: str, new: str, named: str, tmp_path: Path) -> None:
    text = _documented("toml", tmp_path / "office.toml")
    assert old in text
    (tmp_path / "office.toml").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(RecipeError, match=named):
        load_recipe(tmp_path / "office.toml")
