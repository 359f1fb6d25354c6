"""A release as a NetworkX graph, for those who want to walk it with that library."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import networkx as nx

from taxonomy.flags import Flag
from taxonomy.symbol import Rank

if TYPE_CHECKING:
    from taxonomy.tree import Taxonomy

__all__ = ["to_graph"]


def to_graph(taxonomy: Taxonomy) -> nx.DiGraph[Any]:
    """A frozen `nx.DiGraph`: edges from parent to child, nodes with `rank`, `title`, `flags`."""
    graph = nx.DiGraph(release=taxonomy.release)
    for row, symbol in enumerate(taxonomy.symbols):
        graph.add_node(
            symbol,
            rank=Rank(int(taxonomy.ranks[row])),
            title=taxonomy.titles[row],
            flags=Flag(int(taxonomy.flags[row])),
        )
    graph.add_edges_from(
        (taxonomy.symbols[above], symbol)
        for above, symbol in zip(taxonomy.parent_rows.tolist(), taxonomy.symbols, strict=True)
        if above >= 0
    )
    return nx.freeze(graph)
