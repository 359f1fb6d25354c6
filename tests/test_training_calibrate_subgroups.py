from __future__ import annotations

import numpy as np
import pytest
from test_cpc_classifier_int4 import unit
from tiny_bundle import mini_labels, mini_subgroups

from cpc_classifier.calibration import Calibration
from cpc_classifier.memory import Memory
from cpc_classifier.scoring import Scoring
from training.calibrate_subgroups import Allocated, fit_subgroups

MINI, DEEP = mini_labels().to_hierarchy(), mini_subgroups()
N = len(MINI)
START = Calibration(10, 0.1, 0.05, (1.0,) * 4, (0.0,) * 4, (3.0,) * 4, 2.0, 0.9, 0.95)


def material(count: int) -> tuple[Allocated, Memory]:
    """Filings that lie near the title of one subgroup, which is their only symbol."""
    titles = unit(N + len(DEEP), 32)
    rng = np.random.default_rng(4)
    own = rng.integers(len(DEEP), size=count)
    queries = titles[N + own] + 0.6 * unit(count, 32, seed=8)
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    logits = np.full((count, N), -1.0, np.float32)
    for i, at in enumerate(own):
        logits[i, MINI.closure([DEEP.group[at]])] = 4.0
    symbols = [np.array([N + at], np.int32) for at in own]
    data = Allocated(logits, queries.astype(np.float32), symbols)
    return data, Memory.pack(titles, [], [], titles=len(titles))


def negative_log_likelihood(calibration: Calibration, data: Allocated, memory: Memory) -> float:
    scoring = Scoring(MINI, DEEP, memory, calibration)
    evidence = scoring.evidence(data.logits, data.queries)
    found = scoring.subgroup_scores(evidence, scoring.label_scores(evidence))
    total = 0.0
    for i, symbols in enumerate(data.symbols):
        at, own, _ = found.filing(i)
        right = np.isin(at + N, symbols)
        p = np.clip(own.astype(np.float64), 1e-9, 1 - 1e-6)
        total -= np.log(np.where(right, p, 1 - p)).sum()
    return total / len(data.symbols)


def test_fitted_numbers_tell_better_than_those_before() -> None:
    from dataclasses import replace

    data, memory = material(400)
    numbers = fit_subgroups(data, memory, MINI, DEEP, START)
    assert numbers.title > 0.2  # the title is what tells here
    fitted = replace(START, subgroup=numbers)
    other, _ = material(400)
    before, after = (negative_log_likelihood(c, other, memory) for c in (START, fitted))
    assert after < 0.9 * before


def test_too_few_filings_leave_the_numbers(caplog: pytest.LogCaptureFixture) -> None:
    data, memory = material(49)
    assert fit_subgroups(data, memory, MINI, DEEP, START) == START.subgroup
    assert "49 filings" in caplog.text
