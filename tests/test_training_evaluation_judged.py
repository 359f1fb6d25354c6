"""Guesses beside the truth."""

from __future__ import annotations

import numpy as np
import pytest
from tiny_guesses import SUBCLASSES, TREE, judged, labelled, predictions

from taxonomy.symbol import Rank
from training.evaluation.judged import Evaluation, Judged, incoherent, judge
from training.evaluation.predictions import Predictions


def test_true_symbols_are_rolled_up_and_coarser_ones_left_out() -> None:
    data = [labelled("A01B1/02", "A01C", "A01"), labelled("A01")]
    found = judge(predictions([[("A01B", 0.9)], []]), data, TREE, Rank.SUBCLASS)
    assert found.wanted == (frozenset({"A01B", "A01C"}),)
    assert found.right.tolist() == [[True]]


def test_right_guesses_are_marked_in_their_order() -> None:
    found = judged(
        ([("Y02E", 0.7), ("A01B", 0.6), ("A01C", 0.1)], ["A01B", "A01C"]),
        ([("A61B", 0.5)], ["B01J"]),
    )
    assert found.right.tolist() == [[False, True, True], [False, False, False]]
    assert found.columns[1].tolist() == [SUBCLASSES.index("A61B"), -1, -1]
    assert found.scores[1].tolist() == [0.5, 0.0, 0.0]
    assert found.hit(1).tolist() == [False, False]
    assert found.hit(2).tolist() == [True, False]


def test_a_true_symbol_without_a_column_is_never_right() -> None:
    found = judged(([("A01B", 0.9)], ["H04L"]))
    assert found.wanted == (frozenset({"H04L"}),)
    assert not found.right.any()


def test_parts_are_put_together_and_taken_apart() -> None:
    one = judged(([("A01B", 0.9)], ["A01B"]))
    two = judged(([("A01C", 0.8), ("A01B", 0.2)], ["A01B"]), ([], ["Y02E"]))
    both = Judged.stack([one, two])
    assert both.right.tolist() == [[True, False], [False, True], [False, False]]
    again = both.take(np.array([False, True, True]))
    assert again.wanted == two.wanted
    np.testing.assert_array_equal(again.scores, two.scores)
    other = judged(([("A01", 0.9)], ["A01B"]), rank=Rank.CLASS)
    with pytest.raises(ValueError, match="different symbols"):
        Judged.stack([one, other])


def test_predictions_of_other_filings_are_refused() -> None:
    with pytest.raises(ValueError, match="1 predictions for 2 filings"):
        judge(predictions([[]]), [labelled("A"), labelled("B")], TREE, Rank.SUBCLASS)


def _ranks(section: float, *classes: float) -> dict[Rank, Predictions]:
    guesses = [*zip(("A01", "A61"), classes, strict=False)]
    return {
        Rank.SECTION: predictions([[("A", section)]], ["A", "B"]),
        Rank.CLASS: predictions([guesses], ["A01", "A61", "B01"]),
    }


def test_a_guess_above_its_parent_is_counted() -> None:
    assert incoherent(_ranks(0.5, 0.5, 0.4), TREE) == 0
    assert incoherent(_ranks(0.5, 0.6, 0.4), TREE) == 1
    assert incoherent(_ranks(0.5, 0.7, 0.6), TREE) == 2


def test_a_parent_that_was_not_guessed_scores_no_more_than_the_least_guess() -> None:
    ranks = _ranks(0.5, 0.4) | {Rank.CLASS: predictions([[("B01", 0.6)]], ["A01", "B01"])}
    assert incoherent(ranks, TREE) == 1
    ranks = _ranks(0.5, 0.4) | {Rank.CLASS: predictions([[("B01", 0.5)]], ["A01", "B01"])}
    assert incoherent(ranks, TREE) == 0


def test_an_evaluation_knows_the_ranks_that_the_labels_reach() -> None:
    ranks = _ranks(0.5, 0.5) | {Rank.SUBCLASS: predictions([[("A01B", 0.5)]])}
    found = Evaluation.of(ranks, [labelled("A01")], TREE)
    assert list(found.ranks) == [Rank.CLASS]
    deeper = Evaluation.of(ranks, [labelled("A01B")], TREE)
    both = Evaluation.stack([found, deeper])
    assert (both.filings, len(both.ranks[Rank.CLASS]), len(both.ranks[Rank.SUBCLASS])) == (2, 2, 1)
