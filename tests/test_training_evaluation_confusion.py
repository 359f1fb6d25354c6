"""Which symbols are taken for which."""

from __future__ import annotations

from tiny_guesses import judged

from training.evaluation.confusion import Pair, confusion


def test_wrong_first_guesses_are_shared_among_the_true_symbols() -> None:
    found = judged(
        ([("A01C", 0.9)], ["A01B"]),
        ([("A01C", 0.9)], ["A01B", "Y02E"]),
        ([("A01B", 0.9)], ["A01B"]),
    )
    assert confusion(found) == [Pair("A01B", "A01C", 1.5, 3), Pair("Y02E", "A01C", 0.5, 1)]
    assert confusion(found, limit=1) == [Pair("A01B", "A01C", 1.5, 3)]


def test_a_guess_that_is_not_listed_is_no_confusion_where_labels_are_incomplete() -> None:
    assert confusion(judged(([("A01C", 0.9)], ["A01B"]), complete=[False])) == []


def test_nothing_guessed_is_no_confusion() -> None:
    assert confusion(judged(([], ["A01B"]))) == []
