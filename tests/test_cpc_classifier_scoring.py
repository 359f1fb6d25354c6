from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from tiny_bundle import DEEPER, TITLES, build_tiny_bundle

from cpc_classifier.classifier import Classifier
from cpc_classifier.filing import Filing
from cpc_classifier.result import to_json
from taxonomy.symbol import Rank

TEXTS = [*TITLES.values(), *(words for _, words in DEEPER.values())]
FILINGS = [Filing(str(i), title=text) for i, text in enumerate(TEXTS)]


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    folder = build_tiny_bundle(tmp_path_factory.mktemp("scoring") / "deep", deep=True)
    return Classifier.load(folder, threads=2)


def test_the_ranks_end_where_the_symbols_do(classifier: Classifier, tmp_path: Path) -> None:
    assert classifier.scoring.ranks == tuple(Rank)
    shallow = Classifier.load(build_tiny_bundle(tmp_path / "shallow"), threads=1)
    assert shallow.scoring.ranks == tuple(Rank)[:4]


def test_a_part_of_the_evidence_scores_as_in_the_whole(classifier: Classifier) -> None:
    scoring, evidence = classifier.scoring, classifier.evidence(FILINGS)
    assert len(evidence) == len(TEXTS)
    whole = scoring.label_scores(evidence)
    deep = scoring.subgroup_scores(evidence, whole)
    for start in (0, 7, len(TEXTS) - 1):
        part = evidence[start : start + 1]
        scores = scoring.label_scores(part)
        np.testing.assert_allclose(scores[0], whole[start], atol=1e-6)
        found = scoring.subgroup_scores(part, scores).filing(0)
        for one, other in zip(found, deep.filing(start), strict=True):
            np.testing.assert_allclose(one, other, atol=1e-6)


def test_masses_are_the_share_of_the_vote(classifier: Classifier) -> None:
    masses = classifier.scoring.masses(classifier.evidence(FILINGS))
    sections = classifier.hierarchy.rows_at(Rank.SECTION)
    np.testing.assert_allclose(masses[:, sections].sum(axis=1), 1, atol=1e-5)


def test_many_threads_suggest_what_one_does(classifier: Classifier) -> None:
    wanted = [to_json(classifier.suggest([f])[0]) for f in FILINGS]
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(lambda f: to_json(classifier.suggest([f])[0]), FILINGS * 4))
    assert found == wanted * 4


@pytest.mark.parametrize("threshold", [0.0, 0.02, 0.5])
def test_no_step_of_a_path_scores_below_the_next(classifier: Classifier, threshold: float) -> None:
    ranks = set()
    for result in classifier.suggest(FILINGS, threshold=threshold, limit=30):
        listed = [s.score for s in result.suggestions]
        assert listed == sorted(listed, reverse=True)
        for s in result.suggestions:
            scores = [step.score for step in s.path] + [s.score]
            assert scores == sorted(scores, reverse=True)
            assert s.score >= threshold
            ranks.add(s.rank)
    assert Rank.SUBGROUP in ranks or threshold == 0.5
    assert ranks != {Rank.SUBGROUP} or threshold == 0.0
