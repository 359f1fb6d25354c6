"""The refusal of test filings."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from corpus_records import RECORD, write_records

from training.corpus import refuse_overlap
from training.corpus.overlap import normal
from training.corpus.records import TEXTS
from training.errors import CorpusError, OverlapError


@pytest.mark.parametrize(
    "same",
    [
        {"title": "another", "abstract": "text"},
        {"id": "X2", "title": "FOLDING  spáde!", "abstract": "A spade, that folds"},
    ],
)
def test_a_test_filing_is_refused(same: dict[str, object], tmp_path: Path) -> None:
    train = write_records(tmp_path / "train.jsonl", {"id": "ok", "title": "x"}, same)
    test = write_records(tmp_path / "test.jsonl", {})
    with pytest.raises(OverlapError, match=r"train\.jsonl line 2"):
        refuse_overlap([train], [test])
    refuse_overlap([train], [test], exclude=["X1", "X2"])


def test_a_filing_without_title_and_abstract_is_known_by_its_claims(tmp_path: Path) -> None:
    claims: dict[str, object] = {"id": "", "title": "", "abstract": "", "claims": "1. A spade."}
    train = write_records(tmp_path / "train.jsonl", claims | {"claims": "1. A hoe."})
    test = write_records(tmp_path / "test.jsonl", claims)
    refuse_overlap([train], [test])
    with pytest.raises(OverlapError, match=r"train\.jsonl line 1"):
        refuse_overlap([write_records(train, claims)], [test])


def test_texts_are_compared_by_letters_and_digits_alone() -> None:
    assert normal("Bêche, pliante (2 e)") == "bechepliante2e"
    assert normal("접이식 삽") == normal("접이식삽")


def test_an_unlabelled_filing_may_not_be_a_test_filing_either(tmp_path: Path) -> None:
    bare = {key: RECORD[key] for key in TEXTS}
    path = tmp_path / "bare.jsonl"
    path.write_text(json.dumps(bare) + "\n", encoding="utf-8")
    with pytest.raises(OverlapError, match="line 1"):
        refuse_overlap([path], [write_records(tmp_path / "test.jsonl", {})])


def test_a_test_file_is_no_training_file(tmp_path: Path) -> None:
    test = write_records(tmp_path / "test.jsonl", {})
    with pytest.raises(OverlapError, match="held-out"):
        refuse_overlap([test], [test])
    with pytest.raises(CorpusError, match="no held-out file"):
        refuse_overlap([test], [])


@pytest.mark.shared
def test_the_real_corpus_holds_no_test_filing(shared: Path) -> None:
    from training.recipe_file import find_recipe, load_recipe

    data = load_recipe(find_recipe("starter")).data
    held_out = [p for pattern in data.held_out for p in sorted(shared.glob(pattern))]
    corpus = [shared / p for p in (*data.train, *data.valid, *data.unlabelled)]
    refuse_overlap(corpus, held_out, data.exclude)
    with pytest.raises(OverlapError):
        refuse_overlap(corpus, held_out)
