"""What is left out in turn is what the line says, of head and memory."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from corpus_records import write_records
from mini_scheme import write_title_list
from safetensors.numpy import save_file
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

from training.checkpoint import write_tensors
from training.pooling import AttentionPool
from training.recipe_file import load_recipe
from training.sources import read_sources

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "benchmarks"))

from sources import groups, main, right, scored, variants
from trained import Trained, _untitled, read_trained

from cpc_classifier.calibration import Calibration
from taxonomy.symbol import Rank

RECIPE = """
name = "tiny"
version = "1"
seed = 5
[data]
train = ["train.jsonl"]
valid = ["valid.jsonl"]
held_out = ["test.jsonl"]
titles = "titles"
languages = ["en", "ko"]
[encoder]
model = "none"
licence = "none"
[adapt]
steps = 1
[fit]
epochs = 2
batch = 16
dropout = 0.0
[memory]
dim = 8
passages = 1
[serve]
passages = 1
"""
NUMBERS = Calibration(20, 0.05, 0.1, (1.0,) * 4, (1.0,) * 4, (0.0,) * 4, 2.0, 0.9, 0.95)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run folder with vectors of a few records of each kind, near others of the same main group;
    data and recipe are in it."""
    folder = tmp_path_factory.mktemp("run")
    (folder / "titles").mkdir()
    write_title_list(folder / "titles")
    no_cpc: dict[str, object] = {"cpc": [], "cpc_complete": False, "ipc": ["H01M10/05"]}
    kinds: list[dict[str, object]] = [
        {},
        {"cpc_complete": False, "lang": "ko"},
        no_cpc | {"ipc_complete": True, "abstract": ""},
        no_cpc | {"abstract": "", "claims": "1. A cell."},
    ]
    for name, first in (("train", 0), ("valid", 100), ("test", 200)):
        changes = [kinds[i % 4] | {"id": str(first + i), "title": f"{name} {i}"} for i in range(40)]
        write_records(folder / f"{name}.jsonl", *changes)
    (folder / "recipe.toml").write_text(RECIPE, encoding="utf-8")
    sources = read_sources(load_recipe(folder / "recipe.toml"), folder)
    rng = np.random.default_rng(3)
    places = rng.standard_normal((len(sources.hierarchy.symbols), 16))
    (folder / "embeddings").mkdir()
    for name, rows in (
        ("train", [e.deepest[0] for e in sources.train]),
        ("valid", [e.deepest[0] for e in sources.valid]),
        ("texts", sources.text_rows),
    ):
        vectors = places[np.array(rows)] + 0.3 * rng.standard_normal((len(rows), 16))
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        for start, part in ((0, vectors[:20]), (20, vectors[20:])):
            np.save(folder / "embeddings" / f"{name}-{start}-x-9.npy", part.astype(np.float16))
    (folder / "bundle").mkdir()
    words = Tokenizer(WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    words.save(str(folder / "bundle" / "tokenizer.json"))
    write_tensors(folder / "pool.safetensors", AttentionPool(16).state_dict())
    projection = np.eye(16, 8, dtype=np.float32)
    save_file({"param.encoder.projection": projection}, folder / "adapt.safetensors")
    return folder


@pytest.fixture(scope="module")
def trained(run: Path) -> Trained:
    return read_trained(run, str(run / "recipe.toml"), run)


def test_each_line_leaves_out_what_it_names(trained: Trained) -> None:
    sources, found = trained.sources, variants(trained.sources)
    titles = sum(text.kind == "title" for text in sources.texts)
    labels = len(sources.texts) - titles
    assert labels > 0
    counts = {name: (k.filings.sum(), k.learnt.sum(), k.items.sum()) for name, k in found.items()}
    every = (40, titles + labels, titles + labels)
    assert next(iter(counts)) == "nothing"
    assert counts == {
        "nothing": every,
        "complete-cpc": (30, *every[1:]),
        "partial-cpc": (30, *every[1:]),
        "complete-ipc": (30, *every[1:]),
        "partial-ipc": (30, *every[1:]),
        "records with a title alone": (30, *every[1:]),
        "definitions": every,
        "labels in other languages": (40, titles, titles),
        "titles, as examples of the head": (40, labels, titles + labels),
        "titles, in the memory": every,
        "titles, in both": (40, labels, titles + labels),
        "all filings": (0, *every[1:]),
    }
    assert [name for name, kept in found.items() if not kept.titles] == [
        "titles, in the memory",
        "titles, in both",
    ]


def test_the_memory_has_what_is_kept_and_its_titles_can_be_passed_over(trained: Trained) -> None:
    found = variants(trained.sources)
    whole = trained.memory(found["nothing"].filings)
    assert [name.split("\t")[0] for name in whole.names].count("f") == 40
    few = trained.memory(found["complete-ipc"].filings, found["labels in other languages"].items)
    assert len(few.names) == 30
    assert few.titles == whole.titles
    bare = _untitled(whole)
    assert (bare.titles, len(bare)) == (0, len(whole) - whole.titles)
    for item in (0, len(bare) - 1):
        np.testing.assert_array_equal(bare.rows(item), whole.rows(item + whole.titles))
        np.testing.assert_array_equal(bare.vectors([item]), whole.vectors([item + whole.titles]))


def test_the_head_learns_from_what_is_kept_alone(trained: Trained) -> None:
    filings, texts = np.ones(40, bool), np.ones(len(trained.sources.texts), bool)
    assert not trained.head(~filings, ~texts).residual.any()
    found = [trained.head(*kept) for kept in ((filings, texts), (~filings, texts))]
    found.append(trained.head(filings, ~texts))
    assert all(head.residual.any() for head in found)
    assert not torch.equal(found[0].residual, found[1].residual)
    assert not torch.equal(found[0].residual, found[2].residual)
    assert torch.equal(trained.head(filings).residual, found[0].residual)
    assert not torch.equal(trained.head(filings, epochs=1).residual, found[0].residual)


def test_without_titles_the_other_items_vote_for_where_they_lie(trained: Trained) -> None:
    sources = trained.sources
    one, none = np.arange(40) == 2, np.zeros(len(sources.texts), bool)
    memory = trained.memory(one, none)
    assert memory.names == [f"f\t{sources.train[2].filing.id}"]
    logits = np.zeros((len(trained.valid), len(sources.hierarchy.symbols)), np.float32)
    groups_of = sources.hierarchy.rows_at(Rank.MAIN_GROUP)
    for titles in (False, True):
        found = trained.scores(logits, trained.valid, memory, NUMBERS, titles=titles)
        best = groups_of[np.argmax(found[:, groups_of], axis=1)]
        assert (set(best.tolist()) == set(sources.train[2].deepest.tolist())) != titles


def test_filings_are_judged_by_head_and_memory_of_what_is_kept(trained: Trained) -> None:
    sources, found = trained.sources, variants(trained.sources)
    scores = {
        name: scored(trained, found[name], NUMBERS, 1)
        for name in ("nothing", "titles, in the memory", "all filings")
    }
    whole = scores["nothing"]
    assert whole.shape == (len(sources.valid), len(sources.hierarchy.symbols))
    for other in ("titles, in the memory", "all filings"):
        assert np.abs(scores[other] - whole).max() > 0.001
    fewer = replace(found["nothing"], items=np.zeros(len(sources.texts), bool))
    assert np.abs(scored(trained, fewer, NUMBERS, 1) - whole).max() > 0.001
    truth = np.zeros_like(whole)
    for i, e in enumerate(sources.valid):
        truth[i, e.rows] = 1.0
    assert right(truth, sources).all()
    assert not right(-truth, sources).any()


def test_groups_of_filings_are_those_that_they_name(trained: Trained) -> None:
    found = {name: len(at) for name, at in groups(trained.sources.valid).items()}
    assert found == {"all": 30, "Korean": 10, "claims, no abstract": 10}
    english = [e for e in trained.sources.valid if e.filing.language == "en"]
    assert list(groups(english)) == ["all", "claims, no abstract"]


def test_the_table_begins_with_the_whole_and_has_the_lines_asked_for(
    run: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["--recipe", str(run / "recipe.toml"), "--data", str(run), "--only=-ipc"]
    monkeypatch.setattr(sys, "argv", ["sources.py", str(run), *asked, "--epochs", "1"])
    main()
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("| ")]
    head, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    assert head[2:] == ["all (30)", "Korean (10)", "claims, no abstract (10)", "lost, won"]
    assert [row[:2] for row in rows] == [
        ["nothing", "40"],
        ["complete-ipc", "30"],
        ["partial-ipc", "30"],
    ]
    assert rows[0][-1] == "0, 0"
    assert all(len(row) == len(head) for row in rows)
