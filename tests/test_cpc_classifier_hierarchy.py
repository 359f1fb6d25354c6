from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from tiny_bundle import mini_labels

from cpc_classifier.hierarchy import Hierarchy
from taxonomy.symbol import Rank

MINI = mini_labels().to_hierarchy()
ROW = {symbol: row for row, symbol in enumerate(MINI.symbols)}


def test_rows_of_a_rank_and_the_path_of_a_row() -> None:
    assert [MINI.symbols[r] for r in MINI.rows_at(Rank.SECTION)] == ["A", "H", "Y"]
    assert MINI.deepest == Rank.MAIN_GROUP
    path = MINI.path_rows(ROW["H01M10/00"])
    assert [MINI.symbols[r] for r in path] == ["H", "H01", "H01M"]
    assert MINI.path_rows(ROW["A"]) == ()


def test_closure_holds_each_row_and_its_ancestors_once() -> None:
    rows = MINI.closure([ROW["H01M10/00"], ROW["H01M4/00"], ROW["A01"]])
    assert [MINI.symbols[r] for r in rows] == [
        "A",
        "A01",
        "H",
        "H01",
        "H01M",
        "H01M4/00",
        "H01M10/00",
    ]
    assert MINI.closure([]).tolist() == []


def test_siblings_counts_the_rows_below_the_same_parent() -> None:
    assert MINI.siblings[ROW["A"]] == 3
    assert MINI.siblings[ROW["H01M10/00"]] == 5


def test_closed_sets_are_ones_for_each_row_and_its_ancestors() -> None:
    sets = MINI.closed_csr([0, 2, 2, 3], [ROW["H01M10/00"], ROW["H01M4/00"], ROW["Y"]])
    dense = sets.toarray()
    for i, rows in enumerate(([ROW["H01M10/00"], ROW["H01M4/00"]], [], [ROW["Y"]])):
        wanted = np.zeros(len(MINI))
        wanted[MINI.closure(rows)] = 1
        np.testing.assert_array_equal(dense[i], wanted)


def test_ancestors_as_a_matrix_agree_with_the_paths() -> None:
    matrix = MINI.ancestors_csr().toarray()
    for row in range(len(MINI)):
        assert np.flatnonzero(matrix[row]).tolist() == sorted([*MINI.path_rows(row), row])


@settings(deadline=None)
@given(arrays(np.float32, (3, len(MINI)), elements=st.floats(0, 1, width=32)))
def test_products_multiply_along_the_path_and_never_grow_downwards(
    conditional: np.ndarray,
) -> None:
    scores = MINI.products(conditional)
    below = MINI.parent >= 0
    assert (scores[:, below] <= scores[:, MINI.parent[below]]).all()
    row = ROW["H01M10/00"]
    path = [*MINI.path_rows(row), row]
    wanted = conditional[:, path].astype(np.float64).prod(axis=1)
    np.testing.assert_allclose(scores[:, row], wanted, rtol=1e-5, atol=1e-30)


def test_a_parent_may_come_after_its_child() -> None:
    late = Hierarchy(("H01", "H"), np.array([1, -1]), np.array([1, 0]))
    assert late.path_rows(0) == (1,)
    scores = late.products(np.array([[0.5, 0.5]], np.float32))
    assert scores.tolist() == [[0.25, 0.5]]


def test_a_circle_and_arrays_of_other_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="circle"):
        Hierarchy(("H", "H01"), np.array([1, 0]), np.array([0, 1]))
    with pytest.raises(ValueError, match="2 symbols"):
        Hierarchy(("H", "H01"), np.array([-1]), np.array([0, 1]))


def test_the_arrays_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="read-only"):
        MINI.parent[0] = 1
