"""From a recipe to a bundle that suggests: the whole of `cpc train fit` on a tiny encoder."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from mini_scheme import write_title_list
from tiny_encoder import write_encoder

from cpc_classifier.classifier import Classifier
from cpc_classifier.cli import main
from cpc_classifier.filing import Filing
from cpc_classifier.memory import Memory
from taxonomy.readers.title_list import read_title_list
from taxonomy.symbol import Rank
from training.errors import OverlapError, RunError
from training.pipeline import fit
from training.recipe import Recipe
from training.recipe_file import load_recipe
from training.warm_start import warm_start


def _record(number: int, symbol: str, title: str, split: str) -> dict[str, object]:
    return {
        "id": f"{split}{number}",
        "title": f"{title} {split} {number}",
        "abstract": f"the invention number {number} is about {title.lower()} in {split}",
        "claims": "",
        "description": "",
        "lang": "en",
        "date": "",
        "cpc": [symbol],
        "cpc_complete": True,
        "ipc": [],
        "ipc_complete": False,
        "source": "invented",
    }


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scheme, records of three splits, an encoder with random weights, and a recipe."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "titles").mkdir()
    write_title_list(folder / "titles")
    taxonomy = read_title_list(folder / "titles")
    groups = [s for s in taxonomy.symbols if taxonomy.rank(s) >= Rank.MAIN_GROUP]
    words: set[str] = set()
    for split, count in (("train", 96), ("valid", 80), ("bare", 12), ("test", 8)):
        picked = [groups[i % len(groups)] for i in range(count)]
        records = [_record(i, s, taxonomy.title(s), split) for i, s in enumerate(picked)]
        lines = "".join(json.dumps(r) + "\n" for r in records)
        (folder / f"{split}.jsonl").write_text(lines, encoding="utf-8")
        words |= set(lines.lower().split())
    write_encoder(folder / "encoder", sorted(words))
    (folder / "recipe.toml").write_text(
        f"""
name = "tiny"
version = "1"
seed = 5
[data]
train = ["train.jsonl"]
valid = ["valid.jsonl"]
held_out = ["test.jsonl"]
unlabelled = ["bare.jsonl"]
titles = "titles"
[encoder]
model = "{folder / "encoder"}"
licence = "Apache-2.0"
lora_rank = 4
[adapt]
steps = 4
batch = 8
extra_titles = 4
pairs = 3
checkpoint_every = 1
[fit]
epochs = 2
batch = 32
[memory]
dim = 8
[serve]
max_tokens = 32
passages = 3
""",
        encoding="utf-8",
    )
    return folder


@pytest.fixture(scope="module")
def recipe(data: Path) -> Recipe:
    return load_recipe(data / "recipe.toml")


@pytest.fixture(scope="module")
def bundle(data: Path, recipe: Recipe, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made in one go."""
    run = tmp_path_factory.mktemp("run")
    fit(recipe, data, run, run / "out")
    return run / "out"


def test_the_bundle_suggests_coherent_symbols(bundle: Path) -> None:
    classifier = Classifier.load(bundle)
    result = classifier.suggest([Filing("1", title="Spades", abstract="spades that fold")])[0]
    assert result.error is None
    assert result.suggestions
    for suggestion in result.suggestions:
        scores = [step.score for step in suggestion.path] + [suggestion.score]
        assert scores == sorted(scores, reverse=True)


def test_the_manifest_tells_how_good_it_is(bundle: Path) -> None:
    figures = Classifier.load(bundle).info()["figures"]
    assert figures["parity"]["scores_max_difference"] < 1e-4
    first = figures["valid"]
    assert first["filings"] == 80
    assert first["subclass_first_fp32"] - first["subclass_first_int8"] < 2.6 / 80  # two filings


def test_the_memory_holds_all_texts_and_filings_but_those_of_the_test(
    bundle: Path, data: Path
) -> None:
    memory = Memory.load(bundle)
    names = memory.names
    assert memory.titles == len(read_title_list(data / "titles"))
    filings = {name.removeprefix("f\t") for name in names if name.startswith("f\t")}
    assert filings == {f"train{i}" for i in range(96)} | {f"valid{i}" for i in range(80)}


def _warm(data: Path, bundle: Path, out: Path, records: list[dict[str, object]]) -> dict[str, int]:
    lines = "".join(json.dumps(r) + "\n" for r in records)
    (data / "new.jsonl").write_text(lines, encoding="utf-8")
    told = (data / "recipe.toml").read_text(encoding="utf-8")
    told = told.replace('["train.jsonl"]', '["new.jsonl"]').replace('"tiny"', '"warm"')
    (data / "warm.toml").write_text(told, encoding="utf-8")
    return warm_start(load_recipe(data / "warm.toml"), data, bundle, out)["warm_start"]


