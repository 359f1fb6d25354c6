"""Copies of filings are found, and which of them stays."""

from __future__ import annotations

import numpy as np
import pytest

from cpc_classifier.filing import Filing
from training.corpus import Example, Known, Trust, near_duplicates, without_duplicates
from training.corpus.duplicates import Removed, similar_pairs

WORDS = (
    "a folding spade whose handle is hinged to the blade by a pin so that both lie flat in a bag "
    "and are held there by a spring until the gardener pulls a ring at the end of the handle"
).split()


def _filing(name: str, words: list[str]) -> Filing:
    return Filing(name, title="spade", abstract=" ".join(words))


def _changed(count: int, seed: int) -> list[str]:
    """The words with some of them replaced."""
    rng = np.random.default_rng(seed)
    at = set(rng.choice(len(WORDS), count, replace=False).tolist())
    return [f"other{i}" if i in at else word for i, word in enumerate(WORDS)]


def _example(filing: Filing, trust: Trust = Trust.PARTIAL_CPC) -> Example:
    rows = np.array([0], np.int32)
    return Example(filing, ("A",), rows, rows, Known.POSITIVES, "invented", trust)


def test_texts_that_differ_in_a_word_are_one_group_and_others_are_not() -> None:
    filings = [
        _filing("1", WORDS),
        _filing("2", _changed(1, 0)),
        _filing("3", _changed(25, 1)),
        Filing("4", title="spade"),
        Filing("5", title="spade"),  # a title is often the same by chance
        _filing("6", [w.upper() for w in WORDS]),
    ]
    groups = near_duplicates(filings, 0.6)
    assert groups[0] == groups[1] == groups[5]
    assert len(set(groups.tolist())) == 4


@pytest.mark.parametrize("turn", [1, -1])
def test_the_most_trusted_and_then_the_longest_stays(turn: int) -> None:
    poor, rich, long = (
        _example(_filing("poor", WORDS), Trust.PARTIAL_IPC),
        _example(_filing("rich", WORDS), Trust.COMPLETE_CPC),
        _example(_filing("long", [*WORDS, "again"]), Trust.COMPLETE_CPC),
    )
    kept, removed = without_duplicates([poor, rich, long][::turn], [], 0.6)
    assert [e.filing.id for e in kept] == ["long"]
    assert removed == Removed(families=0, copies=2, held=0)


def test_what_resembles_a_held_out_filing_goes_with_all_its_copies() -> None:
    mine = [_example(_filing("1", WORDS)), _example(_filing("2", _changed(1, 0)))]
    other = _example(_filing("3", [w[::-1] for w in WORDS]))
    kept, removed = without_duplicates([*mine, other], [_filing("test", WORDS)], 0.6)
    assert [e.filing.id for e in kept] == ["3"]
    assert removed == Removed(families=0, copies=0, held=2)


def test_another_publication_of_a_held_out_filing_goes_whatever_its_text() -> None:
    mine = [_example(Filing("EP1A1", title="one")), _example(Filing("EP2A1", title="two"))]
    kept, removed = without_duplicates(mine, [Filing("EP1B1", title="three")], 0.6)
    assert [e.filing.id for e in kept] == ["EP2A1"]
    assert removed == Removed(families=0, copies=0, held=1)


def test_publications_and_copies_are_counted_apart() -> None:
    examples = [
        _example(_filing("EP1A1", WORDS)),
        _example(Filing("EP1B1", title="the same filing in other words")),
        _example(_filing("US7", _changed(1, 0)), Trust.COMPLETE_CPC),
        _example(Filing("", title="no number")),
        _example(Filing("", title="no number")),
    ]
    kept, removed = without_duplicates(examples, [], 0.6)
    assert [e.filing.title for e in kept] == ["spade", "no number", "no number"]
    assert kept[0].filing.id == "US7"  # of the copy and both publications, the most trusted
    assert removed == Removed(families=1, copies=1, held=0)


def test_those_left_stay_in_their_order_and_nothing_is_found_in_nothing() -> None:
    short, other, long = (
        _example(_filing("short", WORDS)),
        _example(_filing("other", [w[::-1] for w in WORDS])),
        _example(_filing("long", [*WORDS, "again"])),
    )
    kept, _ = without_duplicates([short, other, long], [], 0.6)
    assert [e.filing.id for e in kept] == ["other", "long"]
    assert without_duplicates([], [other.filing], 0.6) == ([], Removed(0, 0, 0))


def test_claims_are_compared_with_claims_and_not_with_abstracts() -> None:
    text = " ".join(WORDS)
    filings = [
        Filing("1", abstract=text),
        Filing("2", claims=text),
        Filing("3", abstract="short", claims=text + " again"),
    ]
    ((later, earlier, share),) = similar_pairs(filings, 0.6)
    assert (later, earlier) == (2, 1)
    assert share == pytest.approx((len(WORDS) - 3) / (len(WORDS) - 2))
