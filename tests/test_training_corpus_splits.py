"""Who is learnt from, who validates, and what is left out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cpc_classifier.filing import Filing
from training.corpus import Example, Known, Trust, chosen, split
from training.recipe import Corpus, Data, Recipe
from training.recipe_file import find_recipe, load_recipe

ROWS = np.array([0], np.int32)


def _example(
    name: str, trust: Trust = Trust.COMPLETE_CPC, date: str = "", text: str = "x"
) -> Example:
    filing = Filing(name, title="t", abstract=text, publication_date=date)
    known = Known.ALL if trust == Trust.COMPLETE_CPC else Known.POSITIVES
    return Example(filing, ("A",), ROWS, ROWS, known, "invented", trust)


def _data(**values: object) -> Data:
    given: dict[str, object] = {"train": (), "valid": (), "held_out": (), "titles": ""}
    return Data(**given | values)  # type: ignore[arg-type]


def _recipe(copies: float = 1.0, **weights: float) -> Recipe:
    recipe = load_recipe(find_recipe("starter"))
    return replace(recipe, data=replace(recipe.data, copies=copies), corpus=Corpus(**weights))


def _ids(examples: list[Example]) -> list[str]:
    return [e.filing.id for e in examples]


def test_a_share_of_complete_filings_with_a_text_validates() -> None:
    told = [_example(str(i)) for i in range(400)]
    others = [_example(f"p{i}", Trust.PARTIAL_CPC) for i in range(50)]
    bare = [_example(f"b{i}", text="") for i in range(50)]
    learnt, held = split([*told, *others, *bare], _data(calibrate=0.25))
    assert 70 < len(held) < 130
    assert set(_ids(held)) <= set(_ids(told))
    again, _ = split([*told[:40], *others], _data(calibrate=0.25))
    assert set(_ids(again)) == set(_ids(learnt)) & set(_ids([*told[:40], *others]))


def test_filings_from_a_date_on_validate_with_their_whole_family() -> None:
    examples = [
        _example("US1234567A1", date="2019-05-01"),
        _example("US1234567B2", date="2021-05-01"),
        _example("US7654321B2", date="2020-12-31"),
        _example("US5555555B2", date="2021-01-01", text=""),
        _example("US6666666B2"),
    ]
    learnt, held = split(examples, _data(calibrate_from="2021-01-01"))
    assert _ids(held) == ["US1234567A1", "US1234567B2"]
    assert _ids(learnt) == ["US7654321B2", "US6666666B2"]


def test_kinds_of_no_weight_are_left_out_and_counted() -> None:
    examples = [
        _example("1"),
        _example("2", Trust.PARTIAL_IPC),
        _example("3", Trust.COMPLETE_IPC),
        _example("4", text=""),
        _example("5", Trust.PARTIAL_IPC, text=""),
    ]
    kept, removed = chosen(examples, [], _recipe(partial_ipc=0.0))
    assert (_ids(kept), removed) == (["1", "3", "4"], {"weight 0: partial-ipc": 2})
    kept, removed = chosen(examples, [], _recipe(title_only=0.0, complete_ipc=0.5))
    assert (_ids(kept), removed) == (["1", "2", "3"], {"weight 0: title-only": 2})
    assert chosen(examples, [], _recipe()) == (examples, {})


def test_copies_and_families_are_left_out_where_the_recipe_wants_it() -> None:
    words = "a spade that folds in the middle so that it goes into a bag of half its length"
    examples = [
        _example("US1A1", Trust.PARTIAL_CPC, text="one"),
        _example("US1B2", text="another one"),
        _example("US2A1", text=words),
        _example("US3A1", text=words),
        _example("US4A1", text="held"),
    ]
    held = [_example("US4B1", text="x").filing]
    kept, removed = chosen(examples, held, _recipe(copies=0.6))
    assert _ids(kept) == ["US1B2", "US2A1"]
    assert removed == {
        "of a family that is learnt": 1,
        "copies of others": 1,
        "held-out filings and copies of them": 1,
    }
    assert chosen(examples, held, _recipe()) == (examples, {})
