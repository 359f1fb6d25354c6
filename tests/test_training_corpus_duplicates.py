"""Copies of filings are found, and which of them stays."""

from __future__ import annotations

import numpy as np
import pytest

from cpc_classifier.filing import Filing
from training.corpus import Example, Known, Trust, near_duplicates, without_duplicates

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
    kept, copies, told = without_duplicates([poor, rich, long][::turn], [], 0.6)
    assert [e.filing.id for e in kept] == ["long"]
    assert (copies, told) == (2, 0)


def test_what_resembles_a_held_out_filing_goes_with_all_its_copies() -> None:
    mine = [_example(_filing("1", WORDS)), _example(_filing("2", _changed(1, 0)))]
    other = _example(_filing("3", [w[::-1] for w in WORDS]))
    kept, copies, told = without_duplicates([*mine, other], [_filing("test", WORDS)], 0.6)
    assert [e.filing.id for e in kept] == ["3"]
    assert (copies, told) == (0, 2)
