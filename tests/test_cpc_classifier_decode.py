from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tiny_bundle import mini_labels, mini_subgroups

from cpc_classifier.decode import decode, decode_subgroups
from cpc_classifier.hierarchy import Hierarchy
from cpc_classifier.subgroup_scores import SubgroupScores
from taxonomy.symbol import Rank

MINI = mini_labels().to_hierarchy()
ROW = {symbol: row for row, symbol in enumerate(MINI.symbols)}


def scored(**groups: float) -> np.ndarray:
    """Scores (1, n): each symbol as given, with `_` for `/00`; its ancestors no lower."""
    scores = np.zeros((1, len(MINI)), np.float32)
    for name, score in groups.items():
        closed = MINI.closure([ROW[name.replace("_", "/00")]])
        scores[0, closed] = np.maximum(scores[0, closed], score)
    return scores


def symbols(scores: np.ndarray, level: Rank | None, limit: int, threshold: float) -> list[str]:
    rows, _ = decode(scores, MINI, level, limit, threshold).filing(0)
    return [MINI.symbols[r] for r in rows]


def test_a_level_gives_only_its_rank_best_first() -> None:
    scores = scored(H01M10_=0.5, H01L21_=0.7, A01B1_=0.2)
    assert symbols(scores, Rank.SUBCLASS, 3, 0.0) == ["H01L", "H01M", "A01B"]
    assert symbols(scores, Rank.MAIN_GROUP, 10, 0.3) == ["H01L21/00", "H01M10/00"]


def test_without_a_level_and_threshold_the_deepest_rank_is_suggested() -> None:
    found = symbols(scored(H01M10_=0.5, H01L21_=0.7), None, 100, 0.0)
    assert found[:2] == ["H01L21/00", "H01M10/00"]
    assert sorted(found) == sorted(MINI.symbols[r] for r in MINI.rows_at(Rank.MAIN_GROUP))


def test_back_off_goes_to_the_deepest_ancestor_that_clears() -> None:
    scores = scored(H01M10_=0.3, H01M4_=0.3, H01M=0.6, H01L21_=0.2, A01=0.55, H=0.9)
    assert symbols(scores, None, 10, 0.5) == ["H01M", "A01"]
    assert symbols(scores, None, 10, 0.25) == ["A01", "H01M4/00", "H01M10/00"]
    assert symbols(scores, None, 10, 0.95) == []


def test_ties_go_by_row() -> None:
    scores = np.full((1, len(MINI)), 0.5, np.float32)
    assert symbols(scores, Rank.SECTION, 2, 0.0) == ["A", "H"]
    assert symbols(scores, Rank.MAIN_GROUP, 2, 0.5) == ["A01B1/00", "A01B3/00"]


def test_a_retired_row_is_never_suggested() -> None:
    active = np.ones(len(MINI), bool)
    active[ROW["H01M10/00"]] = False
    tree = Hierarchy(MINI.symbols, MINI.parent, MINI.rank, active)
    for level in (None, Rank.MAIN_GROUP):
        rows, _ = decode(scored(H01M10_=0.9), tree, level, 100, 0.5).filing(0)
        assert ROW["H01M10/00"] not in rows


def test_no_filing_and_no_row_give_an_empty_batch() -> None:
    assert len(decode(np.zeros((0, len(MINI)), np.float32), MINI, None, 10, 0.0)) == 0
    tree = Hierarchy(("H",), np.array([-1]), np.array([0]), np.array([False]))
    assert decode(np.ones((1, 1), np.float32), tree, None, 10, 0.0).matrix.nnz == 0


@pytest.mark.parametrize("level", [None, Rank.SUBCLASS, Rank.MAIN_GROUP])
@settings(deadline=None)
@given(
    conditional=arrays(np.float32, (3, len(MINI)), elements=st.floats(0, 1, width=32)),
    limit=st.integers(1, 80),
    threshold=st.floats(0, 1, width=32),
)
def test_it_chooses_what_a_plain_search_chooses(
    level: Rank | None, conditional: np.ndarray, limit: int, threshold: float
) -> None:
    scores = MINI.products(conditional)
    batch = decode(scores, MINI, level, limit, threshold)
    for i, own in enumerate(scores):
        clear = {r for r in range(len(MINI)) if own[r] >= np.float32(threshold)}
        if level is None:
            clear -= {int(MINI.parent[r]) for r in clear}
        else:
            clear = {r for r in clear if MINI.rank[r] == level}
        wanted = sorted(clear, key=lambda r: (-own[r], r))[:limit]
        rows, values = batch.filing(i)
        assert rows.tolist() == wanted
        np.testing.assert_array_equal(values, own[wanted])


DEEP = mini_subgroups()
AT = {symbol: i for i, symbol in enumerate(DEEP.symbols)}


def deep_scores(**own: float) -> SubgroupScores:
    """Scores of all subgroups: each symbol as given, with `_` for `/`; a subtree the greatest."""
    scores = np.zeros(len(DEEP), np.float32)
    for name, score in own.items():
        scores[AT[name.replace("_", "/")]] = score
    subtree = np.array([scores[i : DEEP.end[i]].max() for i in range(len(DEEP))], np.float32)
    at = np.arange(len(DEEP), dtype=np.int32)
    return SubgroupScores(np.array([0, len(DEEP)]), at, scores, subtree)


def deep_symbols(
    scores: np.ndarray, deep: SubgroupScores, level: Rank | None, limit: int, threshold: float
) -> list[tuple[str, float]]:
    found = decode_subgroups(scores, deep, MINI, DEEP, level, limit, threshold)
    rows, values = found.filing(0)
    names = MINI.symbols + DEEP.symbols
    return [(names[r], round(v, 3)) for r, v in zip(rows.tolist(), values.tolist(), strict=True)]


def test_among_subgroups_each_has_the_score_of_the_very_symbol() -> None:
    scores = scored(H01M10_=0.9)
    deep = deep_scores(H01M10_0525=0.6, H01M10_05=0.2, H01M10_42=0.3)
    assert deep_symbols(scores, deep, Rank.SUBGROUP, 3, 0.0) == [
        ("H01M10/0525", 0.6),
        ("H01M10/42", 0.3),
        ("H01M10/05", 0.2),
    ]
    assert deep_symbols(scores, deep, Rank.SUBGROUP, 9, 0.3) == [
        ("H01M10/0525", 0.6),
        ("H01M10/42", 0.3),
    ]


def test_back_off_ends_at_the_deepest_subgroup_that_clears() -> None:
    scores = scored(H01M10_=0.9, A61B5_=0.5)
    deep = deep_scores(H01M10_0525=0.6, H01M10_05=0.2, H01M10_42=0.3, A61B5_02=0.1)
    assert deep_symbols(scores, deep, None, 9, 0.4) == [("H01M10/0525", 0.6), ("A61B5/00", 0.5)]
    assert deep_symbols(scores, deep, None, 9, 0.3) == [
        ("H01M10/0525", 0.6),
        ("A61B5/00", 0.5),
        ("H01M10/42", 0.3),
    ]
    assert deep_symbols(scores, deep, None, 1, 0.7) == [("H01M10/00", 0.9)]
    assert deep_symbols(scores, deep, None, 9, 0.95) == []
