"""How much each kind of example counts: drawn in stage 1, weighed in stage 2."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from cpc_classifier.filing import Filing
from cpc_classifier.hierarchy import Hierarchy
from cpc_classifier.labels import LabelIndex
from taxonomy.symbol import Rank
from taxonomy.tree import Taxonomy
from training.batches import Batches, label_rows
from training.corpus import Example, Known, Trust, filing_weights, text_weights
from training.fit_head import Embedded, HeadLoss, fit_head
from training.head import TreeHead
from training.label_texts import LabelText, label_texts
from training.recipe import Adapt, Corpus, Fit

RECIPE = Adapt(steps=9, batch=40, extra_titles=10, title_only_share=0.2, pairs=0, balance=0.0)


@pytest.fixture(scope="module")
def hierarchy(mini_scheme: Taxonomy) -> Hierarchy:
    return LabelIndex.from_taxonomy(mini_scheme).to_hierarchy()


def _example(hierarchy: Hierarchy, number: int) -> Example:
    """Every third has a title alone; trusts take turns."""
    groups = hierarchy.rows_at(Rank.MAIN_GROUP)
    row = int(groups[number % 2])
    trust = (Trust.COMPLETE_CPC, Trust.PARTIAL_IPC)[number // 3 % 2]
    filing = Filing(str(number), title=f"title {number}", abstract=f"a {number}" * (number % 3 > 0))
    own = np.array([row], np.int32)
    rows = hierarchy.closure([row])
    return Example(filing, (hierarchy.symbols[row],), rows, own, Known.ALL, "invented", trust)


def _batches(taxonomy: Taxonomy, hierarchy: Hierarchy, corpus: Corpus) -> Batches:
    texts = label_texts(taxonomy, dict.fromkeys(taxonomy.symbols, "as told"))
    rows = label_rows([t.symbol for t in texts], taxonomy, hierarchy)
    examples = [_example(hierarchy, i) for i in range(120)]
    return Batches(
        examples, [], texts, rows, hierarchy, RECIPE, 5, ("title", "abstract"), 200, corpus
    )


def _drawn(batches: Batches, steps: int = 20) -> list[list[str]]:
    return [batches[step].texts for step in range(steps)]


def test_a_record_has_the_weight_of_its_trust_and_of_its_lack_of_text(
    hierarchy: Hierarchy,
) -> None:
    examples = [_example(hierarchy, i) for i in (0, 1, 3, 4)]
    found = filing_weights(examples, Corpus(partial_ipc=0.5, title_only=0.25))
    np.testing.assert_array_equal(found, [0.25, 1.0, 0.125, 0.5])
    assert filing_weights(examples, Corpus()).tolist() == [1.0] * 4


def test_a_label_text_has_the_weight_of_its_kind() -> None:
    texts = [LabelText("A", kind, "x") for kind in ("title", "definition", "label")]
    corpus = Corpus(titles=0.5, definitions=2.0, labels=0.0)
    assert text_weights(texts, corpus).tolist() == [0.5, 2.0, 0.0]


def test_weights_that_are_all_the_same_draw_as_none_do(
    mini_scheme: Taxonomy, hierarchy: Hierarchy
) -> None:
    same = dict.fromkeys([f.name for f in dataclasses.fields(Corpus)], 2.0) | {"title_only": 1.0}
    first = _drawn(_batches(mini_scheme, hierarchy, Corpus()), 4)
    assert _drawn(_batches(mini_scheme, hierarchy, Corpus(**same)), 4) == first


def test_a_trust_of_half_the_weight_is_drawn_half_as_often(
    mini_scheme: Taxonomy, hierarchy: Hierarchy
) -> None:
    def share(weight: float) -> float:
        batches = _batches(mini_scheme, hierarchy, Corpus(partial_ipc=weight))
        numbers = [int(t.split(".")[0].split()[-1]) for b in _drawn(batches) for t in b[:40]]
        return float(np.mean([n // 3 % 2 for n in numbers]))

    assert share(1.0) == pytest.approx(0.5, abs=0.06)
    assert share(0.25) == pytest.approx(0.2, abs=0.06)


def test_titles_alone_take_a_share_of_the_batch_by_their_weight(
    mini_scheme: Taxonomy, hierarchy: Hierarchy
) -> None:
    found = {}
    for weight in (0.0, 1.0, 2.0):
        batch = _batches(mini_scheme, hierarchy, Corpus(title_only=weight))[0]
        numbers = [t for t in batch.texts[:40] if t.startswith("title") and ". " not in t]
        found[weight] = sum(int(t.split()[-1]) % 3 == 0 for t in numbers)
    assert found == {0.0: 0, 1.0: 8, 2.0: 16}


def test_label_texts_without_weight_are_not_drawn(
    mini_scheme: Taxonomy, hierarchy: Hierarchy
) -> None:
    batches = _batches(mini_scheme, hierarchy, Corpus(titles=0.0))
    extra = [text for b in _drawn(batches) for text in b[80:]]
    assert len(extra) == 200
    assert all(text.endswith("as told") for text in extra)
    none = _batches(mini_scheme, hierarchy, Corpus(titles=0.0, definitions=0.0))
    assert [len(texts) for texts in _drawn(none, 3)] == [80] * 3


def _embedded(hierarchy: Hierarchy, count: int, weight: np.ndarray | None = None) -> Embedded:
    rng = np.random.default_rng(2)
    vectors = rng.standard_normal((count, 8)).astype(np.float16)
    examples = [_example(hierarchy, i) for i in range(count)]
    return Embedded.of(vectors, examples, weight)


def _head(hierarchy: Hierarchy) -> TreeHead:
    torch.manual_seed(0)
    head = TreeHead(hierarchy, 8)
    head.text.copy_(torch.randn(len(hierarchy.symbols), 8))
    return head


def test_a_row_of_no_weight_costs_nothing_and_one_of_two_twice(hierarchy: Hierarchy) -> None:
    loss, head = HeadLoss(hierarchy, 1.0), _head(hierarchy)
    alone = [loss(head, _embedded(hierarchy, 4).take(np.array([i])), 0.0).item() for i in range(4)]
    weight = np.array([0.0, 1.0, 2.0, 0.5], np.float32)
    both = loss(head, _embedded(hierarchy, 4, weight), 0.0).item()
    # the listwise part of complete records does not depend on the others of the batch
    assert both == pytest.approx(float(np.mean(weight * np.array(alone))), rel=1e-5)
    plain = loss(head, _embedded(hierarchy, 4), 0.0).item()
    assert plain == pytest.approx(float(np.mean(alone)), rel=1e-5)


def test_the_head_learns_nothing_from_what_has_no_weight(hierarchy: Hierarchy) -> None:
    recipe = Fit(epochs=2, batch=16, dropout=0.0, residual_decay=0.0)
    texts, valid = _embedded(hierarchy, 8, np.zeros(8, np.float32)), _embedded(hierarchy, 12)

    def fitted(weight: np.ndarray | None) -> TreeHead:
        head = _head(hierarchy)
        fit_head(head, _embedded(hierarchy, 32, weight), texts, valid, hierarchy, recipe, 3)
        return head

    start = _head(hierarchy).state_dict()
    for name, value in fitted(np.zeros(32, np.float32)).state_dict().items():
        torch.testing.assert_close(value, start[name], rtol=0, atol=0)
    assert not torch.equal(fitted(None).residual, start["residual"])
