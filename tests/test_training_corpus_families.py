"""Publications of one filing share a number."""

from __future__ import annotations

import pytest

from cpc_classifier.filing import Filing
from training.corpus.families import family, number


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("US7556957B2", "US7556957"),
        ("US7556957", "US7556957"),
        ("EP 1 234 567 A1", "EP1234567"),
        ("ep-1234567-b1", "EP1234567"),
        ("WO 2020/123456 A9", "WO2020123456"),
        ("KR1020200012345A", "KR1020200012345"),
        ("KR2020200001234Y1", "KR2020200001234"),
        ("10-2020-0012345", "1020200012345"),
        ("USRE45678E1", "USRE45678"),
        ("JPH0712345A", "JPH0712345"),
        ("", ""),
        ("--", ""),
    ],
)
def test_a_number_has_no_punctuation_and_no_kind_code(name: str, wanted: str) -> None:
    assert number(Filing(name, title="t")) == wanted


def test_publications_of_a_filing_are_a_family_whatever_they_say() -> None:
    first, granted = Filing("EP1234567A1", title="one"), Filing("EP1234567B1", title="another")
    assert family(first) == family(granted)
    others = [Filing(name, title="one") for name in ("EP1234568A1", "US1234567A1", "EP123456A1")]
    assert len({family(filing) for filing in (first, *others)}) == 4


def test_title_and_abstract_tell_it_where_there_is_no_number() -> None:
    texts = (("spade", "folds"), ("spade", "bends"), ("spade", "folds"), ("hoe", "folds"))
    found = [family(Filing("", title=title, abstract=text)) for title, text in texts]
    assert found[0] == found[2]
    assert len(set(found)) == 3
