"""What changed between releases: every kind of change is found, and nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mini_scheme import edited, later_scheme
from official import scheme_xml, title_list

from taxonomy.diff import (
    KINDS,
    Moved,
    Redotted,
    Reflagged,
    Retitled,
    TaxonomyDiff,
    compare,
    uncompared,
)  # fmt: skip
from taxonomy.errors import ReleaseFileError
from taxonomy.flags import Flag
from taxonomy.structure import read_structure
from taxonomy.symbol import Rank
from taxonomy.tree import SchemeEntry, Taxonomy


def test_every_kind_of_change_is_found_and_nothing_else(mini_scheme: Taxonomy) -> None:
    found = compare(mini_scheme, later_scheme())
    assert (found.old, found.new) == ("2030.01", "2030.08")
    assert found.added == ("A01B1/023", "A01B3/05", "C07", "C07B")
    assert found.deleted == ("A01B3/041", "A61B2503/00", "A61B2503/10")
    assert found.retitled == (
        Retitled("A01B3/00", "Ploughs", "{Ploughs}", worded=False),
        Retitled(
            "H01M4/13",
            "for lithium cells (whole cells H01M10/05)",
            "for lithium cells (whole cells H01M10/052)",
            worded=False,
        ),
        Retitled("H04L9/08", "Handing over keys", "Handing over or sharing keys", worded=True),
    )
    assert found.moved == (
        Moved("A01B1/024", "A01B1/02", "A01B1/023"),
        Moved("H01M10/056", "H01M10/05", "H01M10/052"),
    )
    assert found.redotted == (Redotted("H01M10/056", 2, 3),)
    assert found.reflagged == ()
    assert found.uncompared == ()
    assert found.counts() == {
        "added": 4, "deleted": 3, "retitled": 3, "moved": 2, "redotted": 1, "reflagged": 0,
        "reworded": 1,
    }  # fmt: skip


def test_changes_are_tallied_by_subclass_most_first(mini_scheme: Taxonomy) -> None:
    found = compare(mini_scheme, later_scheme())
    tallies = found.by_subclass()
    assert {place: sum(tally.values()) for place, tally in tallies.items()} == {
        "A01B": 5, "H01M": 3, "A61B": 2, "C07": 1, "C07B": 1, "H04L": 1,
    }  # fmt: skip
    assert list(tallies) == ["A01B", "H01M", "A61B", "C07", "C07B", "H04L"]
    assert tallies["H01M"] == dict.fromkeys(KINDS, 0) | {"retitled": 1, "moved": 1, "redotted": 1}
    assert found.sizes["A01B"] == (13, 14)
    assert found.sizes["C07B"] == (0, 1)


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [
        ("Ploughs", "Ploughs", "none"),
        ("Ploughs of wood", "Ploughs  of\twood ", "none"),
        ("Ploughs (of wood A01B1/00)", "Ploughs (of wood A01B1/00 )", "none"),
        ("Ploughs", "{Ploughs}", "title"),
        ("Ploughs", "PLOUGHS", "title"),
        ("Ploughs", "Ploughs (of wood (oak) A01B1/00)", "title"),
        ("Ploughs (of wood A01B1/00)", "Ploughs (of iron A01B1/02)", "title"),
        ("Ploughs", "Harrows", "wording"),
        ("Ploughs", "Ploughs; {Harrows}", "wording"),
        ("Ploughs (of wood)", "Ploughs of wood", "wording"),
        ("Ploughs", "", "none"),
        ("", "Ploughs", "none"),
    ],
)
def test_what_counts_as_another_title(old: str, new: str, change: str) -> None:
    trees = [Taxonomy.from_entries("2030.01", [SchemeEntry("A", -1, t)]) for t in (old, new)]
    found = compare(*trees).retitled
    assert [c.worded for c in found] == {"none": [], "title": [False], "wording": [True]}[change]


def test_flags_that_changed_are_told(mini_scheme: Taxonomy) -> None:
    flags = {"A01B1/06": Flag.NOT_ALLOCATABLE, "Y02E10/72": Flag(0)}
    later = edited(mini_scheme, flags=flags)
    assert compare(mini_scheme, later).reflagged == (
        Reflagged("A01B1/06", Flag(0), Flag.NOT_ALLOCATABLE),
        Reflagged("Y02E10/72", Flag.ADDITIONAL_ONLY, Flag(0)),
    )


def test_a_flag_that_one_release_never_tells_is_not_compared(mini_scheme: Taxonomy) -> None:
    later = edited(mini_scheme, flags={"A01B1/06": Flag.FROZEN})
    assert compare(mini_scheme, later).reflagged == ()


def test_a_subclass_whose_groups_are_missing_is_named_and_not_counted(
    mini_scheme: Taxonomy,
) -> None:
    groups = set(mini_scheme.descendants("H01M"))
    lacking = edited(mini_scheme, groups, titles={"H01M": "Cells"})
    for pair in ((mini_scheme, lacking), (lacking, mini_scheme)):
        assert uncompared(*pair) == ("H01M",)
        found = compare(*pair)
        assert found.uncompared == ("H01M",)
        assert [change.symbol for change in found.retitled] == ["H01M"]
        assert found.counts() == dict.fromkeys(KINDS, 0) | {"retitled": 1, "reworded": 1}
    assert compare(mini_scheme, lacking).sizes["H01M"] == (17, 1)


def test_a_subclass_that_goes_as_a_whole_is_deleted(mini_scheme: Taxonomy) -> None:
    whole = {"H04L", *mini_scheme.descendants("H04L")}
    found = compare(mini_scheme, edited(mini_scheme, whole))
    assert found.uncompared == ()
    assert set(found.deleted) == whole


def test_releases_of_different_depth_are_refused(mini_scheme: Taxonomy) -> None:
    for pair in ((mini_scheme, read_structure()), (read_structure(), mini_scheme)):
        with pytest.raises(ReleaseFileError, match=r"goes down to .*group, and .* to .*group"):
            compare(*pair)


def test_the_packaged_structure_is_compared_without_the_titles_it_lacks(
    mini_scheme: Taxonomy,
) -> None:
    packaged = read_structure()
    found = compare(packaged, edited(packaged, {"H01M10/00"}, {"A01B1/00": "Spades"}))
    assert found.deleted == ("H01M10/00",)
    assert found.counts() == dict.fromkeys((*KINDS, "reworded"), 0) | {"deleted": 1}
    other = compare(packaged, mini_scheme.up_to(Rank.MAIN_GROUP))
    assert all("/" not in change.symbol for change in other.retitled)


@st.composite
def releases(draw: st.DrawFn, tree: Taxonomy) -> Taxonomy:
    """A release that differs from another one at random, from main groups down."""
    groups = st.sampled_from([s for s in tree.symbols if "/" in s])
    return edited(
        tree,
        draw(st.sets(groups, max_size=12)),
        draw(st.dictionaries(groups, st.sampled_from(["one", "{One}", "two (A01B)", ""]))),
        draw(st.dictionaries(groups, st.integers(0, 7).map(Flag), max_size=5)),
    )


@given(st.data())
def test_a_comparison_is_what_a_look_at_each_symbol_finds(
    mini_scheme: Taxonomy, data: st.DataObject
) -> None:
    old, new = data.draw(releases(mini_scheme)), data.draw(releases(mini_scheme))
    found = compare(old, new)
    apart = {s for s in old.symbols if "/" in s and s[:4] in found.uncompared}
    apart |= {s for s in new.symbols if "/" in s and s[:4] in found.uncompared}
    shared = [s for s in new.symbols if s in old and s not in apart]
    told = [np.bitwise_or.reduce(tree.flags) for tree in (old, new)]
    assert list(found.added) == [s for s in new.symbols if s not in old and s not in apart]
    assert list(found.deleted) == [s for s in old.symbols if s not in new and s not in apart]
    assert [c.symbol for c in found.retitled] == [
        s for s in shared if old.title(s) and new.title(s) and old.title(s) != new.title(s)
    ]
    assert list(found.moved) == [
        Moved(s, old.parent(s), new.parent(s)) for s in shared if old.parent(s) != new.parent(s)
    ]
    assert [(c.symbol, c.new - c.old) for c in found.redotted] == [
        (s, step) for s in shared if (step := len(new.path(s)) - len(old.path(s)))
    ]
    assert list(found.reflagged) == [
        Reflagged(s, old.flag(s), new.flag(s))
        for s in shared
        if (old.flag(s) ^ new.flag(s)) & int(told[0] & told[1])
    ]


@given(st.data())
def test_backwards_it_is_the_mirror_image(mini_scheme: Taxonomy, data: st.DataObject) -> None:
    old, new = data.draw(releases(mini_scheme)), data.draw(releases(mini_scheme))
    there, back = compare(old, new), compare(new, old)
    assert (back.added, back.deleted) == (there.deleted, there.added)
    for kind in ("retitled", "moved", "redotted", "reflagged"):
        mirrored = {(c.symbol, c.new, c.old) for c in getattr(back, kind)}
        assert {(c.symbol, c.old, c.new) for c in getattr(there, kind)} == mirrored
    assert {c.symbol for c in there.retitled if c.worded} == {
        c.symbol for c in back.retitled if c.worded
    }
    assert back.uncompared == there.uncompared
    assert back.sizes == {name: (b, a) for name, (a, b) in there.sizes.items()}


@given(st.data())
def test_a_release_does_not_differ_from_itself(mini_scheme: Taxonomy, data: st.DataObject) -> None:
    tree = data.draw(releases(mini_scheme))
    found = compare(tree, tree)
    assert set(found.counts().values()) == {0}
    assert found.by_subclass() == {}


def numbers(found: TaxonomyDiff) -> list[int]:
    counts = found.counts()
    return [counts[kind] for kind in ("added", "deleted", "retitled", "redotted")]


@pytest.mark.shared
def test_the_official_title_lists_differ_as_counted_independently(
    shared: Path, official: Taxonomy
) -> None:
    older, old = title_list(shared, "2022.02"), title_list(shared, "2022.08")
    found = compare(old, official)
    assert numbers(found) == [4_819, 4_089, 5_272, 256]
    assert found.counts()["reworded"] == 2_121
    assert found.uncompared == ()
    assert numbers(compare(older, old)) == [1_046, 1_259, 1_217, 192]


@pytest.mark.shared
def test_the_official_schemes_differ_as_counted_independently(shared: Path) -> None:
    old, new = (scheme_xml(shared, release).taxonomy for release in ("2019.08", "2021.05"))
    assert numbers(compare(old, new)) == [4_458, 4_740, 3_515, 413]


@pytest.mark.shared
def test_parents_by_dots_are_those_of_the_nesting_but_for_real_moves(shared: Path) -> None:
    nested, dotted = scheme_xml(shared, "2021.05").taxonomy, title_list(shared, "2022.02")
    found = compare(nested, dotted)
    assert found.uncompared == ("G05B", "H01L", "Y10T")
    assert int((dotted.find(nested.symbols) >= 0).sum()) == 229_745
    assert len(found.moved) == 36
