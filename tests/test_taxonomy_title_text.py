"""Titles as text for a model or a comparison."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taxonomy import title_text
from taxonomy.title_text import clean_title, title_path
from taxonomy.tree import Taxonomy


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Spades and hoes (lawn tools A01B3/00)", "Spades and hoes"),
        ("Cells (pots A47G; lids A47G 19/12, B65D41/00) with feet", "Cells with feet"),
        ("Cells (pots (round ones A47G19/00) of clay A47G)", "Cells"),
        ("Cells (secondary)", "Cells (secondary)"),
        ("Cells (see section H)", "Cells (see section H)"),
        ("{Battery monitors}", "Battery monitors"),
        ("Handles; {Grips (of rubber B25G1/00)}; Knobs", "Handles; Grips; Knobs"),
        ("Handles (B25G1/00); Grips", "Handles; Grips"),
        ("Handles (B25G1/00), not of wood", "Handles, not of wood"),
        ("  Two   blanks ", "Two blanks"),
        ("HUMAN NEEDS", "Human needs"),
        ("DNA or RNA", "DNA or RNA"),
        ("(B25G1/00)", ""),
        ("", ""),
        ("(unclosed A01B1/00", "(unclosed A01B1/00"),
    ],
)
def test_references_and_braces_go_and_words_stay(title: str, text: str) -> None:
    assert clean_title(title) == text


@given(st.text(st.sampled_from("aB (){};,.A01B3/0"), max_size=40))
def test_cleaning_twice_changes_nothing_but_the_case(title: str) -> None:
    once = clean_title(title)
    assert clean_title(once).casefold() == once.casefold()
    assert not {"{", "}"} & set(once)


def test_a_path_begins_with_the_own_title_and_ends_with_the_subclass(mini_scheme: Taxonomy) -> None:
    assert title_path("H01M4/13", mini_scheme) == (
        "for lithium cells. of active material. Electrodes. Cells that store charge"
    )
    assert title_path("A01B2001/045", mini_scheme) == (
        "Hoes for show gardens. Hoes. Spades and hoes. Turning the soil"
    )


@pytest.mark.parametrize("symbol", ["H", "H01", "H01M"])
def test_above_groups_a_path_is_the_own_title(mini_scheme: Taxonomy, symbol: str) -> None:
    assert title_path(symbol, mini_scheme) == mini_scheme.title(symbol)


def test_the_example_holds() -> None:
    assert doctest.testmod(title_text).attempted > 0
    assert doctest.testmod(title_text).failed == 0
