"""What an IPC symbol says in the CPC, and a CPC symbol in the IPC."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from taxonomy.errors import BadSymbolError, UnknownSymbolError
from taxonomy.ipc import SharedPlace, ipc_place, shared_place
from taxonomy.readers.scheme_xml import read_scheme_xml
from taxonomy.scheme import CPC_ONLY
from taxonomy.symbol import Rank, Symbol
from taxonomy.tree import SchemeEntry, Taxonomy


@pytest.mark.parametrize(
    ("symbol", "place"),
    [
        ("A01B1/02", "A01B1/02"),
        ("A01B  1/022 (2006.01)", "A01B1/022"),
        ("A01B0001020000", "A01B1/02"),
        ("A01B1/00", "A01B1/00"),
        ("A01B", "A01B"),
        ("A01", "A01"),
        ("A", "A"),
        ("A01B1/03", "A01B1/00"),  # the CPC has no such subgroup,
        ("A01B7/02", "A01B"),  # no such main group,
        ("A01C1/02", "A01"),  # subclass
        ("A99Z1/02", "A"),  # or class
    ],
)
def test_without_a_concordance_the_same_symbol_is_the_same_place(
    mini_scheme: Taxonomy, symbol: str, place: str
) -> None:
    assert shared_place(symbol, mini_scheme) == SharedPlace(place, Symbol.parse(place).rank)


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ({"A01B1/022": "A01B1/022"}, "A01B1/022"),
        ({"A01B1/022": ""}, "A01B1/022"),
        ({"A01B1/02": "A01B1/04"}, "A01B1/022"),
        ({"A01B1/022": "A01B1/02"}, "A01B1/00"),
        ({"A01B1/022": "A01K1/00"}, "A01B1/00"),
        ({"A01B1/022": CPC_ONLY}, "A01B1/00"),
        ({"A01B1/022": CPC_ONLY, "A01B1/00": CPC_ONLY}, "A01B"),
        ({"A01B1/022": "A01B3/02", "A01B1/00": "A01B3/00"}, "A01B"),
    ],
)
def test_the_same_symbol_proves_nothing_where_the_concordance_objects(
    mini_scheme: Taxonomy, said: dict[str, str], place: str
) -> None:
    assert shared_place("A01B1/022", mini_scheme, said).symbol == place


@pytest.mark.parametrize(
    ("symbol", "said", "place"),
    [
        ("H01M220/20", {}, "H01M2220/20"),
        ("H01M220/20", {"H01M2220/20": "H01M220/20"}, "H01M2220/20"),
        ("H01M220/20", {"H01M2220/20": CPC_ONLY}, "H01M2220/00"),
        ("H01M220/25", {}, "H01M2220/00"),
        ("H01M220/20", {"H01M2220/20": CPC_ONLY, "H01M2220/00": CPC_ONLY}, "H01M"),
        ("A01B1/045", {}, "A01B1/00"),  # below 100 only the concordance can tell
        ("A01B1/045", {"A01B2001/045": "A01B1/045"}, "A01B2001/045"),
        ("A01B1/045", {"A01B2001/045": "A01B1/04"}, "A01B1/00"),
    ],
)
def test_indexing_codes_are_found_with_2000_added(
    mini_scheme: Taxonomy, symbol: str, said: dict[str, str], place: str
) -> None:
    assert shared_place(symbol, mini_scheme, said).symbol == place


def test_a_place_is_as_deep_as_the_release_is_known(mini_scheme: Taxonomy) -> None:
    upper = mini_scheme.up_to(Rank.MAIN_GROUP)
    assert shared_place("A01B1/02", upper) == SharedPlace("A01B1/00", Rank.MAIN_GROUP)


def test_what_is_no_ipc_symbol_is_refused(mini_scheme: Taxonomy) -> None:
    with pytest.raises(BadSymbolError, match="Y02E10/70 is no IPC symbol"):
        shared_place("Y02E10/70", mini_scheme)
    with pytest.raises(BadSymbolError, match="'rubbish' is no CPC symbol"):
        shared_place("rubbish", mini_scheme)
    alone = Taxonomy.from_entries("2030.01", [SchemeEntry("B", -1, "Making")])
    with pytest.raises(UnknownSymbolError, match="A is not in release"):
        shared_place("A01B1/02", alone)


SAID = {
    "A01B1/00": "A01B1/00", "A01B1/02": "A01B1/02", "A01B1/022": "A01B1/02",
    "A01B1/024": CPC_ONLY, "A01B2001/045": "A01B1/06", "A01B3/00": "A01K5/00",
    "A01K1/00": CPC_ONLY, "A01K1/01": CPC_ONLY, "A01K5/00": "A01B3/00",
    "A61B5/00": CPC_ONLY, "A61B5/02": CPC_ONLY,
}  # fmt: skip


@pytest.mark.parametrize(
    ("symbol", "place"),
    [
        ("A01B 1/02", "A01B1/02"),
        ("A01B1/022", "A01B1/02"),
        ("A01B2001/045", "A01B1/06"),
        ("A01B3/00", "A01K5/00"),
        ("A01B1/024", "A01B1/02"),  # the CPC's own: the nearest above it
        ("A01B1/04", "A01B1/00"),  # nothing is said of it
        ("A01B", "A01B"),
        ("A01K1/01", "A01"),  # all groups of A01K lie elsewhere or nowhere in the IPC
        ("A61B5/02", "A"),  # and all of A61 are the CPC's own
        ("A61", "A"),
        ("H01M4/02", "H01M"),  # nothing is said of the whole subclass
        ("H", "H"),
        ("Y02E10/70", CPC_ONLY),
        ("Y", CPC_ONLY),
    ],
)
def test_a_cpc_symbol_belongs_where_the_concordance_puts_it(
    mini_scheme: Taxonomy, symbol: str, place: str
) -> None:
    assert ipc_place(symbol, mini_scheme, SAID) == place


def test_a_cpc_symbol_must_be_of_the_release(mini_scheme: Taxonomy) -> None:
    with pytest.raises(UnknownSymbolError, match="A01B7/00 is not in release"):
        ipc_place("A01B7/00", mini_scheme, SAID)


@pytest.mark.shared
def test_the_concordance_of_2021_05_vouches_for_nearly_all_ipc_symbols(shared: Path) -> None:
    scheme = read_scheme_xml(shared / "cpc" / "CPCSchemeXML202105.zip")
    cpc = scheme.taxonomy
    said = dict(zip(cpc.symbols, scheme.ipc, strict=True))
    assert sum(ipc != "" for ipc in scheme.ipc) == 231_030
    assert scheme.ipc.count(CPC_ONLY) == 56_253
    named = sorted(set(scheme.ipc) - {"", CPC_ONLY})
    assert len(named) == 74_555
    places = {ipc: shared_place(ipc, cpc, said) for ipc in named}
    ranks = Counter((Symbol.parse(ipc).rank, place.rank) for ipc, place in places.items())
    assert ranks == {
        (Rank.SUBGROUP, Rank.SUBGROUP): 66_836,
        (Rank.SUBGROUP, Rank.MAIN_GROUP): 277,
        (Rank.SUBGROUP, Rank.SUBCLASS): 30,
        (Rank.MAIN_GROUP, Rank.MAIN_GROUP): 7_399,
        (Rank.MAIN_GROUP, Rank.SUBCLASS): 13,
    }
    whole = [ipc for ipc in named if places[ipc].rank == Symbol.parse(ipc).rank]
    assert sum(places[ipc].symbol != ipc for ipc in whole) == 1_188  # with 2000 added
    assert all(ipc_place(places[ipc].symbol, cpc, said) == ipc for ipc in whole)
    own = [s for s in cpc.up_to(Rank.SUBCLASS).symbols if ipc_place(s, cpc, said) != s]
    assert {s for s in own if s[0] != "Y"} == set(
        "A23V A23Y A44D B41P B42P B60Y C01P C12Y D05D D10 D10B E05Y F05 F05B F05C F05D F27M H04T"
        .split()
    )  # fmt: skip