def test_a_warm_start_learns_new_filings_and_leaves_the_old_bundle(
    data: Path, bundle: Path, tmp_path: Path
) -> None:
    before = {p.name: p.read_bytes() for p in bundle.iterdir()}
    taxonomy = read_title_list(data / "titles")
    symbol = [s for s in taxonomy.symbols if taxonomy.rank(s) == Rank.MAIN_GROUP][-1]
    records = [_record(i, symbol, "zeppelin mooring", "new") for i in range(40)]
    found = _warm(data, bundle, tmp_path / "warm", records)
    assert {p.name: p.read_bytes() for p in bundle.iterdir()} == before
    assert found["filings"] == 40
    assert found["epochs"] > 0
    old, new = Classifier.load(bundle), Classifier.load(tmp_path / "warm")
    assert len(new.memory) == len(old.memory) + 40
    filing = Filing("1", "zeppelin mooring new", "the invention is about zeppelin mooring in new")
    row = new.hierarchy.symbols.index(symbol)
    logits = [c.evidence([filing]).logits[0, row] for c in (old, new)]
    assert logits[1] > logits[0]
    scores = [c.scores([filing])[0, row] for c in (old, new)]
    assert scores[1] > 1.5 * scores[0]


def test_a_warm_start_refuses_what_is_held_out(data: Path, bundle: Path, tmp_path: Path) -> None:
    with pytest.raises(OverlapError):
        _warm(data, bundle, tmp_path / "warm", [_record(0, "A01B1/00", "Spades", "test")])


def test_a_killed_run_goes_on_to_the_same_weights(
    data: Path, recipe: Recipe, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from training import adapt as stage

    saved = stage.save_checkpoint

    def save_then_die(*args: object) -> None:
        saved(*args)  # type: ignore[arg-type]
        if args[3] == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr(stage, "save_checkpoint", save_then_die)
    with pytest.raises(KeyboardInterrupt):
        fit(recipe, data, tmp_path, tmp_path / "out")
    monkeypatch.undo()
    fit(recipe, data, tmp_path, tmp_path / "out")
    filings = [Filing(t, title=t) for t in ("spades that fold", "ploughs drawn by horses", "heal")]
    whole, resumed = (Classifier.load(p).scores(filings) for p in (bundle, tmp_path / "out"))
    np.testing.assert_allclose(whole, resumed, atol=1e-5)


def test_a_run_of_another_recipe_is_refused(data: Path, recipe: Recipe, tmp_path: Path) -> None:
    import dataclasses

    fit(recipe, data, tmp_path, tmp_path / "out")
    other = dataclasses.replace(recipe, seed=4)
    with pytest.raises(RunError, match="another recipe"):
        fit(other, data, tmp_path, tmp_path / "out")


def test_a_corpus_with_a_test_filing_is_refused(data: Path, recipe: Recipe, tmp_path: Path) -> None:
    line = (data / "test.jsonl").read_text(encoding="utf-8").splitlines()[0]
    same = json.loads(line) | {"id": "other", "title": json.loads(line)["title"].upper() + "!"}
    (data / "leak.jsonl").write_text(json.dumps(same) + "\n", encoding="utf-8")
    import dataclasses

    leaking = dataclasses.replace(
        recipe, data=dataclasses.replace(recipe.data, train=("leak.jsonl",))
    )
    with pytest.raises(OverlapError, match=r"leak\.jsonl line 1"):
        fit(leaking, data, tmp_path, tmp_path / "out")


def test_evaluate_prints_and_records_figures(
    bundle: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["train", "evaluate", str(bundle), *[str(data / "test.jsonl")] * 2, "--record"])
    assert ended.value.code in (None, 0)
    lines = [x for x in capsys.readouterr().out.splitlines() if x.startswith("{")]
    figures, _, together = map(json.loads, lines)
    assert figures["filings"] == 8
    assert together["data"] == "all"
    assert together["filings"] == 16
    assert together["subclass"]["first"] == figures["subclass"]["first"]
    assert figures["incoherent"] == 0
    assert 0 <= figures["subclass"]["first"] <= figures["subclass"]["three"] <= 1
    assert Classifier.load(bundle).info()["figures"]["test"]["test.jsonl"]["filings"] == 8


def test_a_missing_recipe_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["train", "fit", "no-such-recipe", "--data", "."])
    assert ended.value.code == 1
    told = capsys.readouterr().err
    assert "no-such-recipe" in told
    assert "Traceback" not in told
