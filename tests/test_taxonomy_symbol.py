"""Symbols: every spelling, order, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taxonomy.errors import BadSymbolError, UnknownRankError
from taxonomy.symbol import Rank, Symbol
from taxonomy.tree import Taxonomy

SECTIONS = st.sampled_from("ABCDEFGHY")
DIGITS = st.integers(1, 99).map("{:02}".format)
LETTERS = st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
GROUPS = st.integers(1, 9999)
SUBGROUPS = st.from_regex(r"[0-9]([0-9]|[0-9]{1,4}[1-9])", fullmatch=True)


@st.composite
def groups(draw: st.DrawFn) -> tuple[str, int, str]:
    """Subclass, group and subgroup of a main group or subgroup."""
    subclass = draw(SECTIONS) + draw(DIGITS) + draw(LETTERS)
    return subclass, draw(GROUPS), draw(SUBGROUPS)


@given(groups(), st.text(" \t\N{NO-BREAK SPACE}", min_size=1, max_size=4), st.booleans())
def test_every_spelling_of_a_group_is_the_same_symbol(
    parts: tuple[str, int, str], space: str, lower: bool
) -> None:
    subclass, group, subgroup = parts
    official = f"{subclass}{group}/{subgroup}"
    spellings = [
        official,
        f"{subclass}{space}{group}/{subgroup}",
        f"{space}{subclass}{space}{group}/{subgroup}{space}",
        f"{subclass}{group:04}{subgroup:0<6}",
        f"{official} (2013.01)",
        f"{subclass}{space}{group}/{subgroup}{space}(2006.01)",
        f"{official}(2013.01)",
    ]
    for spelling in spellings:
        parsed = Symbol.parse(spelling.lower() if lower else spelling)
        assert str(parsed) == official
        assert parsed == Symbol.parse(official)
        assert hash(parsed) == hash(Symbol.parse(official))
        assert Symbol.parse(parsed.padded) == parsed


@given(SECTIONS, DIGITS, LETTERS)
def test_symbols_above_groups_print_as_they_were(section: str, digits: str, letter: str) -> None:
    spellings = (section, section + digits, section + digits + letter)
    for text, rank in zip(spellings, Rank, strict=False):
        assert str(Symbol.parse(f" {text.lower()} ")) == text
        assert Symbol.parse(text).rank == rank
        assert Symbol.parse(text).padded == text


@given(groups(), SUBGROUPS)
def test_subgroups_sort_as_decimal_fractions(parts: tuple[str, int, str], other: str) -> None:
    subclass, group, subgroup = parts
    one, two = (Symbol.parse(f"{subclass}{group}/{s}") for s in (subgroup, other))
    assert (one < two) == (float(f"0.{subgroup}") < float(f"0.{other}"))
    assert (one == two) == (subgroup == other)


@given(groups())
def test_a_symbol_sorts_after_all_that_stand_above_it(parts: tuple[str, int, str]) -> None:
    symbol = Symbol.parse(f"{parts[0]}{parts[1]}/{parts[2]}")
    above = [symbol.at(rank) for rank in Rank if rank <= symbol.rank]
    assert above == sorted(above)
    assert [s.rank for s in above] == list(Rank)[: symbol.rank + 1]
    assert above[-1] == symbol


def test_scheme_order_puts_2000_series_codes_where_they_stand() -> None:
    official = "A01C1/04 A01C1/048 A01C2001/048 A01C1/06 A01C7/00 A01C21/00 A01C2200/00 A01C999/00"
    symbols = [Symbol.parse(text) for text in official.split()]
    shuffled = [symbols[i] for i in (5, 2, 7, 0, 3, 6, 1, 4)]
    assert sorted(shuffled) == symbols


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "it is empty"),
        ("   ", "it is empty"),
        ("I01M10/05", "does not start with a section"),
        ("0525", "does not start with a section"),
        ("H1M10/05", "two digits"),
        ("H01010/05", "a letter after the class"),
        ("H01M-10/05", "a group is a number"),
        ("H01M10", "no stroke"),
        ("H01M00100525001", "no stroke"),
        ("H01M 10052/05", "1 to 4 digits"),
        ("H01M10/5", "2 to 6 digits"),
        ("H01M10/0525001", "2 to 6 digits"),
        ("H01M10/0525 and more", "the end is odd"),
        ("H01M10/0525 (2013)", "the end is odd"),
        ("H01M0/05", "no group 0"),
        ("Ｈ01M10/05", "does not start with a section"),
        ("H٠١M10/05", "two digits"),
        ("H01M10/05" * 1000, "too long"),
    ],
)
def test_what_is_no_symbol_is_refused_with_the_reason(text: str, fault: str) -> None:
    with pytest.raises(BadSymbolError, match=fault) as caught:
        Symbol.parse(text)
    assert caught.value.code == "bad_symbol"
    assert repr(text[:60])[:-1] in caught.value.message
    assert "H01M10/0525" in caught.value.message
    assert len(caught.value.message) < 300


@given(st.text(max_size=80))
def test_any_text_is_a_symbol_that_prints_or_a_clear_refusal(text: str) -> None:
    try:
        symbol = Symbol.parse(text)
    except BadSymbolError:
        return
    assert Symbol.parse(str(symbol)) == symbol


def test_zeros_that_fill_up_are_dropped_but_two_digits_stay() -> None:
    assert str(Symbol.parse("H01M0010052500")) == "H01M10/0525"
    assert str(Symbol.parse("H01M0010000000")) == "H01M10/00"
    assert str(Symbol.parse("A01B0001200000")) == "A01B1/20"
    assert str(Symbol.parse("A01B1/2000")) == "A01B1/20"


def test_flags() -> None:
    assert Symbol.parse("A01C2001/048").is_indexing
    assert Symbol.parse("A01C2001/048").is_additional_only
    assert not Symbol.parse("Y02E10/70").is_indexing
    assert Symbol.parse("Y02E10/70").is_additional_only
    assert not Symbol.parse("H01M999/00").is_indexing
    assert not Symbol.parse("H").is_additional_only


def test_a_symbol_names_no_rank_below_its_own() -> None:
    assert str(Symbol.parse("H01M10/0525").at(Rank.MAIN_GROUP)) == "H01M10/00"
    with pytest.raises(BadSymbolError, match="H01M is a subclass and names no main-group"):
        Symbol.parse("H01M").at(Rank.MAIN_GROUP)


def test_ranks_have_labels() -> None:
    labels = ["section", "class", "subclass", "main-group", "subgroup"]
    assert [rank.label for rank in Rank] == labels
    assert [Rank.parse(label.upper()) for label in labels] == list(Rank)
    with pytest.raises(UnknownRankError, match=r"'group' is no level .* main-group") as caught:
        Rank.parse("group")
    assert caught.value.code == "unknown_level"


def test_the_mini_scheme_stands_in_scheme_order(mini_scheme: Taxonomy) -> None:
    symbols = [Symbol.parse(text) for text in mini_scheme.symbols]
    assert symbols == sorted(symbols)


@pytest.mark.shared
def test_the_official_release_stands_in_scheme_order(official: Taxonomy) -> None:
    symbols = [Symbol.parse(text) for text in official.symbols]
    assert symbols == sorted(symbols)
    assert tuple(map(str, symbols)) == official.symbols
