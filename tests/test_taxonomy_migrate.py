"""Allocations in terms of another release: what stays, what goes, what a person must look at."""

from __future__ import annotations

from datetime import date

import pytest
from mini_scheme import edited, later_scheme

from taxonomy.allocation import ADDITIONAL, FIRST, INVENTIVE, LATER, Allocation
from taxonomy.errors import ReleaseFileError
from taxonomy.flags import Flag
from taxonomy.migrate import (
    Fate,
    Migrated,
    Outcome,
    WorkItem,
    applied,
    fates,
    migrate,
    worklist,
)  # fmt: skip
from taxonomy.rules import repair
from taxonomy.structure import read_structure
from taxonomy.transfer import INFERRED, OWN, REVISION, WARNING, Transfer
from taxonomy.tree import Taxonomy

GONE = "A01B3/041"
NEW = later_scheme()


def transfer(symbol: str, target: str, source: str = REVISION, confidence: float = 1.0) -> Transfer:
    return Transfer(symbol, target, source, confidence)


def fate(tree: Taxonomy, symbol: str, *transfers: Transfer) -> Fate:
    return fates([symbol], tree, NEW, transfers)[symbol]


def test_what_is_in_the_new_release_is_unchanged(mini_scheme: Taxonomy) -> None:
    assert fate(mini_scheme, "H01M10/05") == Fate(Outcome.UNCHANGED, (), "")


def test_a_symbol_of_the_new_release_alone_is_unchanged(mini_scheme: Taxonomy) -> None:
    assert fate(mini_scheme, "A01B3/05").outcome == Outcome.UNCHANGED


def test_a_symbol_that_loses_a_part_stays_and_is_looked_at(mini_scheme: Taxonomy) -> None:
    parts = (transfer("H01M10/05", "H01M10/42"), transfer("H01M10/05", "H01M10/425"))
    stays = transfer("H01M10/05", "H01M10/05")
    found = fate(mini_scheme, "H01M10/05", stays, *parts)
    assert found.outcome == Outcome.UNCHANGED
    assert [t.target for t in found.targets] == ["H01M10/42", "H01M10/425"]
    assert found.look == "a part went to other places"
    assert fate(mini_scheme, "H01M10/05", stays) == Fate(Outcome.UNCHANGED, (), "")


def test_what_went_to_one_place_is_transferred(mini_scheme: Taxonomy) -> None:
    said = transfer(GONE, "A01B3/05")
    assert fate(mini_scheme, GONE, said) == Fate(Outcome.TRANSFERRED, (said,), "")


def test_what_went_to_several_places_is_looked_at(mini_scheme: Taxonomy) -> None:
    said = (transfer(GONE, "A01B3/05"), transfer(GONE, "A01B3/04", OWN, 0.5))
    found = fate(mini_scheme, GONE, *reversed(said))
    assert found.outcome == Outcome.TRANSFERRED
    assert [(t.target, t.confidence) for t in found.targets] == [
        ("A01B3/05", 0.5), ("A01B3/04", 0.25),
    ]  # fmt: skip
    assert found.look == "it went to one or more of 2 places"


def test_one_place_that_several_sources_name_is_one_place(mini_scheme: Taxonomy) -> None:
    said = [transfer(GONE, "A01B3/05", source) for source in (REVISION, WARNING, REVISION)]
    said.insert(0, transfer(GONE, "A01B3/05", INFERRED, 0.4))
    assert fate(mini_scheme, GONE, *said) == Fate(Outcome.TRANSFERRED, (said[1],), "")


def test_one_inferred_place_is_looked_at(mini_scheme: Taxonomy) -> None:
    said = transfer(GONE, "A01B3/05", INFERRED, 0.9)
    assert fate(mini_scheme, GONE, said) == Fate(
        Outcome.TRANSFERRED, (said,), "the place is inferred"
    )


def test_what_was_retired_for_good_has_no_place_and_none_is_inferred(
    mini_scheme: Taxonomy,
) -> None:
    assert fate(mini_scheme, GONE, transfer(GONE, "")) == Fate(
        Outcome.RETIRED, (), "it was retired without another place"
    )


def test_what_nobody_tells_of_is_retired_with_inferred_places(mini_scheme: Taxonomy) -> None:
    found = fate(mini_scheme, GONE, transfer("H01M10/05", "H01M10/42"))
    assert found.outcome == Outcome.RETIRED
    assert found.targets[0].target == "A01B3/05"
    assert {t.source for t in found.targets} == {INFERRED}
    assert found.look == "it is of 2030.01, and nobody says where it went"


