"""Transfers followed to their ends, and circles named."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taxonomy.errors import ReleaseFileError
from taxonomy.transfer import INFERRED, OWN, REVISION, WARNING, Transfer, refuse_circle, resolve


def said(*pairs: str, source: str = OWN, confidence: float = 1.0) -> list[Transfer]:
    """Transfers written as "A>B"."""
    split = (pair.split(">") for pair in pairs)
    return [Transfer(symbol, target, source, confidence) for symbol, target in split]


def targets(transfers: list[Transfer]) -> dict[str, list[str]]:
    return {symbol: [t.target for t in ways] for symbol, ways in resolve(transfers).items()}


def test_transfers_are_grouped_in_the_order_given() -> None:
    assert targets(said("C>D", "A>F", "C>B")) == {"C": ["D", "B"], "A": ["F"]}
    assert resolve([]) == {}


def test_exact_duplicates_count_once_and_others_stay() -> None:
    warned = said("A>B", source=WARNING)
    assert resolve([*said("A>B", "A>B"), *warned]) == {"A": (*said("A>B"), *warned)}


def test_a_target_that_is_transferred_itself_is_followed() -> None:
    found = resolve(said("A>B", "B>C", confidence=0.5))
    assert found["A"] == (
        Transfer("A", "B", OWN, 0.5),
        Transfer("A", "C", OWN, 0.25, "by way of B"),
    )
    assert found["B"] == (Transfer("B", "C", OWN, 0.5),)


def test_chains_are_followed_to_their_ends_whatever_the_order() -> None:
    pairs = ["C>D", "A>B", "D>E", "B>C"]
    assert targets(said(*pairs))["A"] == ["B", "C", "D", "E"]
    assert targets(said(*reversed(pairs)))["A"] == ["B", "C", "D", "E"]


def test_a_long_chain_is_no_matter() -> None:
    names = [f"S{i}" for i in range(600)]
    found = resolve(said(*(f"{a}>{b}" for a, b in pairwise(names))))
    assert found["S0"][-1].target == "S599"


def test_what_is_retired_on_the_way_is_retired() -> None:
    assert targets(said("A>B", "B>")) == {"A": ["B", ""], "B": [""]}


def test_a_part_that_stays_is_no_circle_and_is_not_followed() -> None:
    assert targets(said("A>A", "A>B", "B>B", "B>C")) == {"A": ["A", "B", "C"], "B": ["B", "C"]}


def test_what_is_said_is_not_found_again() -> None:
    assert resolve(said("A>B", "A>C", "B>C", confidence=0.5))["A"] == tuple(
        said("A>B", "A>C", confidence=0.5)
    )


def test_of_several_ways_the_most_confident_is_kept() -> None:
    sure, unsure = said("A>C", "C>D", confidence=0.9), said("A>B", "B>D", confidence=0.5)
    for given_so in ([*sure, *unsure], [*unsure, *sure]):
        (found,) = [t for t in resolve(given_so)["A"] if t.target == "D"]
        assert found == Transfer("A", "D", OWN, pytest.approx(0.81), "by way of C")


def test_a_chain_of_two_sources_is_inferred() -> None:
    found = resolve([*said("A>B", source=REVISION), *said("B>C", source=WARNING)])
    assert [t.source for t in found["A"]] == [REVISION, INFERRED]


@pytest.mark.parametrize(
    ("pairs", "circle"),
    [
        (["A>B", "B>A"], "A > B > A"),
        (["C>A", "A>B", "B>C"], "A > B > C > A"),
        (["X>C", "C>B", "B>D", "D>C", "D>Z"], "B > D > C > B"),
    ],
)
def test_a_circle_is_named_whole(pairs: list[str], circle: str) -> None:
    for transfers in (said(*pairs), said(*reversed(pairs))):
        with pytest.raises(ReleaseFileError, match=f"in a circle: {circle};"):
            refuse_circle(transfers)


def test_what_is_no_circle_is_let_pass() -> None:
    refuse_circle(said("A>B", "A>C", "B>C", "C>", "B>", "A>A"))


def test_a_way_back_is_not_followed() -> None:
    assert targets(said("A>B", "B>A", "B>C")) == {"A": ["B", "C"], "B": ["A", "C"]}


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=25))
def test_what_is_found_can_be_reached_and_nothing_else(pairs: list[tuple[int, int]]) -> None:
    found = targets(said(*(f"{a}>{b}" for a, b in pairs)))
    for symbol, reached in found.items():
        expected, more = {int(symbol)}, True
        while more:
            after = expected | {b for a, b in pairs if a in expected}
            more, expected = after != expected, after
        if (int(symbol), int(symbol)) not in pairs:
            expected -= {int(symbol)}
        assert sorted(map(int, reached)) == sorted(expected)
