"""Where symbols went that the release lacks, by older releases and tables."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from mini_scheme import later_scheme, write_title_list

from taxonomy.errors import ReleaseFileError
from taxonomy.release import Parts, merge
from taxonomy.transfer import OWN, REVISION, WARNING, Transfer
from taxonomy.tree import SchemeEntry, Taxonomy
from training.corpus.migration import migrated, read_older, read_transfers
from training.corpus.places import Place


def test_a_symbol_is_retired_since_the_release_that_had_it_last(mini_scheme: Taxonomy) -> None:
    new = later_scheme()
    entries = [("A", -1), ("A01", -1), ("A01B", -1), ("A01B3/00", 0), ("A01B3/041", 1)]
    entries += [("A01B7/00", 0), ("A01B7/02", 1)]
    oldest = Taxonomy.from_entries("2025.01", [SchemeEntry(s, dots, "x") for s, dots in entries])
    older = [merge(Parts(titles=tree)) for tree in (mini_scheme, oldest)]
    found = migrated(["A01B3/041", "A01B7/02", "A01B8/00", "A01B1/02"], older, new)
    assert found == {
        "A01B3/041": Place("A01B3/00", "retired since 2030.01, raised to the main-group"),
        "A01B7/02": Place("A01B", "retired since 2025.01, raised to the subclass"),
    }


def test_a_transfer_is_followed_to_where_the_release_has_a_symbol(mini_scheme: Taxonomy) -> None:
    new = later_scheme()
    said = [
        Transfer("A01B7/02", "A61B2503/10", OWN, 1.0),
        Transfer("A61B2503/10", "A61B5/021", OWN, 1.0),
        Transfer("A01B1/02", "A01B1/04", OWN, 1.0),  # a part of one that is still there
        Transfer("A01B3/041", "", OWN, 1.0),  # retired without another place
    ]
    lost = ["A01B7/02", "A61B2503/10", "A01B1/02", "A01B3/041"]
    found = migrated(lost, [merge(Parts(titles=mini_scheme))], new, said)
    assert found == {
        "A01B7/02": Place("A61B5/021", "transferred"),
        "A61B2503/10": Place("A61B5/021", "transferred"),
        "A01B3/041": Place("A01B3/00", "retired since 2030.01, raised to the main-group"),
    }


def test_the_warnings_of_an_older_release_are_heard_beside_what_is_given(
    mini_scheme: Taxonomy,
) -> None:
    warned = (Transfer("A01B3/041", "A01B3/05", WARNING, 1.0),)
    older = replace(merge(Parts(titles=mini_scheme)), transfers=warned)
    found = migrated(["A01B3/041"], [older], later_scheme())
    assert found == {"A01B3/041": Place("A01B3/05", "transferred")}
    both = [Transfer("A01B3/041", "A01B3/02", OWN, 1.0)]
    found = migrated(["A01B3/041"], [older], later_scheme(), both)
    assert found == {"A01B3/041": Place("A01B3/00", "transferred, above several")}


def test_tables_and_lists_are_read_in_their_order(tmp_path: Path) -> None:
    table = tmp_path / "mine.CSV"
    table.write_text("from,to\nA01B9/00,A01B3/02\n", encoding="utf-8")
    official = tmp_path / "cpc_concordance_20300101.xml"
    official.write_text(
        "<revision-concordance-table><revision-concordance-item amendment-type='D'>"
        "<classification-symbol>A01B1/022</classification-symbol><transferred-to>"
        "<target-symbol>A01B1/02</target-symbol></transferred-to>"
        "</revision-concordance-item></revision-concordance-table>",
        encoding="utf-8",
    )
    found = read_transfers([official, table])
    assert [(t.symbol, t.target, t.source) for t in found] == [
        ("A01B1/022", "A01B1/02", REVISION),
        ("A01B9/00", "A01B3/02", OWN),
    ]
    table.write_text("from\nA01B9/00\n", encoding="utf-8")
    with pytest.raises(ReleaseFileError, match="mine.CSV"):
        read_transfers([table])


def test_a_table_alone_tells_too(mini_scheme: Taxonomy, tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("from,to\nA01B9/00,A01B3/02\nA01B8/00,\n", encoding="utf-8")
    found = migrated(["A01B9/00", "A01B8/00"], [], mini_scheme, read_transfers([path]))
    assert {symbol: place.symbol for symbol, place in found.items()} == {"A01B9/00": "A01B3/02"}


def test_places_in_two_sections_have_nothing_above_them(mini_scheme: Taxonomy) -> None:
    said = [Transfer("A01B9/00", to, OWN, 1.0) for to in ("A01B3/02", "H01M10/05")]
    assert migrated(["A01B9/00"], [], mini_scheme, said) == {}


def test_older_releases_are_read_the_newest_first(tmp_path: Path) -> None:
    for date in ("20280101", "20300101", "20290101"):
        (tmp_path / date).mkdir()
        write_title_list(tmp_path / date, date)
    found = read_older(sorted(tmp_path.iterdir()))
    assert [release.taxonomy.release for release in found] == ["2030.01", "2029.01", "2028.01"]


@pytest.mark.shared
def test_warnings_of_an_older_scheme_move_real_symbols(shared: Path, official: Taxonomy) -> None:
    older = read_older([shared / "cpc" / "CPCSchemeXML202105.zip"])
    assert older[0].taxonomy.release == "2021.05"
    announced = {t.symbol for t in older[0].transfers}
    gone = [s for s in older[0].taxonomy.symbols if s not in official]
    found = migrated(gone, older, official)
    assert len(found) == len(gone)
    moved = {s for s, place in found.items() if place.fate.startswith("transferred")}
    assert moved
    assert moved <= announced
    assert all(place.symbol in official for place in found.values() if place.symbol)
