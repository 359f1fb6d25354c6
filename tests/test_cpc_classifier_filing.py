from __future__ import annotations

import dataclasses

import pytest

from cpc_classifier.filing import TEXT_FIELDS, ClassifiedFiling, Filing


def test_the_texts_of_a_filing_are_not_in_its_repr() -> None:
    secrets = {name: f"secret {name}" for name in TEXT_FIELDS}
    shown = repr(ClassifiedFiling(Filing(id="US1A1", language="en", **secrets)))
    assert "US1A1" in shown
    assert "secret" not in shown


@pytest.mark.parametrize("name", TEXT_FIELDS)
def test_a_filing_with_one_text_is_not_empty(name: str) -> None:
    assert not Filing(id="x", **{name: "some text"}).is_empty
    assert Filing(id="x", **{name: " \n\t"}).is_empty


def test_characters_are_counted_over_all_texts() -> None:
    assert (
        Filing(id="abc", title="1", abstract="22", claims="333", description="4444").characters
        == 10
    )


def test_filings_do_not_change() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Filing(id="x").title = "A"  # type: ignore[misc]
