"""Flags: what follows from symbols alone, and whether the scheme XML says the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from official import scheme_xml

from taxonomy.flags import Flag, derived, named
from taxonomy.symbol import Symbol
from taxonomy.tree import Taxonomy

TAG = Flag.ADDITIONAL_ONLY
SERIES = Flag.ADDITIONAL_ONLY | Flag.BREAKDOWN_CODE
HEADING = Flag.NOT_ALLOCATABLE


@pytest.mark.parametrize(
    ("symbol", "flags"),
    [
        ("A", HEADING),
        ("H01", HEADING),
        ("H01M", HEADING),
        ("H01M10/00", Flag(0)),
        ("H01M10/0525", Flag(0)),
        ("A01B2001/045", SERIES),
        ("H01M2220/00", SERIES),
        ("C12Q2600/158", SERIES),
        ("A01B999/00", Flag(0)),
        ("A01B2/00", Flag(0)),
        ("A01B20/02", Flag(0)),
        ("A01B201/04", Flag(0)),
        ("G01N1/2022", Flag(0)),
        ("Y", HEADING | TAG),
        ("Y02", HEADING | TAG),
        ("Y02E", HEADING | TAG),
        ("Y02E10/72", TAG),
        ("Y10T2001/00", SERIES),
    ],
)
def test_flags_follow_from_a_symbol(symbol: str, flags: Flag) -> None:
    ranks = np.array([Symbol.parse(symbol).rank], np.int8)
    found = derived([symbol], ranks)
    assert found.dtype == np.uint8
    assert Flag(int(found[0])) == flags


def test_a_tree_without_flags_of_its_own_has_the_derived_ones(mini_scheme: Taxonomy) -> None:
    assert np.array_equal(mini_scheme.flags, derived(mini_scheme.symbols, mini_scheme.ranks))
    assert derived([], np.empty(0, np.int8)).shape == (0,)


def test_flags_are_named_as_the_scheme_names_them() -> None:
    assert named(Flag(0)) == ""
    assert named(Flag.NOT_ALLOCATABLE) == "not-allocatable"
    assert named(Flag.FROZEN | Flag.ADDITIONAL_ONLY) == "additional-only, frozen"


@pytest.mark.shared
@pytest.mark.parametrize("release", ["2019.08", "2021.05"])
def test_the_official_scheme_says_what_is_derived(shared: Path, release: str) -> None:
    tree = scheme_xml(shared, release).taxonomy
    told = np.uint8(Flag.NOT_ALLOCATABLE | Flag.ADDITIONAL_ONLY | Flag.BREAKDOWN_CODE)
    differing = np.flatnonzero((tree.flags & told) != derived(tree.symbols, tree.ranks))
    assert [tree.symbols[row] for row in differing] == []
