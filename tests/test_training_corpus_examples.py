"""Records to examples, and the refusal of test filings."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from pathlib import Path

import pytest

from cpc_classifier.labels import LabelIndex
from taxonomy.tree import Taxonomy
from training.corpus import (
    Known,
    Places,
    read_examples,
    read_records,
    read_unlabelled,
    refuse_overlap,
)
from training.errors import CorpusError, OverlapError

RECORD = {
    "id": "X1", "title": "Folding spade", "abstract": "A spade that folds.", "claims": "",
    "description": "", "lang": "en", "date": "2020-01-01", "cpc": ["A01B1/022"],
    "cpc_complete": True, "ipc": [], "ipc_complete": False, "source": "invented",
}  # fmt: skip


def _write(path: Path, *records: dict[str, object]) -> Path:
    lines = "".join(json.dumps(RECORD | r) + "\n" for r in records)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(lines.encode()))
    else:
        path.write_text(lines, encoding="utf-8")
    return path


def test_labels_are_closed_under_ancestors(tmp_path: Path, mini_scheme: Taxonomy) -> None:
    hierarchy = LabelIndex.from_taxonomy(mini_scheme).to_hierarchy()
    path = _write(tmp_path / "a.jsonl.gz", {})
    example = read_examples([path], hierarchy, ["en"], Places(mini_scheme))[0]
    assert [hierarchy.symbols[r] for r in example.rows] == ["A", "A01", "A01B", "A01B1/00"]
    assert [hierarchy.symbols[r] for r in example.deepest] == ["A01B1/00"]
    assert example.symbols == ("A01B1/022",)
    assert example.known == Known.ALL


@pytest.mark.parametrize(
    ("change", "known"),
    [
        ({"cpc_complete": False}, Known.POSITIVES),
        ({"cpc": [], "cpc_complete": False, "ipc": ["A01B1/02"], "ipc_complete": True}, Known.IPC),
        ({"cpc_complete": False, "ipc": ["A01B1/02"], "ipc_complete": True}, Known.POSITIVES),
    ],
)
def test_what_a_record_says_is_false(
    change: dict[str, object], known: Known, tmp_path: Path, mini_scheme: Taxonomy
) -> None:
    hierarchy = LabelIndex.from_taxonomy(mini_scheme).to_hierarchy()
    path = _write(tmp_path / "a.jsonl", change)
    assert read_examples([path], hierarchy, ["en"], Places(mini_scheme))[0].known == known


def test_what_is_left_out_is_counted_by_reason(tmp_path: Path, mini_scheme: Taxonomy) -> None:
    hierarchy = LabelIndex.from_taxonomy(mini_scheme).to_hierarchy()
    path = _write(
        tmp_path / "a.jsonl",
        {"lang": "ko"},
        {"id": "no"},
        {"cpc": ["Q99Z99/00"]},
        {"id": "yes"},
        {"title": " ", "abstract": ""},
    )
    removed: Counter[str] = Counter()
    found = read_examples(
        [path], hierarchy, ["en"], Places(mini_scheme), exclude=["no"], removed=removed
    )
    assert [e.filing.id for e in found] == ["yes"]
    assert removed == {
        "another language": 1,
        "named in data.exclude": 1,
        "no symbol with a place in the release": 1,
        "no text": 1,
    }


def test_unlabelled_filings_need_two_texts_and_no_labels(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    texts = {k: RECORD[k] for k in ("id", "title", "abstract", "claims", "description", "lang")}
    kinds: list[dict[str, object]] = [{}, {"lang": "ko"}, {"id": "no"}, {"abstract": " "}]
    lines = [json.dumps(texts | {"date": ""} | kind) for kind in kinds]
    path.write_text("\n".join(lines), encoding="utf-8")
    assert [f.id for f in read_unlabelled([path], ["en"], exclude=["no"])] == ["X1"]
    with pytest.raises(CorpusError, match="line 1: 'cpc' must be given"):
        list(read_records(path))
    with pytest.raises(OverlapError, match="line 1"):
        refuse_overlap([path], [_write(tmp_path / "test.jsonl", {})])


@pytest.mark.parametrize(
    "same",
    [
        {"title": "another", "abstract": "text"},
        {"id": "X2", "title": "FOLDING  spáde!", "abstract": "A spade, that folds"},
    ],
)
def test_a_test_filing_is_refused(same: dict[str, object], tmp_path: Path) -> None:
    train, test = _write(tmp_path / "train.jsonl", {"id": "ok", "title": "x"}, same), tmp_path
    test = _write(tmp_path / "test.jsonl", {})
    with pytest.raises(OverlapError, match=r"train\.jsonl line 2"):
        refuse_overlap([train], [test])
    refuse_overlap([train], [test], exclude=["X1", "X2"])


def test_a_test_file_is_no_training_file(tmp_path: Path) -> None:
    test = _write(tmp_path / "test.jsonl", {})
    with pytest.raises(OverlapError, match="held-out"):
        refuse_overlap([test], [test])
    with pytest.raises(CorpusError, match="no held-out file"):
        refuse_overlap([test], [])


@pytest.mark.parametrize("line", ["{", "[]", '{"id": 3}'])
def test_a_broken_line_is_named(line: str, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(RECORD) + "\n" + line + "\n", encoding="utf-8")
    with pytest.raises(CorpusError, match=r"a\.jsonl line 2"):
        list(read_records(path))


@pytest.mark.shared
def test_the_real_corpus_holds_no_test_filing(shared: Path) -> None:
    from training.recipe_file import find_recipe, load_recipe

    data = load_recipe(find_recipe("starter")).data
    held_out = [p for pattern in data.held_out for p in sorted(shared.glob(pattern))]
    corpus = [shared / p for p in (*data.train, *data.valid, *data.unlabelled)]
    refuse_overlap(corpus, held_out, data.exclude)
    with pytest.raises(OverlapError):
        refuse_overlap(corpus, held_out)
