"""Walks over many rows at once: the same as walking row by row, and as NetworkX walks."""

from __future__ import annotations

from dataclasses import dataclass

import networkx as nx
import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from taxonomy.order import subtree_ends
from taxonomy.symbol import Rank
from taxonomy.walks import closure, depths, lineages, roll_up, siblings, within


@dataclass(frozen=True)
class Forest:
    """Rows in depth-first order, and some of them, in any order and more than once."""

    parent: NDArray[np.int32]
    rows: NDArray[np.int32]

    def path(self, row: int) -> list[int]:
        """A row and those above it, from the top down."""
        upward = []
        while row >= 0:
            upward.append(row)
            row = int(self.parent[row])
        return upward[::-1]

    @property
    def graph(self) -> nx.DiGraph:
        graph = nx.DiGraph()
        graph.add_nodes_from(range(len(self.parent)))
        graph.add_edges_from((int(p), i) for i, p in enumerate(self.parent) if p >= 0)
        return graph


@st.composite
def forests(draw: st.DrawFn) -> Forest:
    parent: list[int] = []
    path: list[int] = []
    for row, wish in enumerate(draw(st.lists(st.integers(0, 9), max_size=60))):
        del path[wish:]
        parent.append(path[-1] if path else -1)
        path.append(row)
    chosen = st.lists(st.integers(0, len(parent) - 1), max_size=20) if parent else st.just([])
    return Forest(np.array(parent, np.int32), np.array(draw(chosen), np.int32))


@given(forests())
def test_depths_count_the_rows_above(forest: Forest) -> None:
    found = depths(forest.parent)
    assert found.dtype == np.int8
    assert found.tolist() == [len(forest.path(i)) - 1 for i in range(len(forest.parent))]
    for root in np.flatnonzero(forest.parent < 0).tolist():
        for row, steps in nx.single_source_shortest_path_length(forest.graph, root).items():
            assert found[row] == steps


@given(forests())
def test_lineages_are_the_paths(forest: Forest) -> None:
    found = lineages(forest.parent, depths(forest.parent), forest.rows)
    paths = [forest.path(row) for row in forest.rows.tolist()]
    assert found.dtype == np.int32
    assert found.shape == (len(paths), max(map(len, paths), default=0))
    for path, lineage in zip(paths, found.tolist(), strict=True):
        assert lineage == path + [-1] * (len(lineage) - len(path))
        assert nx.is_simple_path(forest.graph, path)


@given(forests(), st.sampled_from(Rank))
def test_rolling_up_stops_at_the_rank(forest: Forest, rank: Rank) -> None:
    ranks = np.minimum(depths(forest.parent), Rank.SUBGROUP).astype(np.int8)
    given = forest.rows.copy()
    found = roll_up(forest.parent, ranks, forest.rows, rank)
    expected = [
        [above for above in forest.path(row) if ranks[above] <= rank][-1]
        if rank < Rank.SUBGROUP
        else row
        for row in given.tolist()
    ]
    assert found.tolist() == expected
    assert forest.rows.tolist() == given.tolist()


@given(forests())
def test_a_closure_is_the_rows_and_their_ancestors(forest: Forest) -> None:
    found = closure(forest.parent, forest.rows)
    rows = set(forest.rows.tolist())
    above = {row for one in rows for row in nx.ancestors(forest.graph, one)}
    assert found.dtype == np.int32
    assert found.tolist() == sorted(rows | above)


@given(forests())
def test_within_marks_the_rows_and_their_descendants(forest: Forest) -> None:
    symbols = tuple(map(str, range(len(forest.parent))))
    found = within(subtree_ends(forest.parent, symbols, "2030.01"), forest.rows)
    rows = set(forest.rows.tolist())
    below = {row for one in rows for row in nx.descendants(forest.graph, one)}
    assert found.shape == forest.parent.shape
    assert np.flatnonzero(found).tolist() == sorted(rows | below)


@given(forests())
def test_siblings_share_their_parent(forest: Forest) -> None:
    starts, beside = siblings(forest.parent, forest.rows)
    assert starts.tolist()[0] == 0
    assert starts.tolist()[-1] == len(beside)
    graph = forest.graph
    roots = [row for row in graph if graph.in_degree(row) == 0]
    for i, row in enumerate(forest.rows.tolist()):
        above = int(forest.parent[row])
        expected = sorted(graph.successors(above)) if above >= 0 else roots
        assert beside[starts[i] : starts[i + 1]].tolist() == expected
