"""Transfers that the warnings of a scheme announce, sentence by sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from official import scheme_xml

from taxonomy.reclassification import MOST_TARGETS, announced
from taxonomy.scheme import Note, Scheme
from taxonomy.transfer import WARNING, Transfer
from taxonomy.tree import Taxonomy

SOURCE, DESTINATION = "reclass-source", "reclass-destination"


def scheme(tree: Taxonomy, notes: dict[str, tuple[Note, ...]]) -> Scheme:
    return Scheme(tree, np.zeros(len(tree), np.int32), ("",) * len(tree), notes, {}, ())


def told(tree: Taxonomy, text: str, place: str = "A01B1/06") -> list[tuple[str, str]]:
    """The transfers in one warning, as symbol and target."""
    found = announced(scheme(tree, {place: (Note("warning", SOURCE, text, ()),)}))
    return [(transfer.symbol, transfer.target) for transfer in found]


@pytest.mark.parametrize(
    ("text", "pairs"),
    [
        ("Group A01B1/02 is impacted by reclassification into groups A01B3/02 and A01B3/04.",
         "1/02>3/02 1/02>3/04"),
        ("Group A01B1/02 is also impacted by reclassification into group A01B3/02.", "1/02>3/02"),
        ("Groups A01B1/02, A01B1/04 are impacted by reclassification into group A01B3/02",
         "1/02>3/02 1/04>3/02"),
        ("This group is impacted by reclassification into group A01B3/02.", "1/06>3/02"),
        ("Group A01B3/02 is incomplete pending reclassification of documents from groups "
         "A01B1/02 and A01B1/04.", "1/02>3/02 1/04>3/02"),
        ("This place is incomplete, pending a check. It is incomplete pending reclassification of "
         "documents from group A01B1/02", "1/02>1/06"),
        ("Group A01B1/02 is being reclassified to A01B3/02 - A01B3/04.", "1/02>3/02 1/02>3/04"),
        ("A01B1/02 is reclassified into A01B3/02", "1/02>3/02"),
        ("Documents are reclassified into nothing that is named here.", ""),
        ("Group A01B3/02 is incomplete pending reclassification.", ""),
        ("Groups A01B1/02 and A01B3/02 are for spades.", ""),
        ("Group A01B1/06 is impacted by reclassification into group A01B1/06.", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_a_sentence_says_what_goes_where(mini_scheme: Taxonomy, text: str, pairs: str) -> None:
    found = told(mini_scheme, text)
    assert [f"{a}>{b}".replace("A01B", "") for a, b in found] == pairs.split()


@pytest.mark.parametrize("glue", [". ", ".", ".\n "])
def test_sentences_are_read_one_by_one_even_without_a_blank(
    mini_scheme: Taxonomy, glue: str
) -> None:
    text = glue.join(
        (
            "Group A01B1/02 is incomplete pending reclassification of documents from A01B3/02",
            "Group A01B1/02 is also impacted by reclassification into group A01B3/04",
            "All groups listed here, A01K1/00 too, are for a complete search into A01K5/00",
        )
    )
    assert told(mini_scheme, text) == [("A01B3/02", "A01B1/02"), ("A01B1/02", "A01B3/04")]


def test_all_groups_begin_a_sentence_without_a_stop(mini_scheme: Taxonomy) -> None:
    text = (
        "Group A01B1/02 is impacted by reclassification into group A01B3/02 All groups, also "
        "A01K1/00, should be considered for a complete search."
    )
    assert told(mini_scheme, text) == [("A01B1/02", "A01B3/02")]


def test_what_is_to_be_searched_is_no_transfer(mini_scheme: Taxonomy) -> None:
    text = (
        "Until it is reclassified into A01B3/02, groups A01B1/02 and A01B3/04 should be considered "
        "in order to perform a complete search."
    )
    assert told(mini_scheme, text) == []


@pytest.mark.parametrize(
    ("range_", "targets"),
    [
        ("A01B1/02 - A01B1/06", "1/02 1/04 1/06"),  # its ends have a dot, those between two
        ("A01B1/02-A01B1/024", "1/02 1/022 1/024"),
        ("A01B1/02 – A01B1/04", "1/02 1/04"),
        ("A01B1/04 - A01B3/02", "1/04 1/06 3/00 3/02"),
        ("A01B3/00 - A01B999/00", "3/00 999/00"),
        ("A01B1/06 - A01B1/02", "1/06 1/02"),
        ("A01B1/90 - A01B1/99", "1/90 1/99"),
        ("A01B1/02 - A01B1/99", "1/02 1/99"),
        ("A01B3/02 and A01B1/02 - A01B1/04", "3/02 1/02 1/04"),
    ],
)
def test_a_range_stands_for_all_between_that_are_no_deeper(
    mini_scheme: Taxonomy, range_: str, targets: str
) -> None:
    found = told(mini_scheme, f"It is impacted by reclassification into {range_}.", "A01K5/00")
    assert found == [("A01K5/00", f"A01B{target}") for target in targets.split()]


def test_a_range_over_two_subclasses_is_its_ends(mini_scheme: Taxonomy) -> None:
    text = "It is impacted by reclassification into A01B1/04 - A01K1/00."
    assert told(mini_scheme, text) == [("A01B1/06", "A01B1/04"), ("A01B1/06", "A01K1/00")]


def test_a_sentence_with_too_many_targets_says_nothing(mini_scheme: Taxonomy) -> None:
    targets = [f"A01K9/{number}" for number in range(100, 101 + MOST_TARGETS)]
    text = "It is impacted by reclassification into "
    assert told(mini_scheme, text + ", ".join(targets)) == []
    assert len(told(mini_scheme, text + ", ".join(targets[1:]))) == MOST_TARGETS
    many = f"It is incomplete pending reclassification of documents from {', '.join(targets)}."
    assert len(told(mini_scheme, many)) == MOST_TARGETS + 1


def test_each_transfer_is_told_once_and_in_the_order_of_the_scheme(mini_scheme: Taxonomy) -> None:
    into = Note("warning", SOURCE, "It is impacted by reclassification into A01B3/02.", ())
    from_ = Note(
        "warning", DESTINATION,
        "It is incomplete pending reclassification of documents from A01B1/06 and A01K5/00.", (),
    )  # fmt: skip
    found = announced(scheme(mini_scheme, {"A01B1/06": (into,), "A01B3/02": (from_, from_)}))
    assert found == (
        Transfer("A01B1/06", "A01B3/02", WARNING, 1.0, SOURCE),
        Transfer("A01K5/00", "A01B3/02", WARNING, 1.0, DESTINATION),
    )


@pytest.mark.parametrize("about", ["", "ipc-not-used"])
def test_other_notes_announce_nothing(mini_scheme: Taxonomy, about: str) -> None:
    text = "Group A01B1/06 is impacted by reclassification into group A01B3/02."
    assert announced(scheme(mini_scheme, {"A01B1/06": (Note("note", about, text, ()),)})) == ()


@pytest.mark.shared
def test_nearly_all_official_warnings_are_understood(shared: Path) -> None:
    official = scheme_xml(shared, "2021.05")
    found = announced(official)
    assert len(found) == 21_595
    assert len({transfer.symbol for transfer in found}) == 2_169
    warnings = silent = 0
    for place, notes in official.notes.items():
        for note in notes:
            if note.about.startswith("reclass-"):
                warnings += 1
                silent += not announced(scheme(official.taxonomy, {place: (note,)}))
    assert warnings == 4_952
    assert silent < 0.05 * warnings  # they have too many targets, or name none
    rows = official.taxonomy.find(s for t in found for s in (t.symbol, t.target))
    assert int((rows < 0).sum()) == 6
