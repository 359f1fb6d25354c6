"""What is held out to validate: filings that tell all, drawn by what they are."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from mini_scheme import write_title_list

from taxonomy.tree import Taxonomy
from training.cli import train
from training.corpus import Known
from training.errors import RecipeError
from training.recipe import Corpus, Recipe
from training.recipe_file import find_recipe, load_recipe
from training.sources import Sources, read_sources

COUNT = 200
DEFINED = """<definitions publication-date="2030-01-01"><definition-item>
<classification-symbol scheme="cpc">A01B</classification-symbol>
<definition-title>Turning the soil</definition-title>
<definition-statement><section-title>Definition statement</section-title><section-body>
<paragraph-text type="body">Tools that turn it.</paragraph-text></section-body>
</definition-statement></definition-item></definitions>
"""


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
    (folder / "defined").mkdir()
    (folder / "defined" / "cpc-definition-A01B.xml").write_text(DEFINED, encoding="utf-8")
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


def _sources(
    data: Path,
    share: float,
    pairs: int = 0,
    bilingual: int = 8,
    corpus: Corpus | None = None,
    **given: object,
) -> Sources:
    recipe: Recipe = load_recipe(find_recipe("starter"))
    adapt = replace(recipe.adapt, pairs=pairs, bilingual=bilingual)
    files: dict[str, Any] = {
        "train": ("train.jsonl",),
        "valid": ("valid.jsonl",),
        "held_out": ("test.jsonl",),
        "titles": "titles",
        "definitions": "",
        "calibrate": share,
        "unlabelled": ("bare.jsonl",) if pairs else (),
    }
    told = replace(recipe.data, **files | given)
    wanted = replace(recipe, data=told, adapt=adapt, corpus=corpus or recipe.corpus)
    return read_sources(wanted, data)


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


def test_label_texts_without_weight_are_not_read_but_for_the_titles(
    data: Path, mini_scheme: Taxonomy
) -> None:
    def kinds(**weights: float) -> Counter[str]:
        corpus, bilingual = Corpus(**weights), 8 if weights.get("labels", 1.0) else 0
        found = _sources(data, 0.0, bilingual=bilingual, corpus=corpus, definitions="defined")
        assert len(found.text_rows) == len(found.texts)
        return Counter(text.kind for text in found.texts)

    every = kinds()
    assert every["title"] == len(mini_scheme)
    assert every["definition"] == 1
    assert every["label"] > 8
    assert kinds(definitions=0.0) == Counter({k: every[k] for k in ("title", "label")})
    assert kinds(labels=0.0) == Counter({k: every[k] for k in ("title", "definition")})
    assert kinds(titles=0.0) == every  # the memory has them at any weight
    with pytest.raises(RecipeError, match="adapt.bilingual asks for 8"):
        _sources(data, 0.0, corpus=Corpus(labels=0.0))


def test_what_is_too_like_a_test_or_validation_filing_is_not_learnt(
    data: Path, tmp_path: Path
) -> None:
    text = "a rake whose teeth fold into its handle so that it goes into any bag of half its length"
    for name, records in (
        ("mine", [_record(1, abstract=text), _record(2, abstract=f"{text} or less"), _record(3)]),
        ("valid", [_record(3, id="R3B1", abstract="another text of the same filing")]),
        ("test", [_record(4, abstract=text.replace("rake", "hoe"))]),
    ):
        lines = "".join(json.dumps(r) + "\n" for r in records)
        (tmp_path / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    (tmp_path / "titles").symlink_to(data / "titles")
    given: dict[str, object] = {"train": ("mine.jsonl",), "copies": 0.6}
    with_copies = _sources(tmp_path, 0.0, **given | {"copies": 1.0})
    assert [e.filing.id for e in with_copies.train] == ["R1", "R2", "R3"]
    found = _sources(tmp_path, 0.0, **given)
    assert found.train == []
    assert found.removed["held-out filings and copies of them"] == 3


def test_tables_and_older_releases_that_a_recipe_names_place_its_symbols(
    data: Path, tmp_path: Path
) -> None:
    for name, symbols in (("mine", ["A01B9/00", "A01B1/02"]), ("valid", []), ("test", [])):
        record = _record(1, id=name, title=name, cpc=symbols)
        (tmp_path / f"{name}.jsonl").write_text(json.dumps(record) + "\n", encoding="utf-8")
    (tmp_path / "titles").symlink_to(data / "titles")
    (tmp_path / "moved.csv").write_text("from,to\nA01B9/00,A01B3/02\n", encoding="utf-8")
    given: dict[str, object] = {"train": ("mine.jsonl",), "transfers": ("*.csv",)}
    (e,) = _sources(tmp_path, 0.0, **given).train
    assert e.symbols == ("A01B3/02", "A01B1/02")
    found = _sources(tmp_path, 0.0, **given | {"older": ("titles",)})
    assert found.fates["cpc"]["transferred"] == {"symbols": 1, "mentions": 1}
    (e,) = _sources(tmp_path, 0.0, **given | {"transfers": ()}).train
    assert e.symbols == ("A01B", "A01B1/02")


def test_the_card_of_a_recipe_counts_all_records(
    data: Path, tmp_path: Path, mini_scheme: Taxonomy
) -> None:
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
    assert found["label_texts"]["title"] == len(mini_scheme)
    assert found["weights"]["title_only"] == 0.0
    kept = json.loads((tmp_path / "card" / "corpus.json").read_text(encoding="utf-8"))
    assert kept == found
    report = (tmp_path / "card" / "corpus.md").read_text(encoding="utf-8")
    assert "spade" not in report.casefold()
