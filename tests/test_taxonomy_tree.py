"""The tree: parents, paths, slices, and the frozen graph."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taxonomy.errors import BadSymbolError, ReleaseFileError, UnknownSymbolError
from taxonomy.flags import Flag
from taxonomy.symbol import Rank, Symbol
from taxonomy.tree import SchemeEntry, Taxonomy

CHAIN = (
    "H", "H01", "H01M", "H01M10/00", "H01M10/05", "H01M10/052", "H01M10/0525", "H01M10/0526",
    "H01M10/05261", "H01M10/05263",
)  # fmt: skip


def test_parents_follow_from_order_and_dots(mini_scheme: Taxonomy) -> None:
    assert mini_scheme.path("H01M10/05263") == CHAIN
    assert mini_scheme.ancestors("H01M10/05263") == CHAIN[:-1]
    assert mini_scheme.parent("H01M10/056") == "H01M10/05"
    assert mini_scheme.parent("H01M10/00") == "H01M"
    assert mini_scheme.parent("H") == ""
    assert mini_scheme.path("H") == ("H",)


def test_a_2000_series_code_lies_where_it_stands(mini_scheme: Taxonomy) -> None:
    assert mini_scheme.parent("A01B2001/045") == "A01B1/04"
    assert mini_scheme.roll_up("A01B2001/045", Rank.MAIN_GROUP) == "A01B1/00"
    assert mini_scheme.parent("A01B1/06") == "A01B1/00"
    assert mini_scheme.parent("H01M2220/20") == "H01M2220/00"


def test_any_spelling_is_understood_and_comes_back_as_official(mini_scheme: Taxonomy) -> None:
    assert mini_scheme.title("h01m 10/0525 (2013.01)") == "Lithium-ion batteries"
    assert mini_scheme.path("H01M0010052500")[-1] == "H01M10/0525"


def test_children_and_descendants(mini_scheme: Taxonomy) -> None:
    assert mini_scheme.children("A01B1/00") == ("A01B1/02", "A01B1/04", "A01B1/06")
    assert mini_scheme.children("H01M10/05263") == ()
    assert mini_scheme.descendants("A01B1/02") == ("A01B1/022", "A01B1/024")
    assert mini_scheme.children("Y") == ("Y02",)
    assert mini_scheme.descendants("B") == ()


def test_every_symbol_agrees_with_the_graph(mini_scheme: Taxonomy) -> None:
    graph = mini_scheme.graph
    for symbol in mini_scheme.symbols:
        assert list(graph.successors(symbol)) == list(mini_scheme.children(symbol))
        assert set(mini_scheme.descendants(symbol)) == nx.descendants(graph, symbol)
        assert set(mini_scheme.ancestors(symbol)) == nx.ancestors(graph, symbol)
        assert graph.nodes[symbol]["title"] == mini_scheme.title(symbol)
        assert graph.nodes[symbol]["rank"] == Symbol.parse(symbol).rank == mini_scheme.rank(symbol)


def test_the_graph_is_a_frozen_forest_and_made_once(mini_scheme: Taxonomy) -> None:
    graph = mini_scheme.graph
    assert graph is mini_scheme.graph
    assert nx.is_forest(graph)
    assert list(graph) == list(mini_scheme.symbols)
    assert nx.number_weakly_connected_components(graph) == 9
    with pytest.raises(nx.NetworkXError, match=r"[Ff]rozen"):
        graph.add_edge("A", "H")


def test_roll_up_keeps_what_is_high_enough(mini_scheme: Taxonomy) -> None:
    rolled = [mini_scheme.roll_up("H01M10/05263", rank) for rank in Rank]
    assert rolled == ["H", "H01", "H01M", "H01M10/00", "H01M10/05263"]
    assert mini_scheme.roll_up("H01", Rank.MAIN_GROUP) == "H01"


def test_closure_adds_all_ancestors(mini_scheme: Taxonomy) -> None:
    assert mini_scheme.closure(["H01M10/05", "h04l"]) == {
        "H", "H01", "H01M", "H01M10/00", "H01M10/05", "H04", "H04L",
    }  # fmt: skip
    assert mini_scheme.closure([]) == set()


@pytest.mark.parametrize("rank", list(Rank))
def test_up_to_cuts_below_a_rank(mini_scheme: Taxonomy, rank: Rank) -> None:
    cut = mini_scheme.up_to(rank)
    kept = [s for s in mini_scheme.symbols if Symbol.parse(s).rank <= rank]
    assert list(cut.symbols) == kept
    assert cut.release == mini_scheme.release
    assert [cut.path(s) for s in kept] == [mini_scheme.path(s) for s in kept]
    assert [cut.title(s) for s in kept] == [mini_scheme.title(s) for s in kept]


def test_membership(mini_scheme: Taxonomy) -> None:
    assert "H01M 10/0525" in mini_scheme
    assert Symbol.parse("H01M10/0525") in mini_scheme
    assert "H01M10/99" not in mini_scheme
    assert "no symbol" not in mini_scheme
    assert 5 not in mini_scheme


def test_an_unknown_symbol_names_itself_and_the_release(mini_scheme: Taxonomy) -> None:
    with pytest.raises(UnknownSymbolError, match=r"H01M10/99 is not in release 2030\.01") as caught:
        mini_scheme.title("H01M 10/99")
    assert caught.value.code == "unknown_symbol"
    with pytest.raises(BadSymbolError, match="'battery' is no CPC symbol"):
        mini_scheme.title("battery")


def test_arrays_are_read_only(mini_scheme: Taxonomy) -> None:
    assert mini_scheme.parent_rows.dtype == np.int32
    assert mini_scheme.ranks.dtype == np.int8
    for array in (mini_scheme.parent_rows, mini_scheme.ranks):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1


def test_rows_agree_with_symbols(mini_scheme: Taxonomy) -> None:
    assert len(mini_scheme) == len(mini_scheme.symbols) == 62
    assert [mini_scheme.row(s) for s in mini_scheme.symbols] == list(range(62))


@pytest.mark.parametrize(
    ("parent", "fault"),
    [
        ([-1, 2, 1, 1], "H01 in row 1 has row 2 as its parent"),
        ([-1, 1, 1, 1], "H01 in row 1 has row 1 as its parent"),
        ([-1, 0, -2, 1], "H01M in row 2 has row -2"),
        ([-1, 0, 0, 1], "does not stand in the subtree of its parent"),
        ([-1, 0, 1], "4 symbols, but"),
    ],
)
def test_rows_that_are_no_tree_are_refused(parent: list[int], fault: str) -> None:
    with pytest.raises(ReleaseFileError, match=fault):
        Taxonomy("2030.01", ["H", "H01", "H01M", "H04"], parent, [0, 1, 2, 1], [""] * 4)


def test_from_entries_names_the_row() -> None:
    entries = [SchemeEntry("H", -1, ""), SchemeEntry("H01M", -1, "")]
    with pytest.raises(ReleaseFileError, match=r"row 2: H01M follows H, and no class stands"):
        Taxonomy.from_entries("2030.01", entries)


def test_an_empty_release_is_possible() -> None:
    empty = Taxonomy.from_entries("2030.01", [])
    assert len(empty) == 0
    assert empty.search("anything") == []
    with pytest.raises(UnknownSymbolError):
        empty.row("H")


@given(st.lists(st.integers(1, 6), min_size=1, max_size=40))
def test_dots_give_the_parent_that_a_plain_search_gives(depths: list[int]) -> None:
    dots = [0]
    for depth in depths:
        dots.append(min(depth, dots[-1] + 1))
    entries = [SchemeEntry(s, -1, "") for s in ("H", "H01", "H01M")]
    entries += [SchemeEntry(f"H01M1/{i:02}", d, f"title {i}") for i, d in enumerate(dots)]
    tree = Taxonomy.from_entries("2030.01", entries)
    for i, d in enumerate(dots[1:], 1):
        above = max(j for j in range(i) if dots[j] == d - 1)
        assert tree.parent(f"H01M1/{i:02}") == f"H01M1/{above:02}"
        below = []
        for j in range(i + 1, len(dots)):
            if dots[j] <= d:
                break
            below.append(f"H01M1/{j:02}")
        assert list(tree.descendants(f"H01M1/{i:02}")) == below


def test_a_row_is_found_or_known_to_be_absent(mini_scheme: Taxonomy) -> None:
    found = mini_scheme.find(["H01M10/05", "H01M10/99", "h01m 10/05", "A", "A", ""])
    assert found.dtype == np.int32
    assert found.tolist() == [mini_scheme.row("H01M10/05"), -1, -1, 0, 0, -1]
    assert mini_scheme.find(iter(mini_scheme.symbols)).tolist() == list(range(62))
    assert mini_scheme.find([]).shape == (0,)


def test_rows_of_many_symbols_are_those_of_each(mini_scheme: Taxonomy) -> None:
    asked = ["H01M10/05", "h01m 10/0525", Symbol.parse("Y02E 10/72"), "A", "A"]
    found = mini_scheme.rows(asked)
    assert found.dtype == np.int32
    assert found.tolist() == [mini_scheme.row(symbol) for symbol in asked]
    with pytest.raises(UnknownSymbolError, match="H01M10/99 is not in release"):
        mini_scheme.rows(["A", "H01M10/99"])
    with pytest.raises(BadSymbolError, match="'battery' is no CPC symbol"):
        mini_scheme.rows(["battery"])


def test_siblings_have_the_same_parent(mini_scheme: Taxonomy) -> None:
    assert mini_scheme.siblings("A01B1/04") == ("A01B1/02", "A01B1/06")
    assert mini_scheme.siblings("H01M10/05263") == ()
    assert mini_scheme.siblings("H") == tuple("ABCDEFGY")


def test_a_subtree_is_a_slice_of_rows(mini_scheme: Taxonomy) -> None:
    for symbol in mini_scheme.symbols:
        rows = mini_scheme.subtree(symbol)
        assert mini_scheme.symbols[rows] == (symbol, *mini_scheme.descendants(symbol))


def test_a_symbol_has_its_flags(mini_scheme: Taxonomy) -> None:
    assert mini_scheme.flag("h01m") == Flag.NOT_ALLOCATABLE
    assert mini_scheme.flag("A01B2001/045") == Flag.ADDITIONAL_ONLY | Flag.BREAKDOWN_CODE
    assert mini_scheme.graph.nodes["Y02E10/72"]["flags"] == Flag.ADDITIONAL_ONLY
    assert mini_scheme.up_to(Rank.CLASS).flag("Y02") == mini_scheme.flag("Y02")


def test_flags_must_fit_the_rows(mini_scheme: Taxonomy) -> None:
    with pytest.raises(ReleaseFileError, match=r"1 symbols, but .* \(2,\) flags"):
        Taxonomy("2030.01", ["H"], [-1], [0], ["Electricity"], [1, 0])
    with pytest.raises(ValueError, match="read-only"):
        mini_scheme.flags[0] = 0


def test_walks_over_rows_agree_with_walks_over_symbols(mini_scheme: Taxonomy) -> None:
    tree, graph = mini_scheme, mini_scheme.graph
    rows = np.arange(len(tree))[::-1]
    depths = [len(nx.ancestors(graph, symbol)) for symbol in tree.symbols]
    assert tree.depths.tolist() == depths
    assert tree.depths is tree.depths
    for row, lineage in zip(rows.tolist(), tree.lineages(rows).tolist(), strict=True):
        path = tuple(tree.symbols[above] for above in lineage if above >= 0)
        assert path == tree.path(tree.symbols[row])
    for rank in Rank:
        rolled = [tree.roll_up(tree.symbols[row], rank) for row in rows.tolist()]
        assert [tree.symbols[row] for row in tree.rolled_up(rows, rank)] == rolled
    starts, beside = tree.siblings_of(rows)
    for i, row in enumerate(rows.tolist()):
        them = {tree.symbols[j] for j in beside[starts[i] : starts[i + 1]]}
        assert them == {tree.symbols[row], *tree.siblings(tree.symbols[row])}


def test_closed_rows_and_rows_within_are_sets(mini_scheme: Taxonomy) -> None:
    tree = mini_scheme
    rows = tree.rows(["H01M10/052", "H04", "H01M10/052", "H01M10/05"])
    closed = [tree.symbols[row] for row in tree.closed(rows)]
    assert closed == ["H", "H01", "H01M", "H01M10/00", "H01M10/05", "H01M10/052", "H04"]
    within = {tree.symbols[row] for row in np.flatnonzero(tree.within(rows))}
    assert within == {
        "H01M10/05", "H04", *tree.descendants("H01M10/05"), *tree.descendants("H04"),
    }  # fmt: skip


def test_no_rows_give_nothing(mini_scheme: Taxonomy) -> None:
    assert mini_scheme.rows([]).shape == mini_scheme.closed([]).shape == (0,)
    assert mini_scheme.lineages([]).shape == (0, 0)
    assert mini_scheme.rolled_up([], Rank.CLASS).shape == (0,)
    assert not mini_scheme.within([]).any()
    starts, beside = mini_scheme.siblings_of([])
    assert (starts.tolist(), beside.tolist()) == ([0], [])
