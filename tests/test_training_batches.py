"""What a step of stage 1 sees."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from cpc_classifier.filing import Filing
from cpc_classifier.hierarchy import Hierarchy
from cpc_classifier.labels import LabelIndex
from taxonomy.symbol import Rank
from taxonomy.tree import Taxonomy
from training.batches import Batch, Batches, dense, drop_fields, label_rows
from training.corpus import Example, Known
from training.label_texts import label_texts
from training.recipe import Adapt

RECIPE = Adapt(steps=9, batch=20, extra_titles=5, title_only_share=0.2, partner_share=0.5, pairs=4)


@pytest.fixture(scope="module")
def hierarchy(mini_scheme: Taxonomy) -> Hierarchy:
    return LabelIndex.from_taxonomy(mini_scheme).to_hierarchy()


def _examples(taxonomy: Taxonomy, hierarchy: Hierarchy) -> list[Example]:
    """Ninety filings of three main groups, two of three with an abstract; the last one is rare."""
    groups = [i for i, r in enumerate(hierarchy.rank) if r == Rank.MAIN_GROUP]
    common, rare = groups[:2], groups[-1]
    found = []
    for number in range(90):
        row = rare if number == 89 else common[number % 2]
        symbol = hierarchy.symbols[row]
        text = f"abstract {number}" if number % 3 or number == 89 else ""
        found.append(
            Example(
                Filing(str(number), title=f"title {number}", abstract=text),
                (symbol,),
                hierarchy.closure([row]),
                np.array([row], np.int32),
                Known.ALL,
                "invented",
            )
        )
    return found


def _batches(taxonomy: Taxonomy, hierarchy: Hierarchy, recipe: Adapt, seed: int = 3) -> Batches:
    texts = label_texts(taxonomy, {}, ("en", "ko") if recipe.bilingual else ("en",))
    rows = label_rows([t.symbol for t in texts], taxonomy, hierarchy)
    examples = _examples(taxonomy, hierarchy)
    fields = ("title", "abstract", "claims", "description")
    unlabelled = [
        Filing(f"u{i}", title=f"t{i}", abstract=f"a{i}", claims=f"c{i}") for i in range(9)
    ]
    return Batches(examples, unlabelled, texts, rows, hierarchy, recipe, seed, fields, 200)


def _same(a: Batch, b: Batch) -> bool:
    return a.texts == b.texts and a.pairs == b.pairs and all(map(np.array_equal, a.rows, b.rows))


def test_a_step_depends_on_the_seed_and_its_number_alone(
    mini_scheme: Taxonomy, hierarchy: Hierarchy
) -> None:
    first, again = (_batches(mini_scheme, hierarchy, RECIPE) for _ in range(2))
    wanted = [first[step] for step in range(3)]
    assert _same(again[2], wanted[2])
    assert _same(again[0], wanted[0])
    assert not _same(wanted[0], wanted[1])
    assert not _same(_batches(mini_scheme, hierarchy, RECIPE, seed=4)[0], wanted[0])


def test_filings_stand_before_their_positives_and_the_unrelated_texts(
    mini_scheme: Taxonomy, hierarchy: Hierarchy
) -> None:
    titles = {t.text for t in label_texts(mini_scheme, {})}
    batch = _batches(mini_scheme, hierarchy, RECIPE)[0]
    assert batch.filings == 20
    assert len(batch.texts) == len(batch.rows) == len(batch.known) == 45
    assert [text in titles for text in batch.texts] == batch.labels
    assert not any(batch.labels[:20])
    assert 0 < sum(batch.labels[20:40]) < 20
    assert all(batch.labels[40:])
    for query, positive in zip(batch.rows[:20], batch.rows[20:40], strict=True):
        assert set(positive) <= set(query)
    assert sum("abstract" not in text for text in batch.texts[:20]) >= 4


def test_a_pair_is_one_field_and_the_others_of_the_same_filing(
    mini_scheme: Taxonomy, hierarchy: Hierarchy
) -> None:
    batches = _batches(mini_scheme, hierarchy, RECIPE)
    firsts = set()
    for step in range(20):
        pairs = batches[step].pairs
        numbers = [one[1:] for one, _ in pairs]
        assert len(set(numbers)) == len(pairs) == 4
        for number, (one, others) in zip(numbers, pairs, strict=True):
            rest = [letter + number for letter in "tac" if letter != one[0]]
            assert others == ". ".join(rest)
            firsts.add(one[0])
    assert firsts == {"t", "a", "c"}


def test_a_bilingual_pair_is_a_label_and_the_title_of_the_same_symbol(
    mini_scheme: Taxonomy, hierarchy: Hierarchy
) -> None:
    texts = label_texts(mini_scheme, {}, ("en", "ko"))
    title = {t.symbol: t.text for t in texts if t.kind == "title"}
    wanted = {(t.text, title[t.symbol]) for t in texts if t.kind == "label"}
    recipe = dataclasses.replace(RECIPE, bilingual=3)
    batches = _batches(mini_scheme, hierarchy, recipe)
    drawn = [pair for step in range(30) for pair in batches[step].pairs[RECIPE.pairs :]]
    assert len(drawn) == 90
    assert set(drawn) == wanted


def test_a_rare_subclass_is_drawn_more_often(mini_scheme: Taxonomy, hierarchy: Hierarchy) -> None:
    def share(balance: float) -> float:
        batches = _batches(
            mini_scheme, hierarchy, dataclasses.replace(RECIPE, balance=balance, field_drop=0.0)
        )
        drawn = [text for step in range(20) for text in batches[step].texts[:20]]
        return float(np.mean([text.startswith("title 89.") for text in drawn]))

    assert 2 * share(0.0) < share(0.9)


def test_dropped_fields_never_leave_nothing() -> None:
    rng = np.random.default_rng(0)
    whole = Filing("1", title="a", abstract="b", claims="c")
    assert drop_fields(whole, 0.0, rng) is whole
    seen = {drop_fields(whole, 1.0 - 1e-9, rng) for _ in range(40)}
    assert seen == {Filing("1", abstract="b"), Filing("1", claims="c")}
    alone = Filing("1", title="a")
    assert drop_fields(alone, 1.0 - 1e-9, rng) is alone


def test_dense_marks_the_listed_rows() -> None:
    wanted = [[1, 0, 1], [0, 0, 0]]
    np.testing.assert_array_equal(dense([np.array([0, 2]), np.array([], np.int64)], 3), wanted)