def test_a_place_that_the_new_release_lacks_is_named_and_others_are_inferred(
    mini_scheme: Taxonomy,
) -> None:
    said = transfer(GONE, "A01B3/99", WARNING)
    found = fate(mini_scheme, GONE, said)
    assert found.outcome == Outcome.RETIRED
    assert found.look == "it went to A01B3/99, which 2030.08 does not have"
    assert found.targets[0].target == "A01B3/05"
    both = fate(mini_scheme, GONE, said, transfer(GONE, "A01B3/04", WARNING))
    assert both.outcome == Outcome.TRANSFERRED
    assert [t.target for t in both.targets] == ["A01B3/04"]
    assert both.look == "it went to A01B3/99, too, which 2030.08 does not have"


def test_a_place_that_is_gone_itself_is_followed(mini_scheme: Taxonomy) -> None:
    said = [transfer(GONE, "A01B3/99"), transfer("A01B3/99", "A01B3/98"),
            transfer("A01B3/98", "A01B3/05"), transfer("A01B3/05", "A01B3/04")]  # fmt: skip
    found = fate(mini_scheme, GONE, *said)
    assert (found.outcome, found.look) == (Outcome.TRANSFERRED, "")
    assert [t.target for t in found.targets] == ["A01B3/05"]  # which is still there
    mixed = fate(mini_scheme, GONE, said[0], transfer("A01B3/99", "A01B3/05", OWN, 0.5))
    assert [(t.source, t.confidence) for t in mixed.targets] == [(INFERRED, 0.5)]
    assert mixed.look == "the place is inferred"


def test_deleted_symbols_that_exchanged_parts_are_retired(mini_scheme: Taxonomy) -> None:
    found = fate(mini_scheme, GONE, transfer(GONE, "A01B3/99"), transfer("A01B3/99", GONE))
    assert found.outcome == Outcome.RETIRED


@pytest.mark.parametrize("symbol", ["A01B3/99", "Z99Z99/99", "battery"])
def test_what_is_in_neither_release_is_retired_without_a_guess(
    mini_scheme: Taxonomy, symbol: str
) -> None:
    assert fate(mini_scheme, symbol) == Fate(
        Outcome.RETIRED, (), "it is of neither 2030.01 nor 2030.08, and nobody says where it went"
    )
    if symbol == "A01B3/99":
        assert fate(mini_scheme, symbol, transfer(symbol, "A01B3/05")).outcome == (
            Outcome.TRANSFERRED
        )


def test_a_subclass_whose_groups_are_not_here_is_not_taken_for_retired(
    mini_scheme: Taxonomy,
) -> None:
    lacking = edited(mini_scheme, set(mini_scheme.descendants("H01M")))
    known = fates(["H01M", "H01M10/05", GONE], mini_scheme, lacking)
    assert known["H01M10/05"] == Fate(
        Outcome.UNKNOWN, (), "release 2030.05, as it is here, lacks the groups of H01M"
    )
    assert known["H01M"].outcome == known[GONE].outcome == Outcome.UNCHANGED
    ended = [transfer("H01M10/05", "")]
    assert fates(["H01M10/05"], mini_scheme, lacking, ended)["H01M10/05"] == Fate(
        Outcome.RETIRED, (), "it was retired without another place"
    )
    backwards = fates(["H01M10/05", "H01M10/99"], lacking, mini_scheme)
    assert backwards["H01M10/05"].outcome == Outcome.UNCHANGED
    assert backwards["H01M10/99"].outcome == Outcome.RETIRED


def test_releases_of_different_depth_are_refused(mini_scheme: Taxonomy) -> None:
    with pytest.raises(ReleaseFileError, match="cannot be compared"):
        fates(["A01B1/02"], mini_scheme, read_structure())


def test_each_allocation_has_its_fate_in_order(mini_scheme: Taxonomy) -> None:
    given = (
        Allocation("H01M10/05", INVENTIVE, FIRST, "2029.01"),
        Allocation(GONE, ADDITIONAL),
        Allocation("H01M10/05", ADDITIONAL),
    )
    found = migrate(given, mini_scheme, NEW, [transfer(GONE, "A01B3/05")])
    assert tuple(one.allocation for one in found) == given
    assert [one.fate.outcome.value for one in found] == ["unchanged", "transferred", "unchanged"]
    assert migrate((), mini_scheme, NEW) == ()


def test_what_is_sure_is_applied_and_the_rest_is_left(mini_scheme: Taxonomy) -> None:
    given = (
        Allocation("H01M10/05", INVENTIVE, FIRST, "2029.01"),
        Allocation(GONE, INVENTIVE, LATER, "2029.01"),
        Allocation("A61B2503/10", ADDITIONAL),
        Allocation("A61B2503/00", ADDITIONAL),
        Allocation("A01B3/99", ADDITIONAL),
    )
    said = [
        transfer(GONE, "A01B3/05"),
        transfer("A61B2503/10", "A61B5/02"),
        transfer("A61B2503/10", "A61B5/00"),
        transfer("A61B2503/00", "A61B5/00", INFERRED, 0.99),
    ]
    assert applied(migrate(given, mini_scheme, NEW, said)) == (
        Allocation("H01M10/05", INVENTIVE, FIRST, "2029.01"),
        Allocation("A01B3/05", INVENTIVE, LATER, ""),
    )


