from __future__ import annotations

from pathlib import Path

import pytest
from tiny_bundle import TITLES, mini_labels

from cpc_classifier.errors import BundleError
from cpc_classifier.labels import LabelIndex
from taxonomy.symbol import Rank
from taxonomy.tree import SchemeEntry, Taxonomy


def scheme(*symbols: str) -> Taxonomy:
    entries = [SchemeEntry(s, 0 if "/" in s else -1, "") for s in symbols]
    return Taxonomy.from_entries("2025.05", entries)


def test_rows_survive_the_file(tmp_path: Path) -> None:
    labels = mini_labels()
    labels.write(tmp_path / "labels.tsv")
    again = LabelIndex.read(tmp_path / "labels.tsv")
    assert again == labels
    assert again.row("H01M10/00") == list(TITLES).index("H01M10/00")
    assert [p.name for p in tmp_path.iterdir()] == ["labels.tsv"]


def test_a_new_release_appends_and_retires() -> None:
    old = LabelIndex.from_taxonomy(scheme("H", "H01", "H01M", "H01M4/00", "H01M10/00"))
    new = old.extended(scheme("H", "H01", "H01M", "H01M4/00", "H01M99/00", "H05", "H05B"))
    assert new.symbols[:5] == old.symbols
    assert new.symbols[5:] == ("H01M99/00", "H05", "H05B")
    assert new.active == (True, True, True, True, False, True, True, True)
    tree = new.to_hierarchy()
    assert [tree.symbols[r] for r in tree.path_rows(new.row("H05B"))] == ["H", "H05"]
    assert not tree.active[new.row("H01M10/00")]


def test_from_taxonomy_stops_at_the_rank_asked_for() -> None:
    labels = LabelIndex.from_taxonomy(scheme("H", "H01", "H01M", "H01M4/00"), Rank.SUBCLASS)
    assert labels.symbols == ("H", "H01", "H01M")
    assert labels.parents == ("", "H", "H01")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("symbol\tother\n", "line 1"),
        ("symbol\tparent\trank\tstate\nH\t\tsection\n", "line 2"),
        ("symbol\tparent\trank\tstate\nH\t\tsection\tlost\n", "line 2"),
        ("symbol\tparent\trank\tstate\nH\t\tplanet\tactive\n", "planet"),
        ("symbol\tparent\trank\tstate\nH\t\tsection\tactive\nH\t\tsection\tactive\n", "two rows"),
        ("symbol\tparent\trank\tstate\nH01\tH\tclass\tactive\n", "label H is named"),
    ],
)
def test_a_broken_file_is_refused_by_name(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "labels.tsv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BundleError, match=message) as caught:
        LabelIndex.read(path)
    assert "labels.tsv" in caught.value.message


def test_an_unknown_label_is_named() -> None:
    with pytest.raises(BundleError, match="G06F"):
        mini_labels().row("G06F")
