"""The work of the peers: labels of a rank as a matrix, and nested shares of the filings."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from cpc_classifier.filing import Filing
from taxonomy.symbol import Rank
from taxonomy.tree import Taxonomy
from training.corpus import Example, Known

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.peers.work import labels_of, share_of


def test_labels_are_those_of_the_rank_and_nothing_above_it(mini_scheme: Taxonomy) -> None:
    group = next(s for s in mini_scheme.symbols if mini_scheme.rank(s) == Rank.SUBGROUP)
    subclass = mini_scheme.roll_up(group, Rank.SUBCLASS)
    names, matrix = labels_of(Rank.SUBCLASS, [[group], [subclass, group], ["A"]], mini_scheme)
    assert names == [subclass]
    np.testing.assert_array_equal(matrix.toarray(), [[1], [1], [0]])
    names, matrix = labels_of(Rank.SUBGROUP, [[group], [subclass]], mini_scheme)
    assert names == [group]
    np.testing.assert_array_equal(matrix.toarray(), [[1], [0]])


def test_a_smaller_share_lies_in_every_larger_one() -> None:
    rows = np.array([0], np.int32)
    examples = [
        Example(Filing(str(i), title="t"), ("A",), rows, rows, Known.ALL, "invented")
        for i in range(2000)
    ]
    drawn = np.array([share_of(e, 17) for e in examples])
    assert 0.09 < (drawn < 0.12).mean() < 0.15
    assert 0.47 < (drawn < 0.5).mean() < 0.53
    assert not np.array_equal(drawn, [share_of(e, 18) for e in examples])
