"""What a real bundle says, in the form that is measured."""

from __future__ import annotations

import numpy as np
import pytest
from tiny_bundle import build_tiny_bundle

from cpc_classifier.classifier import Classifier
from cpc_classifier.filing import Filing
from taxonomy.symbol import Rank
from training.evaluation.labelled import Labelled
from training.evaluation.predict import BLOCK, predict

WORDS = ("lithium electrolyte", "fish pond", "surgical scalpel", "routing hop", "wind")


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    return Classifier.load(build_tiny_bundle(tmp_path_factory.mktemp("bundle") / "tiny"), threads=1)


def _data(count: int) -> list[Labelled]:
    return [
        Labelled(Filing(str(i), title=WORDS[i % len(WORDS)]), ("H01M",), True) for i in range(count)
    ]


def test_the_best_symbols_of_each_rank_are_kept_in_order(classifier: Classifier) -> None:
    data = _data(3)
    found = predict(classifier, data, limit=4)
    assert list(found) == list(classifier.levels)
    scores = classifier.scores([d.filing for d in data])
    rows = classifier.hierarchy.rows_at(Rank.MAIN_GROUP)
    for i in range(3):
        best = sorted(rows, key=lambda r: -scores[i, r])[:4]
        groups = found[Rank.MAIN_GROUP]
        assert groups.ranked(i) == [classifier.hierarchy.symbols[r] for r in best]
        np.testing.assert_allclose(groups.entries(i)[1], scores[i, best], rtol=1e-5)
    assert found[Rank.MAIN_GROUP].ranked(0)[0] == "H01M10/00"


def test_more_than_a_block_is_put_together(classifier: Classifier) -> None:
    found = predict(classifier, _data(BLOCK + 7))
    subclasses = found[Rank.SUBCLASS]
    assert len(subclasses) == BLOCK + 7
    assert subclasses.ranked(BLOCK + 1)[0] == subclasses.ranked((BLOCK + 1) % len(WORDS))[0]
    assert len(subclasses.ranked(0)) == len(subclasses.symbols)


def test_no_filings_have_no_guesses(classifier: Classifier) -> None:
    assert {len(p) for p in predict(classifier, []).values()} == {0}
