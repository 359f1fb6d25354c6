"""What is held out to validate: filings that tell all, drawn by what they are."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from mini_scheme import write_title_list

from training.cli import train
from training.corpus import Known
from training.errors import RecipeError
from training.recipe import Recipe
from training.recipe_file import find_recipe, load_recipe
from training.sources import Sources, read_sources

COUNT = 200


def _record(number: int, **changes: object) -> dict[str, object]:
    record: dict[str, object] = {
        "id": f"R{number}",
        "title": f"Spade {number}",
        "abstract": f"a spade that folds {number} times",
        "claims": "",
        "description": "",
        "lang": "en",
        "date": "",
        "cpc": ["A01B1/02"],
        "cpc_complete": True,
        "ipc": [],
        "ipc_complete": False,
        "source": "invented",
    }
    return record | changes


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    (folder / "titles").mkdir()
    write_title_list(folder / "titles")
    kinds: tuple[dict[str, object], ...] = ({}, {"abstract": ""}, {"cpc_complete": False})
    train = [_record(i, **kinds[i % 3]) for i in range(3 * COUNT)]
    for name, records in (
        ("train", train),
        ("valid", [_record(i) for i in range(5000, 5005)]),
        ("test", [_record(9000)]),
        ("bare", [_record(i, cpc=[]) for i in range(9100, 9104)]),
    ):
        lines = "".join(json.dumps(r) + "\n" for r in records)
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    return folder


def _sources(data: Path, share: float, pairs: int = 0) -> Sources:
    recipe: Recipe = load_recipe(find_recipe("starter"))
    adapt = replace(recipe.adapt, pairs=pairs)
    files = replace(
        recipe.data,
        train=("train.jsonl",),
        valid=("valid.jsonl",),
        held_out=("test.jsonl",),
        titles="titles",
        definitions="",
        calibrate=share,
        unlabelled=("bare.jsonl",) if pairs else (),
    )
    return read_sources(replace(recipe, data=files, adapt=adapt), data)


def test_a_share_of_those_that_tell_all_validates(data: Path) -> None:
    found = _sources(data, 0.5)
    moved = found.valid[:-5]
    assert 0.35 * COUNT < len(moved) < 0.65 * COUNT
    assert all(e.known == Known.ALL and e.filing.abstract for e in moved)
    ids = [e.filing.id for e in found.train] + [e.filing.id for e in moved]
    assert sorted(ids) == sorted(f"R{i}" for i in range(3 * COUNT))


def test_without_a_share_nothing_moves(data: Path) -> None:
    found = _sources(data, 0.0)
    assert (len(found.train), len(found.valid)) == (3 * COUNT, 5)


def test_a_larger_share_holds_out_the_same_and_more(data: Path) -> None:
    few, many = ({e.filing.id for e in _sources(data, s).valid} for s in (0.2, 0.6))
    assert few < many


def test_unlabelled_filings_are_read_and_are_part_of_the_digest(data: Path) -> None:
    found = _sources(data, 0.0, pairs=4)
    assert [f.id for f in found.unlabelled] == ["R9100", "R9101", "R9102", "R9103"]
    assert found.digest != _sources(data, 0.0).digest
    with pytest.raises(RecipeError, match="5 filings a step, but data.unlabelled has 4"):
        _sources(data, 0.0, pairs=5)


def test_the_card_of_a_recipe_counts_all_records(data: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "mine.toml"
    starter = find_recipe("starter").read_text(encoding="utf-8")
    for old, new in (
        ("patents/train.jsonl.gz", "train.jsonl"),
        ("patents/valid.jsonl.gz", "valid.jsonl"),
        ("patents/test_*.jsonl.gz", "test.jsonl"),
        ("cpc/CPCTitleList202505.zip", "titles"),
        ("cpc/FullCPCDefinitionXML202505.zip", ""),
        ('unlabelled = ["patents/unlabelled.jsonl.gz"]', ""),
        ("pairs = 32", "pairs = 0"),
        ("calibrate = 0.5", 'older = ["titles"]'),
        ("[encoder]", "[corpus]\ntitle_only = 0.0\n\n[encoder]"),
    ):
        assert old in starter
        starter = starter.replace(old, new)
    recipe.write_text(starter, encoding="utf-8")
    args = ["corpus", str(recipe), "--data", str(data), "--out", str(tmp_path / "card")]
    result = CliRunner().invoke(train, args)
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout.splitlines()[-1])
    assert found["learnt"]["filings"] == 2 * COUNT
    assert found["learnt"]["trust"] == {"complete-cpc": COUNT, "partial-cpc": COUNT}
    assert found["removed"] == {"weight 0: title-only": COUNT}
    assert found["validate"]["filings"] == 5
    assert found["symbols"]["cpc"] == {"unchanged": {"symbols": 1, "mentions": 3 * COUNT + 5}}
    assert found["label_texts"]["title"] == 61
    assert found["weights"]["title_only"] == 0.0
    kept = json.loads((tmp_path / "card" / "corpus.json").read_text(encoding="utf-8"))
    assert kept == found
    report = (tmp_path / "card" / "corpus.md").read_text(encoding="utf-8")
    assert "spade" not in report.casefold()
