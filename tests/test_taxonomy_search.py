"""Search in titles, labels and definitions: what is found, and in which order."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taxonomy.errors import SnapshotError
from taxonomy.search import TitleSearch
from taxonomy.search_index import FORMAT, build_index
from taxonomy.tree import SchemeEntry, Taxonomy


def scheme(*titles: str) -> Taxonomy:
    """A subclass without labels, with subgroups of one dot, which have these titles."""
    entries = [SchemeEntry(s, -1, "") for s in ("A", "A98", "A98Z")]
    entries.append(SchemeEntry("A98Z1/00", 0, ""))
    entries += [SchemeEntry(f"A98Z1/{i:02}", 1, title) for i, title in enumerate(titles, 1)]
    return Taxonomy.from_entries("2030.01", entries)


def found(titles: Taxonomy, query: str, limit: int = 20) -> list[int]:
    """The numbers of the titles that a query finds, the best first."""
    return [int(symbol.partition("/")[2]) for symbol in titles.search(query, limit)]


def test_a_title_with_all_words_comes_before_one_with_some() -> None:
    titles = scheme("drawn ploughs", "ploughs drawn by horses", "horses", "telephones")
    assert found(titles, "ploughs drawn horses")[0] == 2
    assert 4 not in found(titles, "ploughs drawn horses")


def test_less_than_half_of_a_query_is_not_enough() -> None:
    titles = scheme("lamps", *["valves"] * 5)
    assert found(titles, "lamps valves anvils hammers") == found(titles, "lamps valves")
    assert 2 not in found(titles, "lamps valves")  # frequent, so that it is worth less than half
    assert found(titles, "lamps valves") == [1]


def test_a_query_without_a_known_word_finds_nothing(mini_scheme: Taxonomy) -> None:
    for query in ("", " ", "?!", "xyzzyxyzzy", "/", "\N{SNOWMAN}"):
        assert mini_scheme.search(query) == []


def test_case_and_accents_do_not_matter(mini_scheme: Taxonomy) -> None:
    assert mini_scheme.search("LITHIUM-ION")[0] == "H01M10/0525"
    assert mini_scheme.search("pUlSe")[0] == "A61B5/02"
    assert mini_scheme.search("übertragung") == mini_scheme.search("UBERTRAGUNG") == ["H04L9/0852"]


def test_words_may_stand_in_titles_above(mini_scheme: Taxonomy) -> None:
    assert mini_scheme.search("ploughs drawn")[0] == "A01B3/04"
    assert "H01M10/0525" in mini_scheme.search("electric lithium")


def test_own_words_come_before_inherited_ones(mini_scheme: Taxonomy) -> None:
    assert mini_scheme.search("lithium batteries")[0] == "H01M10/0525"
    assert mini_scheme.search("blood wrist")[0] == "A61B5/021"


def test_the_last_word_may_be_unfinished_until_a_blank_follows() -> None:
    titles = scheme("gearboxes", "lamps", "unicorn gearboxes")
    assert found(titles, "gea") == [1, 3]
    assert found(titles, "gea ") == found(titles, "boxes") == []
    assert found(titles, "unicorn gea") == [3]


def test_whole_words_come_before_beginnings() -> None:
    assert found(scheme("batter", "bat", "bats", "combat"), "bat") == [2, 3, 1]


def test_the_endings_of_a_word_do_not_matter() -> None:
    titles = scheme("battery", "batteries", "a box", "boxes", "welding", "welded", "cells", "cell")
    for one, other in (("battery", "batteries"), ("box", "boxes"), ("weld", "welds")):
        assert sorted(found(titles, one)) == sorted(found(titles, other))
        assert len(found(titles, one)) == 2


@pytest.mark.parametrize(
    ("british", "american"),
    [("fibre", "fiber"), ("aluminium", "aluminum"), ("moulding", "molding"), ("tyres", "tires"),
     ("sulphur", "sulfur"), ("colour", "color"), ("vaporising", "vaporizing"), ("grey", "gray")],
)  # fmt: skip
def test_spellings_of_both_sides_of_the_ocean_find_each_other(british: str, american: str) -> None:
    titles = scheme(british, "lamps", american)
    assert sorted(found(titles, british)) == sorted(found(titles, american)) == [1, 3]


@pytest.mark.parametrize(
    "query", ["heliocoptre", "helicoper", "helicoptter", "heilcopter", "helicoptar", "hellicoptrer"]
)
def test_a_word_that_no_title_has_finds_the_nearest(query: str) -> None:
    assert found(scheme("helicopter", "helices", "copper"), query)[:1] == [1]


def test_short_words_and_words_with_figures_are_not_guessed() -> None:
    titles = scheme("cat", "H2O2", "lamps")
    assert found(titles, "cot ") == found(titles, "h2o3 ") == []


def test_a_word_that_a_title_has_is_not_taken_for_another() -> None:
    assert found(scheme("casting", "coating"), "casting") == [1]


@pytest.mark.parametrize("query", ["ink jet", "inkjet", "ink-jet", "INK JET"])
def test_words_may_be_joined_or_parted(query: str) -> None:
    titles = scheme("ink jet printers", "inkjet printers", "ink-jet printers", "jets of water")
    assert sorted(found(titles, query)[:3]) == [1, 2, 3]


def test_higher_ranks_then_larger_subtrees_then_shorter_titles_come_first() -> None:
    entries = [
        SchemeEntry("A", -1, "lamp"), SchemeEntry("A98", -1, "lamp"), SchemeEntry("A98Z", -1, "-"),
        SchemeEntry("A98Z1/00", 0, "lamp"), SchemeEntry("A98Z1/02", 1, "a lamp of sundry size"),
        SchemeEntry("A98Z1/03", 1, "lamp"), SchemeEntry("A98Z1/031", 2, "-"),
        SchemeEntry("A98Z1/04", 1, "a lamp"), SchemeEntry("A98Z1/06", 1, "a lamp"),
    ]  # fmt: skip
    assert Taxonomy.from_entries("2030.01", entries).search("lamp") == [
        "A", "A98", "A98Z1/00", "A98Z1/03", "A98Z1/04", "A98Z1/06", "A98Z1/02",
    ]  # fmt: skip


def test_a_title_that_a_query_names_comes_before_one_that_says_more() -> None:
    titles = scheme("valves for heat pumps of ships; lamps", "heat pumps; lamps for reading books")
    assert found(titles, "heat pumps") == [2, 1]


def test_codes_that_only_add_information_come_later() -> None:
    entries = [SchemeEntry(s, -1, "") for s in ("A", "A98", "A98Z")]
    entries += [SchemeEntry("A98Z1/00", 0, "lamp"), SchemeEntry("A98Z2001/00", 0, "lamp")]
    assert Taxonomy.from_entries("2030.01", entries[:3] + entries[:2:-1][::-1]).search("lamp") == [
        "A98Z1/00", "A98Z2001/00",
    ]  # fmt: skip


def test_what_parentheses_refer_to_is_not_searched() -> None:
    titles = scheme("anvils (hammers A98Z1/02)", "hammers (anvils) and more", "(x) saws (y)")
    assert found(titles, "hammers") == [2]
    assert sorted(found(titles, "anvils")) == [1, 2]
    assert found(titles, "saws") == [3]


def test_signs_part_words() -> None:
    titles = scheme(
        "lithium\N{EN DASH}ion", "lithium\N{NO-BREAK SPACE}air", "{lithium}", "lithiumx"
    )
    assert found(titles, "lithium ion")[0] == found(titles, "lithium-ion")[0] == 1
    assert found(titles, "lithium air")[0] == 2
    assert found(titles, "lithium ")[0] == 3


@pytest.mark.parametrize("query", ["H01M10/052", "h01m 10/052", "H01M0010052000"])
def test_a_symbol_finds_itself_first(mini_scheme: Taxonomy, query: str) -> None:
    assert mini_scheme.search(query)[0] == "H01M10/052"
    assert mini_scheme.search(query, 1) == ["H01M10/052"]


def test_the_limit_holds(mini_scheme: Taxonomy) -> None:
    everything = mini_scheme.search("cells", 100)
    assert len(everything) > 3
    assert mini_scheme.search("cells", 3) == everything[:3]
    assert mini_scheme.search("cells", 0) == mini_scheme.search("H01M", 0) == []
    assert mini_scheme.search("cells", -1) == []


def test_labels_are_searched_in_english_and_korean(mini_scheme: Taxonomy) -> None:
    assert mini_scheme.search("전지")[0] == "H01M"


@pytest.mark.parametrize("query", ["연료전지의", "연료 전지", "연료전지를 ", "연료 전지용 촉매"])
def test_particles_and_blanks_of_korean_do_not_matter(query: str) -> None:
    assert found(scheme("열교환기", "연료전지", "램프"), query)[0] == 2


@pytest.mark.parametrize("query", ["한국어", "ελλάς", "ελλας", "STRASSE"])
def test_other_scripts_are_words_too(query: str) -> None:
    titles = scheme("lithium cells", "Straße", "한국어 안내", "Ελλάς")
    assert found(titles, query)[0] == {"한": 3, "ε": 4, "S": 2}[query[0]]


def test_definitions_find_their_symbols_after_titles() -> None:
    titles = scheme("lamps", "valves", "taps for beer")
    told = {"A98Z1/01": "Lanterns, taps and torches.", "B99Z1/00": "lanterns of no release"}
    index = TitleSearch.of(titles, told)
    assert [titles.symbols[row] for row in index.rows("lanterns", 5)] == ["A98Z1/01"]
    assert [titles.symbols[row] for row in index.rows("taps", 5)] == ["A98Z1/03", "A98Z1/01"]


SAID = st.text(max_size=60) | st.lists(
    st.sampled_from(
        ["lithium", "AND", "OR", "NOT", "NEAR(", '"', "'", "*", "^", ":", "-", "(", ")", "{", "+",
         "words:", "rowid", ";", "--", "전지", "\0", "\ud800", "a" * 600, "lithiun"]
    ),
    max_size=12,
).map(" ".join)  # fmt: skip
ANY = scheme("lithium cells", "Straße Ελλάς", "한국어 전지", "İstanbul", "", "and or not near")


@given(SAID)
def test_any_query_is_answered(query: str) -> None:
    symbols = ANY.search(query)
    assert len(symbols) == len(set(symbols))
    assert set(symbols) <= set(ANY.symbols)


def test_several_threads_may_search(mini_scheme: Taxonomy) -> None:
    queries = ["lithium batteries", "ploughs", "pulse", "blood"] * 25
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(mini_scheme.search, queries)) == [*map(mini_scheme.search, queries)]


@pytest.fixture
def index(mini_scheme: Taxonomy, tmp_path: Path) -> Path:
    path = tmp_path / "2030.01.index"
    build_index(mini_scheme, {"A01B3/04": "carriages"}, path)
    return path


def test_an_index_is_kept_in_a_file(mini_scheme: Taxonomy, index: Path) -> None:
    opened = TitleSearch.open(index, mini_scheme)
    for query in ("lithium batteries", "ploughs", "전지", "bloud"):
        found_rows = opened.rows(query, 10)
        assert [mini_scheme.symbols[row] for row in found_rows] == mini_scheme.search(query, 10)
        assert found_rows
    assert [mini_scheme.symbols[row] for row in opened.rows("carriages", 5)] == ["A01B3/04"]
    assert [file.name for file in index.parent.iterdir()] == [index.name]


def test_an_index_is_written_anew_as_a_whole(mini_scheme: Taxonomy, index: Path) -> None:
    build_index(mini_scheme, {"A01B3/04": "coaches"}, index)
    opened = TitleSearch.open(index, mini_scheme)
    assert opened.rows("carriages ", 5) == []
    assert len(opened.rows("coaches", 5)) == 1


def test_an_index_that_is_none_is_refused(mini_scheme: Taxonomy, index: Path) -> None:
    whole = index.read_bytes()
    empty = index.with_name("empty")
    with sqlite3.connect(empty) as store:
        store.execute(f"PRAGMA user_version = {FORMAT}")
    broken = {
        "no valid index": b"SQLite no more" * 500,
        "another format": whole[:60] + (FORMAT + 1).to_bytes(4, "big") + whole[64:],
        "is no valid": empty.read_bytes(),
    }
    for said, data in broken.items():
        index.write_bytes(data)
        with pytest.raises(SnapshotError, match=rf"{said}.*; import the release again"):
            TitleSearch.open(index, mini_scheme)
    with pytest.raises(SnapshotError, match="is missing; import the release again"):
        TitleSearch.open(index.with_name("none"), mini_scheme)


def test_an_index_of_another_tree_is_refused(mini_scheme: Taxonomy, index: Path) -> None:
    with pytest.raises(SnapshotError, match=r"is not of release 2030.01; import"):
        TitleSearch.open(index, scheme("lamps"))


def test_a_damaged_page_is_told_when_it_is_read(mini_scheme: Taxonomy, index: Path) -> None:
    data = bytearray(index.read_bytes())
    with sqlite3.connect(index) as store:
        tables = store.execute("SELECT rootpage FROM sqlite_master WHERE name = 'titles_data'")
        ((page,),) = tables.fetchall()
    start = (page - 1) * int.from_bytes(data[16:18], "big")
    data[start : start + 200] = b"\xff" * 200
    index.write_bytes(data)
    with pytest.raises(SnapshotError, match="import the release again"):
        TitleSearch.open(index, mini_scheme).rows("lithium", 5)


def test_an_index_that_cannot_be_written_is_named(mini_scheme: Taxonomy, tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="cannot be written"):
        build_index(mini_scheme, None, tmp_path / "none" / "2030.01.index")


@pytest.mark.shared
def test_the_official_release_is_searched_whole(official: Taxonomy) -> None:
    wanted = {
        "lithium ion battery": "H01M10/0525", "neural networks": "G06N3/02",
        "nueral netwroks": "G06N3/02", "unmanned aerial vehicle": "B64U",
    }  # fmt: skip
    for query, symbol in wanted.items():
        assert symbol in official.search(query, 5), query
    for query in ("or", "electric vehicle charging", "a", "device"):
        assert len(official.search(query, 20)) == 20
