"""Paths of symbols, those that the tree has and others."""

from __future__ import annotations

import pytest
from tiny_guesses import TREE

from taxonomy.errors import BadSymbolError
from taxonomy.symbol import Rank, Symbol
from taxonomy.tree import Taxonomy
from training.evaluation.tree import Tree


def test_the_path_leads_from_the_section_to_the_symbol() -> None:
    assert TREE.path("A01B3/00") == ("A", "A01", "A01B", "A01B3/00")
    assert TREE.path("A") == ("A",)


def test_a_symbol_below_the_tree_gets_its_path_from_its_digits() -> None:
    assert TREE.path("A01B3/041") == ("A", "A01", "A01B", "A01B3/00", "A01B3/041")
    assert TREE.path("H04L9/08") == ("H", "H04", "H04L", "H04L9/00", "H04L9/08")


def test_an_indexing_code_lies_in_the_main_group_of_its_number_less_2000() -> None:
    assert TREE.at("A01C2001/048", Rank.MAIN_GROUP) == "A01C1/00"
    own = Tree.of(["A", "A01", "A01C", "A01C1/00", "A01C2001/00"], [-1, 0, 1, 2, 2])
    assert own.at("A01C2001/048", Rank.MAIN_GROUP) == "A01C2001/00"
    assert TREE.at("A01C2077/048", Rank.MAIN_GROUP) == "A01C2077/00"


def test_a_symbol_given_above_a_rank_has_none_at_it() -> None:
    assert TREE.at("A01B", Rank.MAIN_GROUP) == ""
    assert TREE.at("A01B3/00", Rank.SUBGROUP) == ""
    assert TREE.at("A01B3/041", Rank.SUBGROUP) == "A01B3/041"
    assert TREE.at("A01B3/041", Rank.CLASS) == "A01"


@pytest.mark.parametrize(
    ("one", "other", "edges"),
    [
        ("A01B", "A01B", 0),
        ("A01B", "A01C", 2),
        ("A01B", "A61B", 4),
        ("A01B", "B01J", 6),
        ("A01B1/00", "A01B", 1),
        ("A01B1/00", "Y02E10/00", 8),
    ],
)
def test_the_distance_is_the_way_through_the_tree(one: str, other: str, edges: int) -> None:
    assert TREE.distance(one, other) == TREE.distance(other, one) == edges


def test_subgroups_of_a_whole_release_have_their_real_path(mini_scheme: Taxonomy) -> None:
    tree = Tree.of(mini_scheme.symbols, mini_scheme.parent_rows)
    assert tree.path("H01M10/0525")[-3:] == ("H01M10/05", "H01M10/052", "H01M10/0525")
    assert tree.at("A01B2001/045", Rank.MAIN_GROUP) == "A01B1/00"
    assert tree.distance("H01M10/0525", "H01M10/056") == 3


def test_what_is_no_symbol_is_refused() -> None:
    with pytest.raises(BadSymbolError, match="rubbish"):
        TREE.path("rubbish")


@pytest.mark.shared
def test_digits_find_the_main_group_of_all_symbols_of_a_release(official: Taxonomy) -> None:
    groups = [s for s in official.symbols if official.rank(s) <= Rank.MAIN_GROUP]
    kept = official.up_to(Rank.MAIN_GROUP)
    tree = Tree.of(kept.symbols, kept.parent_rows)
    assert list(kept.symbols) == groups
    below = [s for s in official.symbols if Symbol.parse(s).rank == Rank.SUBGROUP]
    assert len(below) == 250_324
    wrong = [
        s for s in below if tree.at(s, Rank.MAIN_GROUP) != official.roll_up(s, Rank.MAIN_GROUP)
    ]
    assert wrong == []
