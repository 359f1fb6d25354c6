"""A filing without an id gets its place; every other id stays."""

from __future__ import annotations

import pytest

from cpc_classifier.errors import FilingError
from cpc_classifier.filing import ClassifiedFiling, Filing, Unreadable
from cpc_classifier.numbering import numbered


@pytest.mark.parametrize(
    ("given", "name", "expected"),
    [
        ("f.jsonl#1", "f.jsonl", "0"),
        ("f.jsonl#12", "f.jsonl", "11"),
        ("f.jsonl#12", "", "f.jsonl#12"),
        ("#3", "", "#3"),
        ("f.jsonl", "f.jsonl", "f.jsonl"),
        ("other#1", "f.jsonl", "other#1"),
        ("f.jsonl#x", "f.jsonl", "f.jsonl#x"),
        ("US1B2", "f.jsonl", "US1B2"),
    ],
)
def test_ids(given: str, name: str, expected: str) -> None:
    filing = ClassifiedFiling(Filing(given, title="a"))
    assert numbered(filing, name) == Filing(expected, title="a")
    error = FilingError("m")
    assert numbered(Unreadable(given, error), name) == Unreadable(expected, error)
