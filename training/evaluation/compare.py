"""Which of two models is better on the same filings, or that nothing can be said.

Whether the first guess, and one of the first three, is right is tested with the exact test of
McNemar ("Note on the sampling error of the difference between correlated proportions", 1947): of
the filings on which the two differ, each side should get half. These tests decide; their p-values
are adjusted for their number (Holm, "A simple sequentially rejective multiple test procedure",
1979), so that equal models are called different in at most 5 of 100 comparisons. All figures are
also told with the bootstrap's interval and p-value of their difference, which are not adjusted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from training.evaluation.bootstrap import Difference, differences
from training.evaluation.counts import Counts
from training.evaluation.figures import statistics
from training.evaluation.judged import Evaluation, Judged
from training.evaluation.tree import Tree

__all__ = ["LOWER_IS_BETTER", "compare", "holm", "mcnemar", "verdict"]

ALPHA = 0.05
TESTED = {"first": 1, "three": 3}
WORDS = {"first": "first guess", "three": "one of three"}
FIGURES = (
    "first",
    "three",
    "ten",
    "recall_at_10",
    "ndcg_at_5",
    "psp_at_5",
    "f1_micro",
    "f1_sample",
    "hierarchical_f1",
    "f1_micro_best_k",
    "hierarchical_f1_best_k",
    "tree_distance",
    "ece_first",
    "aurc",
    "coverage_at_95",
)
LOWER_IS_BETTER = frozenset({"tree_distance", "ece_first", "aurc"})


def mcnemar(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> tuple[int, int, float]:
    """How many only the first has right, how many only the second, and the exact p-value.

    Args:
        first: bool (n,), whether the first model is right.
        second: bool (n,), the same of the second.
    """
    only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
    differing = only_first + only_second
    p = float(binomtest(only_first, differing).pvalue) if differing else 1.0
    return only_first, only_second, p


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values adjusted for their number, in the order given."""
    adjusted, highest = [0.0] * len(p_values), 0.0
    for place, i in enumerate(np.argsort(p_values, kind="stable").tolist()):
        highest = max(highest, min(1.0, (len(p_values) - place) * p_values[i]))
        adjusted[i] = highest
    return adjusted


def compare(
    first: Evaluation,
    second: Evaluation,
    tree: Tree,
    counts: Counts | None = None,
    seed: int = 0,
    names: tuple[str, str] = ("first", "second"),
) -> dict[str, Any]:
    """Compare what two models said of the same filings, at the ranks that both score.

    Args:
        first: of one model.
        second: of the other; judged with the same tree.
        tree: gives ancestors.
        counts: of the training filings, if known.
        seed: of the bootstrap.
        names: of the two, for the verdict.

    Returns:
        ``filings``; ``tests``, one for each rank and depth (``only_first`` and ``only_second`` are
        filings that one of the two has right, ``p``, ``p_adjusted``, ``better``); ``differences``
        by rank and figure; ``verdict``, a sentence.

    Raises:
        ValueError: the two are of different filings.
    """
    tests: list[dict[str, Any]] = []
    told: dict[str, dict[str, Any]] = {}
    for rank in (rank for rank in first.ranks if rank in second.ranks):
        a, b = first.ranks[rank], second.ranks[rank]
        if a.wanted != b.wanted:
            raise ValueError(f"{rank.label}: the two models were asked about different filings")
        for name, depth in TESTED.items():
            ours, theirs, p = mcnemar(a.hit(depth), b.hit(depth))
            tests.append(
                {
                    "rank": rank.label,
                    "figure": name,
                    "filings": len(a),
                    "first": round(float(a.hit(depth).mean()), 4),
                    "second": round(float(b.hit(depth).mean()), 4),
                    "only_first": ours,
                    "only_second": theirs,
                    "p": p,
                }
            )
        told[rank.label] = _differences(a, b, tree, counts, seed)
    for test, p in zip(tests, holm([t["p"] for t in tests]), strict=True):
        test["p_adjusted"] = p
        test["better"] = _better(test["only_first"], test["only_second"], p)
    found = {"filings": first.filings, "tests": tests, "differences": told}
    return found | {"verdict": verdict(tests, names)}


def verdict(tests: Sequence[dict[str, Any]], names: tuple[str, str]) -> str:
    """What the tests decide, in a sentence.

    Args:
        tests: as from `compare`.
        names: of the two models.
    """
    wins: dict[str, list[str]] = {"first": [], "second": []}
    for test in tests:
        if test["better"]:
            gain = 100 * abs(test["first"] - test["second"])
            what = f"{WORDS[test['figure']]} at {test['rank']} (by {gain:.1f} points)"
            wins[test["better"]].append(what)
    one, other = wins["first"], wins["second"]
    if one and other:
        return (
            f"Each is better at something: {names[0]} at {', '.join(one)}; "
            f"{names[1]} at {', '.join(other)}."
        )
    if one or other:
        name = names[0] if one else names[1]
        return f"{name} is better: {', '.join(one or other)}; nowhere is it shown to be worse."
    fewest = min((t["p_adjusted"] for t in tests), default=1.0)
    return (
        f"Nothing can be said: none of {len(tests)} tests finds a difference at 5 % "
        f"(least adjusted p {fewest:.3g})."
    )


def _better(only_first: int, only_second: int, p: float) -> str:
    if p >= ALPHA:
        return ""
    return "first" if only_first > only_second else "second"


def _differences(
    a: Judged, b: Judged, tree: Tree, counts: Counts | None, seed: int
) -> dict[str, Any]:
    sides = []
    for judged in (a, b):
        found = statistics(judged, tree, counts)
        sides.append({name: found[name] for name in FIGURES if name in found})
    pairs = differences(sides[0], sides[1], len(a), seed)
    return {name: _plain(name, pair) for name, pair in pairs.items()}


def _plain(name: str, pair: Difference) -> dict[str, Any]:
    better = ""
    if pair.low > 0 or pair.high < 0:
        better = "second" if (pair.low > 0) != (name in LOWER_IS_BETTER) else "first"
    return {
        "first": round(pair.first, 6),
        "second": round(pair.second, 6),
        "difference": round(pair.second - pair.first, 6),
        "interval": [round(pair.low, 6), round(pair.high, 6)],
        "p": round(pair.p, 6),
        "better": better,
    }
