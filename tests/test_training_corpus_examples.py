"""Records to examples: labels closed under ancestors, and what is left out."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from corpus_records import RECORD, write_records

from cpc_classifier.labels import LabelIndex
from taxonomy.tree import Taxonomy
from training.corpus import (
    Known,
    Places,
    Trust,
    negative_rows,
    read_examples,
    read_records,
    read_unlabelled,
)
from training.errors import CorpusError


def test_labels_are_closed_under_ancestors(tmp_path: Path, mini_scheme: Taxonomy) -> None:
    hierarchy = LabelIndex.from_taxonomy(mini_scheme).to_hierarchy()
    path = write_records(tmp_path / "a.jsonl.gz", {})
    example = read_examples([path], hierarchy, ["en"], Places(mini_scheme))[0]
    assert [hierarchy.symbols[r] for r in example.rows] == ["A", "A01", "A01B", "A01B1/00"]
    assert [hierarchy.symbols[r] for r in example.deepest] == ["A01B1/00"]
    assert example.symbols == ("A01B1/022",)
    assert example.known == Known.ALL


def test_of_an_incomplete_list_ipc_tells_more_and_beside_a_complete_one_nothing(
    tmp_path: Path, mini_scheme: Taxonomy
) -> None:
    hierarchy = LabelIndex.from_taxonomy(mini_scheme).to_hierarchy()
    both: dict[str, object] = {"cpc": ["A01B1/02"], "ipc": ["H01M10/05", "A01B1/02"]}
    path = write_records(
        tmp_path / "a.jsonl", both, both | {"cpc_complete": False}, {"cpc": [], "ipc": ["H01M"]}
    )
    places = Places(mini_scheme)
    found = read_examples([path], hierarchy, ["en"], places)
    assert [e.symbols for e in found] == [("A01B1/02",), ("A01B1/02", "H01M10/05")]
    assert [e.trust for e in found] == [Trust.COMPLETE_CPC, Trust.PARTIAL_CPC]
    assert [e.known for e in found] == [Known.ALL, Known.POSITIVES]
    deepest = [[hierarchy.symbols[row] for row in e.deepest] for e in found]
    assert deepest == [["A01B1/00"], ["A01B1/00", "H01M10/00"]]
    # of the third an empty list is said to be complete: it has no symbol, and is left out
    assert places.fates()["ipc"] == {"the same in CPC": {"symbols": 2, "mentions": 2}}


def test_a_record_with_a_raised_symbol_does_not_tell_what_is_false(
    tmp_path: Path, mini_scheme: Taxonomy
) -> None:
    hierarchy = LabelIndex.from_taxonomy(mini_scheme).to_hierarchy()
    lists = (["A01B1/02", "H01M10/05"], ["A01B1/02", "H01M9999/00"], ["A01B", "H01M"])
    path = write_records(tmp_path / "a.jsonl", *({"cpc": cpc} for cpc in lists))
    found = read_examples([path], hierarchy, ["en"], Places(mini_scheme))
    assert found[1].symbols == ("A01B1/02", "H01M")
    assert [e.known for e in found] == [Known.ALL] * 3
    assert [e.tells for e in found] == [Known.ALL, Known.POSITIVES, Known.ALL]


@pytest.mark.parametrize("field", ["abstract", "claims", "description"])
def test_a_title_alone_is_told_from_a_title_with_any_other_text(
    field: str, tmp_path: Path, mini_scheme: Taxonomy
) -> None:
    hierarchy = LabelIndex.from_taxonomy(mini_scheme).to_hierarchy()
    path = write_records(tmp_path / "a.jsonl", {"abstract": ""}, {"abstract": "", field: "a text"})
    found = read_examples([path], hierarchy, ["en"], Places(mini_scheme))
    assert [e.is_title_only for e in found] == [True, False]


def test_a_complete_ipc_list_says_nothing_of_what_ipc_does_not_have(mini_scheme: Taxonomy) -> None:
    hierarchy = LabelIndex.from_taxonomy(mini_scheme).to_hierarchy()
    negative = negative_rows(hierarchy)
    assert not negative[Known.POSITIVES].any()
    assert negative[Known.ALL].all()
    silent = {s for s, no in zip(hierarchy.symbols, negative[Known.IPC], strict=True) if not no}
    assert silent == {"A61B2503/00", "H01M2220/00", "Y", "Y02", "Y02E", "Y02E10/00"}


def test_what_is_left_out_is_counted_by_reason(tmp_path: Path, mini_scheme: Taxonomy) -> None:
    hierarchy = LabelIndex.from_taxonomy(mini_scheme).to_hierarchy()
    path = write_records(
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
