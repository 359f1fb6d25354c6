"""Search in titles: what is found, and in which order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taxonomy.tree import SchemeEntry, Taxonomy


def scheme(*titles: str) -> Taxonomy:
    """A subclass with subgroups of one dot, which have these titles."""
    entries = [SchemeEntry(s, -1, "") for s in ("H", "H01", "H01M")]
    entries.append(SchemeEntry("H01M1/00", 0, ""))
    entries += [SchemeEntry(f"H01M1/{i:02}", 1, title) for i, title in enumerate(titles, 1)]
    return Taxonomy.from_entries("2030.01", entries)


def test_every_word_must_occur(mini_scheme: Taxonomy) -> None:
    assert mini_scheme.search("drawn horses") == ["A01B3/04", "A01B3/041"]
    assert mini_scheme.search("horses telephones") == []
    assert mini_scheme.search("thumb nonsense") == []


def test_case_does_not_matter(mini_scheme: Taxonomy) -> None:
    assert mini_scheme.search("LITHIUM-ION")[0] == "H01M10/0525"
    assert mini_scheme.search("pUlSe") == ["A61B5/02"]
    assert mini_scheme.search("übertragung") == mini_scheme.search("ÜBERTRAGUNG") == ["H04L9/0852"]


def test_words_may_stand_in_titles_above(mini_scheme: Taxonomy) -> None:
    assert mini_scheme.search("ploughs drawn") == ["A01B3/04"]
    assert mini_scheme.search("electric lithium") == ["H01M10/052", "H01M4/13", "H01M10/0525"]


def test_at_least_one_word_stands_in_the_title_itself(mini_scheme: Taxonomy) -> None:
    assert mini_scheme.search("ploughs") == ["A01B3/00"]


def test_own_words_come_before_inherited_ones(mini_scheme: Taxonomy) -> None:
    assert mini_scheme.search("lithium batteries")[0] == "H01M10/0525"
    assert mini_scheme.search("blood wrist") == ["A61B5/021"]


def test_the_last_word_may_be_unfinished(mini_scheme: Taxonomy) -> None:
    assert mini_scheme.search("plou") == ["A01B3/00"]
    assert mini_scheme.search("plou horses") == []
    assert mini_scheme.search("loughs") == []


def test_whole_words_come_before_beginnings() -> None:
    assert scheme("batter for cakes", "bat", "bats", "combat").search("bat") == [
        "H01M1/02", "H01M1/03", "H01M1/01",
    ]  # fmt: skip


def test_plural_and_singular_are_the_same_word() -> None:
    titles = scheme("battery", "batteries", "a box", "boxes", "glass", "class", "cells", "cell")
    assert titles.search("batteries glasses") == titles.search("glasses batteries") == []
    for one, other in (("battery", "batteries"), ("box", "boxes"), ("cell", "cells")):
        assert sorted(titles.search(one)) == sorted(titles.search(other))
        assert len(titles.search(one)) == 2
    assert titles.search("glasses") == ["H01M1/05"]


def test_higher_ranks_then_fewer_dots_then_shorter_titles_come_first() -> None:
    entries = [
        SchemeEntry("H", -1, "lamp"), SchemeEntry("H01", -1, "lamp"), SchemeEntry("H01M", -1, "-"),
        SchemeEntry("H01M1/00", 0, "lamp"), SchemeEntry("H01M1/02", 1, "a lamp of some length"),
        SchemeEntry("H01M1/03", 2, "lamp"), SchemeEntry("H01M1/04", 1, "a lamp"),
        SchemeEntry("H01M1/06", 1, "a lamp"),
    ]  # fmt: skip
    assert Taxonomy.from_entries("2030.01", entries).search("lamp") == [
        "H", "H01", "H01M1/00", "H01M1/04", "H01M1/06", "H01M1/02", "H01M1/03",
    ]  # fmt: skip


def test_what_parentheses_refer_to_does_not_count_as_the_title() -> None:
    titles = scheme("anvils (hammers H01M1/02)", "hammers (anvils) and more", "(x) saws (y)")
    assert titles.search("hammers") == ["H01M1/02"]
    assert titles.search("hammers anvils") == ["H01M1/01", "H01M1/02"]
    assert titles.search("saws") == ["H01M1/03"]
    assert titles.search("more") == ["H01M1/02"]


def test_signs_part_words() -> None:
    titles = scheme(
        "lithium\N{EN DASH}ion", "lithium\N{NO-BREAK SPACE}air", "{lithium}", "lithiumx"
    )
    assert titles.search("lithium ion") == titles.search("lithium-ion") == ["H01M1/01"]
    assert titles.search("lithium air") == ["H01M1/02"]
    assert titles.search("lithium")[:3] == ["H01M1/03", "H01M1/02", "H01M1/01"]


@pytest.mark.parametrize("query", ["H01M10/052", "h01m 10/052", "H01M0010052000"])
def test_a_symbol_finds_itself_first(mini_scheme: Taxonomy, query: str) -> None:
    assert mini_scheme.search(query)[0] == "H01M10/052"
    assert mini_scheme.search(query, 1) == ["H01M10/052"]


def test_the_limit_holds(mini_scheme: Taxonomy) -> None:
    everything = mini_scheme.search("cells", 100)
    assert len(everything) == 7
    assert mini_scheme.search("cells", 3) == everything[:3]
    assert mini_scheme.search("cells", 0) == mini_scheme.search("H01M", 0) == []


@given(st.text(max_size=40))
def test_any_query_is_answered(query: str) -> None:
    titles = scheme("lithium cells", "Straße Ελλάς", "한국어 전지", "İstanbul", "")
    found = titles.search(query)
    assert len(found) == len(set(found))
    assert set(found) <= set(titles.symbols)


@pytest.mark.parametrize("query", ["한국어", "전지", "ελλάς", "STRASSE"])
def test_other_scripts_are_words_too(query: str) -> None:
    titles = scheme("lithium cells", "Straße Ελλάς", "한국어 전지")
    assert titles.search(query)[0] in ("H01M1/02", "H01M1/03")


@pytest.mark.shared
def test_the_official_release_is_searched_whole(official: Taxonomy) -> None:
    assert official.search("lithium battery")[0] == "H01M10/0525"
    for query in ("neural networks", "or", "electric vehicle charging", "a"):
        assert len(official.search(query, 20)) == 20