def test_an_unchanged_symbol_that_loses_a_part_is_applied_all_the_same(
    mini_scheme: Taxonomy,
) -> None:
    given = (Allocation("H01M10/05", INVENTIVE),)
    said = [transfer("H01M10/05", "H01M10/42")]
    assert applied(migrate(given, mini_scheme, NEW, said)) == given


def test_an_inferred_place_is_never_applied(mini_scheme: Taxonomy) -> None:
    found = migrate([Allocation(GONE, INVENTIVE)], mini_scheme, NEW)
    assert found[0].fate.targets != ()
    assert applied(found) == ()


def test_a_place_for_additional_information_only_makes_the_allocation_so(
    mini_scheme: Taxonomy,
) -> None:
    said = [transfer(GONE, "A01B2001/045")]
    for kind in (INVENTIVE, ADDITIONAL, ""):
        found = migrate([Allocation(GONE, kind, LATER)], mini_scheme, NEW, said)
        assert applied(found) == (Allocation("A01B2001/045", ADDITIONAL, LATER),)


def test_an_inventive_symbol_that_becomes_additional_is_looked_at(mini_scheme: Taxonomy) -> None:
    known = fates([GONE], mini_scheme, NEW, [transfer(GONE, "A01B2001/045")])
    inventive, additional = Allocation(GONE, INVENTIVE, FIRST), Allocation(GONE, ADDITIONAL)
    [item] = worklist([("one", (inventive,)), ("two", (additional,))], known)
    assert (item.filing, item.migrated.allocation) == ("one", inventive)
    assert item.migrated.look == (
        "it was inventive; A01B2001/045 is for additional information only"
    )
    left = Allocation("H01M10/05", INVENTIVE, LATER)
    taken = applied(migrate((inventive, left), mini_scheme, NEW, [transfer(GONE, "A01B2001/045")]))
    mended = repair(taken, date(2030, 8, 1), NEW).allocations
    assert mended == (
        Allocation("A01B2001/045", ADDITIONAL, LATER),
        Allocation("H01M10/05", INVENTIVE, FIRST),
    )


def test_a_flag_tells_that_a_place_is_for_additional_information_only(
    mini_scheme: Taxonomy,
) -> None:
    flagged = edited(mini_scheme, {GONE}, flags={"A01B3/04": Flag.ADDITIONAL_ONLY})
    given = [Allocation(GONE, INVENTIVE)]
    [found] = migrate(given, mini_scheme, flagged, [transfer(GONE, "A01B3/04")])
    assert found.look == "it was inventive; A01B3/04 is for additional information only"
    assert applied([found]) == (Allocation("A01B3/04", ADDITIONAL),)
    [found] = migrate(given, mini_scheme, flagged, [transfer(GONE, "A01B3/04", INFERRED, 0.9)])
    assert found.look == "the place is inferred"
    assert applied([found]) == ()


def test_two_that_become_one_are_merged(mini_scheme: Taxonomy) -> None:
    said = [transfer(GONE, "A01B3/04"), transfer("A61B2503/10", "A01B3/04")]
    first, second = Allocation(GONE, ADDITIONAL), Allocation("A01B3/04", ADDITIONAL, "", "2029.01")
    moved = Allocation("A01B3/04", ADDITIONAL)
    assert applied(migrate((first, second), mini_scheme, NEW, said)) == (moved,)
    assert applied(migrate((second, first), mini_scheme, NEW, said)) == (second,)
    inventive = Allocation("A61B2503/10", INVENTIVE, LATER)
    for given in ((first, second, inventive), (inventive, first, second)):
        assert applied(migrate(given, mini_scheme, NEW, said)) == (
            Allocation("A01B3/04", INVENTIVE, LATER),
        )


def test_the_worklist_has_what_a_person_must_look_at(mini_scheme: Taxonomy) -> None:
    stays, gone = Allocation("H01M10/05", INVENTIVE), Allocation(GONE, ADDITIONAL)
    filings = [("one", (stays, gone)), ("two", (stays,)), ("three", (gone,))]
    known = fates([stays.symbol, gone.symbol], mini_scheme, NEW)
    assert list(worklist(filings, known)) == [
        WorkItem("one", Migrated(gone, known[GONE])),
        WorkItem("three", Migrated(gone, known[GONE])),
    ]  # fmt: skip
    sure = fates([stays.symbol, gone.symbol], mini_scheme, NEW, [transfer(GONE, "A01B3/05")])
    assert list(worklist(filings, sure)) == []
    assert applied(Migrated(a, sure[a.symbol]) for a in (stays, gone)) == (
        stays, Allocation("A01B3/05", ADDITIONAL),
    )  # fmt: skip
