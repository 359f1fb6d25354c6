"""Where symbols lie in the release that is learnt, and that each is counted."""

from __future__ import annotations

from mini_scheme import later_scheme

from taxonomy.release import Parts, merge
from taxonomy.transfer import OWN, Transfer
from taxonomy.tree import Taxonomy
from training.corpus import Places, resolve
from training.corpus.migration import migrated


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
