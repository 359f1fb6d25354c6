from __future__ import annotations

import numpy as np
from tiny_bundle import mini_labels, mini_subgroups

from cpc_classifier.presentation import Presenter
from taxonomy.symbol import Rank

LABELS, DEEP = mini_labels(), mini_subgroups()
TREE = LABELS.to_hierarchy()
PRESENTER = Presenter(LABELS, TREE, DEEP, "")
AT = {symbol: i for i, symbol in enumerate(DEEP.symbols)}


def test_a_subgroup_has_all_that_is_above_it_in_its_path() -> None:
    scores = np.linspace(0.9, 0.5, len(TREE), dtype=np.float32)
    below = {AT["H01M10/05"]: 0.3, AT["H01M10/052"]: 0.2, AT["H01M10/0525"]: 0.15}
    row = len(TREE) + AT["H01M10/0525"]
    found = PRESENTER.suggestion(row, 0.1, scores, below)
    assert (found.symbol, found.rank, found.score) == ("H01M10/0525", Rank.SUBGROUP, 0.1)
    path = [step.symbol for step in found.path]
    assert path == ["H", "H01", "H01M", "H01M10/00", "H01M10/05", "H01M10/052"]
    assert [round(step.score, 3) for step in found.path[-2:]] == [0.3, 0.2]


def test_a_label_row_ends_with_what_is_above_it() -> None:
    scores = np.full(len(TREE), 0.5, np.float32)
    found = PRESENTER.suggestion(LABELS.row("H01M10/00"), 0.4, scores, {})
    assert found.rank is Rank.MAIN_GROUP
    assert [step.symbol for step in found.path] == ["H", "H01", "H01M"]


def test_a_step_that_was_rounded_below_the_next_is_lifted() -> None:
    scores = np.full(len(TREE), 0.25, np.float32)
    below = {AT["H01M10/05"]: 0.2, AT["H01M10/052"]: 0.2 + 1e-12}
    found = PRESENTER.suggestion(len(TREE) + AT["H01M10/0525"], 0.1, scores, below)
    values = [step.score for step in found.path]
    assert values == sorted(values, reverse=True)


def test_the_kind_is_that_of_the_symbol() -> None:
    scores = np.zeros(len(TREE), np.float32)
    kinds = [
        PRESENTER.suggestion(LABELS.row(symbol), 0.0, scores, {}).kind
        for symbol in ("H01M10/00", "H01M2220/00", "Y02E")
    ]
    assert kinds == ["inventive", "additional", "additional"]
