"""Figures by section, frequency and language."""

from __future__ import annotations

import dataclasses

from tiny_guesses import judged

from training.evaluation.breakdown import by_frequency, by_language, by_section
from training.evaluation.counts import Counts

FOUND = judged(
    ([("A01B", 0.9), ("Y02E", 0.5)], ["A01B", "Y02E"]),
    ([("B01J", 0.9), ("A01B", 0.5)], ["A01B"]),
    ([("A01C", 0.9)], ["A01B"]),
    complete=[True, True, False],
)


def test_a_section_is_asked_for_its_own_symbols() -> None:
    found = by_section(FOUND, 0)
    assert list(found) == ["A", "Y"]
    assert (found["A"]["filings"], found["Y"]["filings"]) == (3, 1)
    assert found["A"]["first"] == 0.3333
    assert found["A"]["three"] == 0.6667
    assert (found["Y"]["first"], found["Y"]["three"]) == (0.0, 1.0)


def test_only_complete_labels_tell_what_is_wrong() -> None:
    found = by_section(FOUND, 0)["A"]
    # the wrong first guess A01C has incomplete labels, and B01J lies in another section
    assert found["precision_first"] == 1.0
    assert found["recall_at_10"] == 1.0
    assert "precision_first" not in by_section(FOUND, 0)["Y"]


def test_symbols_are_grouped_by_how_often_they_were_met() -> None:
    found = by_frequency(FOUND, Counts(500, {"A01B": 100}), 0)
    assert list(found) == ["head", "unseen"]
    assert found["head"]["filings"] == 3
    assert found["unseen"]["ten"] == 1.0


def test_a_language_takes_whole_filings() -> None:
    told = dataclasses.replace(FOUND, languages=("en", "ko", "ko"))
    found = by_language(told, 0)
    assert {name: row["filings"] for name, row in found.items()} == {"en": 1, "ko": 2}
    assert found["en"]["first"] == 1.0
    assert found["en"]["recall_at_10"] == 1.0
    assert (found["ko"]["first"], found["ko"]["three"]) == (0.0, 0.5)
    assert found["ko"]["precision_first"] == 0.0


def test_each_figure_has_its_interval() -> None:
    row = by_section(FOUND, 0)["A"]
    assert row["intervals"].keys() == row.keys() - {"filings", "intervals"}
    low, high = row["intervals"]["first"]
    assert 0 <= low <= row["first"] <= high <= 1
