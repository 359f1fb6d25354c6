"""Records of a file: checked, and each fault named with file and line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from corpus_records import RECORD, write_records

from training.corpus import filing_of, read_records
from training.corpus.records import cpc_symbols
from training.errors import CorpusError


def test_a_file_is_read_plain_or_packed_and_named_where_it_cannot_be(tmp_path: Path) -> None:
    for name in ("a.jsonl", "a.jsonl.gz"):
        path = write_records(tmp_path / name, {}, {"id": "X2"})
        assert [r["id"] for r in read_records(path)] == ["X1", "X2"]
    path.write_bytes(path.read_bytes()[:-20])
    for broken in (path, tmp_path / "none.jsonl"):
        with pytest.raises(CorpusError, match=f"{broken.name}: cannot be read"):
            list(read_records(broken))


@pytest.mark.parametrize("line", ["{", "[]", '{"id": 3}'])
def test_a_broken_line_is_named(line: str, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(RECORD) + "\n" + line + "\n", encoding="utf-8")
    with pytest.raises(CorpusError, match=r"a\.jsonl line 2"):
        list(read_records(path))


def test_a_filing_has_the_texts_the_language_and_the_date_of_its_record() -> None:
    filing = filing_of(RECORD | {"claims": "1. A spade.", "lang": "ko"})
    assert (filing.id, filing.title, filing.abstract) == ("X1", "Folding spade", RECORD["abstract"])
    assert (filing.claims, filing.description) == ("1. A spade.", "")
    assert (filing.language, filing.publication_date) == ("ko", "2020-01-01")


def test_the_symbols_of_records_are_read_once_and_checked(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(
        '{"cpc": ["A01B 1/02", "spade"]}\n{"cpc": ["A01B1/02", "H"]}\n', encoding="utf-8"
    )
    assert cpc_symbols([path]) == {"A01B1/02", "H"}
