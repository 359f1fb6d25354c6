"""Where symbols lie in the release that is learnt, and that each is counted."""

from __future__ import annotations

from pathlib import Path

import pytest
from mini_scheme import later_scheme, write_title_list

from taxonomy.release import Parts, merge
from taxonomy.transfer import OWN, Transfer
from taxonomy.tree import Taxonomy
from training.corpus import Places, resolve
from training.corpus.migration import migrated, read_older, read_transfers
from training.corpus.records import cpc_symbols


def test_a_deleted_symbol_counts_at_its_nearest_ancestor(mini_scheme: Taxonomy) -> None:
    assert resolve("A01B1/999", mini_scheme) == "A01B1/00"
    assert resolve("A01B77/02", mini_scheme) == "A01B"
    assert resolve("not a symbol", mini_scheme) == ""


def test_each_symbol_has_a_place_and_is_counted(mini_scheme: Taxonomy) -> None:
    places = Places(mini_scheme)
    found = [places.cpc(s) for s in ("A01B 1/022", "A01B1/022", "A01B1/999", "spade", "A01Z5/00")]
    assert found == ["A01B1/022", "A01B1/022", "A01B1/00", "", "A01"]
    assert places.fates()["cpc"] == {
        "unchanged": {"symbols": 2, "mentions": 2},
        "unknown, raised to the main-group": {"symbols": 1, "mentions": 1},
        "dropped: no symbol": {"symbols": 1, "mentions": 1},
        "unknown, raised to the class": {"symbols": 1, "mentions": 1},
    }


def test_an_ipc_symbol_lies_where_the_schemes_agree(mini_scheme: Taxonomy) -> None:
    places = Places(mini_scheme)
    found = [places.ipc(s) for s in ("H01M10/05", "A61B503/10", "A01B1/99", "Y02E10/70")]
    assert found == ["H01M10/05", "A61B2503/10", "A01B1/00", ""]
    assert list(places.fates()["ipc"]) == [
        "the same in CPC",
        "in CPC with 2000 added",
        "raised to the main-group",
        "dropped: no IPC symbol",
    ]
    told = Places(mini_scheme, {"H01M10/05": "H01M10/42"})
    assert told.ipc("H01M10/05") == "H01M10/00"


def test_what_is_said_of_a_deleted_symbol_goes_before_its_spelling(mini_scheme: Taxonomy) -> None:
    new = later_scheme()
    old = merge(Parts(titles=mini_scheme))
    said = [
        Transfer("A01B3/041", "A01B3/05", OWN, 1.0),
        Transfer("A61B2503/10", "A61B5/02", OWN, 1.0),
        Transfer("A61B2503/10", "A61B5/021", OWN, 1.0),
    ]
    lost = ["A01B3/041", "A61B2503/00", "A61B2503/10", "A01B1/02", "A01B7/77"]
    places = Places(new, moved=migrated(lost, [old], new, said))
    found = [places.cpc(symbol) for symbol in lost]
    assert found == ["A01B3/05", "A61B", "A61B5/02", "A01B1/02", "A01B"]
    assert list(places.fates()["cpc"]) == [
        "transferred",
        "retired since 2030.01, raised to the subclass",
        "transferred, above several",
        "unchanged",
        "unknown, raised to the subclass",
    ]


def test_a_table_alone_tells_too(mini_scheme: Taxonomy, tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text("from,to\nA01B9/00,A01B3/02\nA01B8/00,\n", encoding="utf-8")
    found = migrated(["A01B9/00", "A01B8/00"], [], mini_scheme, read_transfers([path]))
    assert {symbol: place.symbol for symbol, place in found.items()} == {"A01B9/00": "A01B3/02"}


def test_places_in_two_sections_have_nothing_above_them(mini_scheme: Taxonomy) -> None:
    said = [Transfer("A01B9/00", to, OWN, 1.0) for to in ("A01B3/02", "H01M10/05")]
    assert migrated(["A01B9/00"], [], mini_scheme, said) == {}


def test_older_releases_are_read_the_newest_first(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        write_title_list(tmp_path / name)
    found = read_older([tmp_path / "one", tmp_path / "two"])
    assert [release.taxonomy.release for release in found] == ["2030.01", "2030.01"]


def test_the_symbols_of_records_are_read_once_and_checked(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(
        '{"cpc": ["A01B 1/02", "spade"]}\n{"cpc": ["A01B1/02", "H"]}\n', encoding="utf-8"
    )
    assert cpc_symbols([path]) == {"A01B1/02", "H"}


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
