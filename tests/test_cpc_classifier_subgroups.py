from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mini_release import mini_release
from tiny_bundle import DEEPER, mini_labels, mini_subgroups

from cpc_classifier.errors import BundleError
from cpc_classifier.subgroups import Subgroups

LABELS = mini_labels()
MINI = mini_subgroups()
AT = {symbol: i for i, symbol in enumerate(MINI.symbols)}


def test_a_subgroup_knows_what_it_hangs_on() -> None:
    deep = LABELS.symbols + MINI.symbols
    for symbol, (above, _) in DEEPER.items():
        assert deep[MINI.parent[AT[symbol]]] == above
    assert deep[MINI.group[AT["H01M10/0525"]]] == "H01M10/00"
    assert [MINI.symbols[i] for i in MINI.path(AT["H01M10/0525"])] == ["H01M10/05", "H01M10/052"]
    assert MINI.path(AT["A61B5/02"]) == ()


def test_what_lies_below_a_main_group_is_a_slice() -> None:
    row = LABELS.row("H01M10/00")
    below = MINI.symbols[MINI.first[row] : MINI.last[row]]
    assert below == ("H01M10/05", "H01M10/052", "H01M10/0525", "H01M10/056", "H01M10/42")
    bare = LABELS.row("H01M4/00")
    assert MINI.first[bare] == MINI.last[bare]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 4), min_size=1, max_size=40))
def test_a_subtree_ends_where_the_next_one_begins(dots: list[int]) -> None:
    """Any preorder of dots below two main groups against a plain walk."""
    labels, parents, path = 2, [], [0]
    for i, wanted in enumerate(dots):
        if i == len(dots) // 2:
            path = [1]
        path = path[: min(wanted, len(path) - 1) + 1]
        parents.append(path[-1])
        path.append(labels + i)
    found = Subgroups(labels, tuple(map(str, range(len(dots)))), np.array(parents, np.int32))
    end = list(range(1, len(dots) + 1))
    for i in reversed(range(len(dots))):
        if parents[i] >= labels:
            end[parents[i] - labels] = max(end[parents[i] - labels], end[i])
    assert found.end.tolist() == end


def test_deep_rows_go_up_to_their_label_row() -> None:
    n = len(LABELS)
    rows = [0, 5, n + AT["H01M10/0525"], n + AT["H04L9/32"]]
    wanted = [0, 5, LABELS.row("H01M10/00"), LABELS.row("H04L9/00")]
    assert MINI.label_rows(rows).tolist() == wanted


def test_those_of_a_release_below_known_main_groups() -> None:
    release = mini_release(H01M12_00="H01M hybrid", H01M12_02="H01M12/00 details")
    found = Subgroups.of(release, LABELS)
    assert found.symbols == MINI.symbols
    np.testing.assert_array_equal(found.parent, MINI.parent)


def test_a_written_file_is_read_as_it_was(tmp_path: Path) -> None:
    MINI.write(tmp_path / "s.gz", LABELS)
    again = Subgroups.read(tmp_path / "s.gz", LABELS)
    assert again.symbols == MINI.symbols
    np.testing.assert_array_equal(again.parent, MINI.parent)
    np.testing.assert_array_equal(again.end, MINI.end)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["wrong"], "line 1: expected the header"),
        (["symbol\tparent", "H01M10/05\tH01M10/00", "H01M10/051"], "line 3: 'H01M10/051' has no"),
        (["symbol\tparent", "H01M10/052\tH01M10/05", "H01M10/05\tH01M10/00"], "line 2"),
        (["symbol\tparent", "H01M10/05\tH01M10/00", "H01M10/05\tH01M10/00"], "stands there twice"),
        (["symbol\tparent", "H01M10/05\tH01M10/00", "H04L9/08\tH04L9/00", "H01M10/42\tH01M10/00"],
         "do not stand together"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused_by_name(tmp_path: Path, lines: list[str], message: str) -> None:
    path = tmp_path / "subgroups.tsv.gz"
    path.write_bytes(gzip.compress(("\n".join(lines) + "\n").encode()))
    with pytest.raises(BundleError, match=message) as error:
        Subgroups.read(path, LABELS)
    assert "subgroups.tsv.gz" in str(error.value)


def test_a_file_that_is_no_gzip_is_refused(tmp_path: Path) -> None:
    (tmp_path / "subgroups.tsv.gz").write_bytes(b"not this")
    with pytest.raises(BundleError, match="cannot be read"):
        Subgroups.read(tmp_path / "subgroups.tsv.gz", LABELS)
