"""Reports in Markdown: tables that are whole, warnings that are told."""

from __future__ import annotations

import re

from tiny_guesses import TREE, labelled, predictions

from taxonomy.symbol import Rank
from training.evaluation import AssignRule, Counts, measure
from training.evaluation.compare import compare
from training.evaluation.judged import Evaluation
from training.evaluation.report import comparison_report, report

DATA = [labelled("A01B"), labelled("A01C"), labelled("Y02E", complete=False)]
GOOD = predictions([[("A01B", 0.9)], [("A01C", 0.8)], [("Y02E", 0.7)]])
BAD = predictions([[("A01C", 0.9)], [("A01C", 0.8)], [("Y02E", 0.7)]])


def _whole_tables(text: str) -> int:
    """How many tables there are, each row with as many cells as its head."""
    tables = [t for t in re.split(r"\n\n+", text) if t.startswith("|")]
    for table in tables:
        assert len({line.count("|") for line in table.splitlines()}) == 1, table
    return len(tables)


def _figures(name: str, **more: object) -> dict[str, object]:
    rule = AssignRule(Rank.SUBCLASS, 0.85, 0.9, 0.95)
    found = measure({Rank.SUBCLASS: BAD}, DATA, TREE, Counts(50, {"A01B": 12}), rule)
    return {"data": name, "in_memory": 0} | found | more


def test_the_report_has_figures_intervals_groups_and_plots() -> None:
    text = report("tiny-1", [_figures("a"), _figures("all")], ["reliability.png"])
    assert text.startswith("# Evaluation of tiny-1\n")
    assert _whole_tables(text) >= 6
    assert "| a | subclass | 3 | 0.667 [" in text
    assert "| `recall_at_10` | 0.500 [" in text
    assert "## By section: subclass" in text
    assert "head from 100, torso from 10, tail from 1" in text
    assert "| A01B | A01C | 1.0 | 1 |" in text
    assert (
        "![Reliability: is a first guess right as often as its score says?](reliability.png)"
        in text
    )
    assert "flatter" not in text


def test_filings_that_were_learnt_and_incoherent_scores_are_told() -> None:
    text = report("tiny-1", [_figures("a", in_memory=2, incoherent=4)], [])
    assert "**a: 2 of 3 filings are in a bundle's memory; these figures flatter.**" in text
    assert "**a: 4 guesses score above their parent.**" in text


def test_what_incomplete_labels_cannot_tell_is_a_dash() -> None:
    found = measure({Rank.SUBCLASS: GOOD}, [labelled("A01B", complete=False)] * 3, TREE)
    text = report("tiny-1", [{"data": "a", "in_memory": 0} | found], [])
    assert _whole_tables(text) >= 3
    assert "| - | - | - |\n" in text
    assert "Assigned" not in text


def test_a_comparison_begins_with_its_verdict() -> None:
    one, other = (Evaluation.of({Rank.SUBCLASS: p}, DATA, TREE) for p in (BAD, GOOD))
    names = ("old-1", "new-2")
    told = {"data": "a", "in_memory": 0, "bundles": list(names)} | compare(
        one, other, TREE, names=names
    )
    text = comparison_report([told])
    assert text.startswith("# old-1 and new-2 on the same filings\n\n**Nothing can be said")
    assert _whole_tables(text) == 2
    assert "| subclass | first | 3 | 0.667 | 1.000 | 0 / 1 | 1.000 | 1.000 | neither |" in text
    assert "| `first` | 0.6667 | 1.0000 | +0.3333 [+0.0000, +1.0000] |" in text
