from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from test_cpc_classifier_int4 import unit
from tiny_bundle import mini_labels, mini_subgroups

from cpc_classifier.calibration import SubgroupCalibration
from cpc_classifier.memory import Memory
from cpc_classifier.subgroup_scores import FLOOR, SubgroupScorer
from taxonomy.symbol import Rank

MINI, DEEP = mini_labels().to_hierarchy(), mini_subgroups()
N = len(MINI)
NUMBERS = SubgroupCalibration(groups=3, title=0.7, vote=0.4, offset=1.0)


def memory(filings: list[tuple[np.ndarray, list[int]]]) -> Memory:
    vectors = np.concatenate([unit(N + len(DEEP), 16), *[v[None] for v, _ in filings]])
    names = [f"f\t{i}" for i in range(len(filings))]
    return Memory.pack(vectors, [rows for _, rows in filings], names, titles=N + len(DEEP))


def inputs(seed: int, count: int = 3) -> tuple[np.ndarray, sp.csr_array, np.ndarray]:
    """Queries, votes for very symbols, scores of label rows that fall downwards."""
    rng = np.random.default_rng(seed)
    votes = rng.random((count, N + len(DEEP))) * (rng.random((count, N + len(DEEP))) < 0.3)
    scores = MINI.products(rng.random((count, N)).astype(np.float32))
    return unit(count, 16, seed + 1), sp.csr_array(votes.astype(np.float32)), scores


def plain(
    store: Memory, query: np.ndarray, votes: np.ndarray, scores: np.ndarray, c: SubgroupCalibration
) -> dict[int, tuple[float, float]]:
    """Own and subtree score of each candidate, written from the formulas."""
    vectors = store.vectors(slice(0, N + len(DEEP)))
    deep = [g for g in MINI.rows_at(Rank.MAIN_GROUP).tolist() if DEEP.last[g] > DEEP.first[g]]
    found: dict[int, tuple[float, float]] = {}
    for g in sorted(deep, key=lambda g: -scores[g])[: c.groups]:
        inside = range(DEEP.first[g], DEEP.last[g])
        near = {i: float(np.exp((vectors[N + i] @ query - 1) / c.temperature)) for i in inside}
        total = sum(near.values()) + float(np.exp((vectors[g] @ query - 1) / c.temperature))
        p = {}
        for i in inside:
            logit = c.title * np.log(near[i] / total) + c.vote * np.log(votes[N + i] + FLOOR)
            p[i] = 1 / (1 + np.exp(-(logit + c.offset)))
        for i in inside:
            none = np.prod([1 - p[j] for j in range(i, DEEP.end[i])])
            found[i] = (scores[g] * p[i], scores[g] * (1 - none))
    return found


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_scores_are_those_of_the_formulas(seed: int) -> None:
    store = memory([])
    queries, votes, scores = inputs(seed)
    scorer = SubgroupScorer(store, MINI, DEEP, NUMBERS)
    found = scorer.scores(scorer.candidates(queries, votes, scores))
    for i in range(3):
        wanted = plain(store, queries[i], votes.toarray()[i], scores[i], NUMBERS)
        at, own, subtree = found.filing(i)
        assert at.tolist() == sorted(wanted)
        np.testing.assert_allclose(own, [wanted[a][0] for a in at.tolist()], rtol=1e-3)
        np.testing.assert_allclose(subtree, [wanted[a][1] for a in at.tolist()], rtol=1e-3)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    title=st.floats(-2, 3),
    vote=st.floats(-2, 3),
    offset=st.floats(-30, 30),
)
def test_no_subgroup_passes_what_it_lies_in(
    seed: int, title: float, vote: float, offset: float
) -> None:
    numbers = SubgroupCalibration(groups=4, title=title, vote=vote, offset=offset)
    queries, votes, scores = inputs(seed)
    scorer = SubgroupScorer(memory([]), MINI, DEEP, numbers)
    found = scorer.scores(scorer.candidates(queries, votes, scores))
    for i in range(len(queries)):
        at, own, subtree = found.filing(i)
        score = dict(zip(at.tolist(), subtree.tolist(), strict=True))
        assert (own <= subtree).all()
        for a, s in score.items():
            above = int(DEEP.parent[a])
            limit = score[above - N] if above >= N else float(scores[i, above])
            assert s <= limit * (1 + 1e-6) + 1e-9  # but for rounding


def test_filings_draw_a_symbol_to_themselves() -> None:
    """A symbol's residual: with a filing of its own, a filing like that one scores higher."""
    at = DEEP.symbols.index("H01M10/056")
    like = unit(1, 16, seed=77)[0]
    queries, votes, scores = like[None], sp.csr_array((1, N + len(DEEP))), np.ones((1, N))
    own = []
    for filings in ([], [(like, [N + at])], [(like, [N + at])] * 8):
        scorer = SubgroupScorer(memory(filings), MINI, DEEP, SubgroupCalibration(groups=9))
        found = scorer.scores(
            scorer.candidates(queries, votes.astype(np.float32), scores.astype(np.float32))
        )
        own.append(float(found.filing(0)[1][found.filing(0)[0] == at][0]))
    assert own[0] < own[1] < own[2]


def test_only_the_best_main_groups_are_looked_into() -> None:
    queries, votes, scores = inputs(5, count=1)
    scores[:] = 0.1
    scores[0, [r for r in range(N) if MINI.symbols[r] == "A61B5/00"]] = 0.9
    scorer = SubgroupScorer(memory([]), MINI, DEEP, SubgroupCalibration(groups=1))
    found = scorer.candidates(queries, votes, scores)
    assert [DEEP.symbols[i] for i in found.at] == ["A61B5/02", "A61B5/021", "A61B5/08"]
    np.testing.assert_allclose(found.group, 0.9)
