"""What stands in a cell of an official file."""

from __future__ import annotations

import pytest

from taxonomy.errors import ReleaseFileError
from taxonomy.readers.cells import symbol_in
from taxonomy.symbol import Symbol


def test_a_symbol_in_any_spelling() -> None:
    assert symbol_in("h01m 10/0525", "a.csv line 2") == Symbol.parse("H01M10/0525")


@pytest.mark.parametrize("text", ["", "lithium", "H01M10/"])
def test_what_is_no_symbol_is_told_with_its_place(text: str) -> None:
    with pytest.raises(ReleaseFileError, match=r"^a\.csv line 2: .*symbol"):
        symbol_in(text, "a.csv line 2")
