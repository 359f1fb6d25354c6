"""The structure that ships with the package."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from taxonomy.errors import ReleaseFileError
from taxonomy.labels import labels
from taxonomy.releases import packaged
from taxonomy.structure import PACKAGED, read_structure, write_structure
from taxonomy.symbol import Rank, Symbol
from taxonomy.tree import Taxonomy


def test_the_packaged_structure_has_the_known_counts() -> None:
    tree = packaged()
    assert tree.release == "2025.05"
    assert len(tree) == 10_669
    assert [int(np.sum(tree.ranks == rank)) for rank in Rank] == [9, 137, 680, 9843, 0]
    assert tree.path("H01M 10/00") == ("H", "H01", "H01M", "H01M10/00")


def test_its_titles_are_the_own_labels() -> None:
    tree, own = packaged(), labels("en")
    for symbol in tree.symbols:
        above = Symbol.parse(symbol).rank < Rank.MAIN_GROUP
        assert tree.title(symbol) == (own[symbol] if above else "")


def test_what_was_written_is_read(mini_scheme: Taxonomy, tmp_path: Path) -> None:
    path = tmp_path / "structure-2030.01.tsv.gz"
    write_structure(mini_scheme, path)
    back, cut = read_structure(path), mini_scheme.up_to(Rank.MAIN_GROUP)
    assert back.release == "2030.01"
    assert back.symbols == cut.symbols
    assert np.array_equal(back.parent_rows, cut.parent_rows)
    assert [f.name for f in tmp_path.iterdir()] == [path.name]


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / PACKAGED.name
    path.write_bytes(PACKAGED.read_bytes()[:-100])
    with pytest.raises(ReleaseFileError, match=r"2025\.05\.tsv\.gz cannot be read"):
        read_structure(path)
    with pytest.raises(ReleaseFileError, match="not named structure-YYYY"):
        read_structure(tmp_path / "other.gz")


@pytest.mark.shared
def test_it_is_the_official_release_rolled_up(official: Taxonomy, tmp_path: Path) -> None:
    cut = official.up_to(Rank.MAIN_GROUP)
    assert packaged().symbols == cut.symbols
    assert np.array_equal(packaged().parent_rows, cut.parent_rows)
    assert np.array_equal(packaged().ranks, cut.ranks)
    write_structure(official, tmp_path / PACKAGED.name)
    assert (tmp_path / PACKAGED.name).read_bytes() == PACKAGED.read_bytes()
