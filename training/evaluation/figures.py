"""All figures of what a model said of labelled filings; ``docs/evaluation.md`` explains each.

Knows no model: `Predictions` and symbols in, plain values out.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from taxonomy.symbol import Rank
from training.evaluation.bootstrap import Statistic, estimates, plain
from training.evaluation.breakdown import by_frequency, by_language, by_section
from training.evaluation.calibration import calibration, chance
from training.evaluation.confusion import confusion
from training.evaluation.counts import Counts
from training.evaluation.distance import tree_distance
from training.evaluation.judged import Evaluation, Judged
from training.evaluation.labelled import Labelled
from training.evaluation.predictions import Predictions
from training.evaluation.ranking import propensity_scored, ranking
from training.evaluation.selective import AssignRule, assignment, selective
from training.evaluation.sets import best_depth, first_guesses, likely, set_figures
from training.evaluation.tree import Tree

__all__ = ["figures", "measure", "statistics"]


def measure(
    predictions: Mapping[Rank, Predictions],
    data: Sequence[Labelled],
    tree: Tree,
    counts: Counts | None = None,
    rule: AssignRule | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """The figures of any model's guesses.

    Args:
        predictions: at each rank, for each filing of ``data`` in that order.
        data: labelled filings.
        tree: of the release that the guesses are made in.
        counts: of the training filings; without it nothing is said of frequencies and propensities.
        rule: when the model assigns without a review; without it nothing is said of that.
        seed: of the intervals.

    Returns:
        As `figures`.
    """
    return figures(Evaluation.of(predictions, data, tree), tree, counts, rule, seed)


def figures(
    evaluation: Evaluation,
    tree: Tree,
    counts: Counts | None = None,
    rule: AssignRule | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """The figures, as plain values.

    Returns:
        ``filings``, ``incoherent``; ``assign`` where there is a rule; for each rank that the labels
        reach its figures by name, their ``intervals``, the pairs that are most ``confused``, and
        figures by group: ``by_section``, ``by_frequency``, ``by_language``.
    """
    found: dict[str, Any] = {
        "filings": evaluation.filings,
        "incoherent": evaluation.incoherent,
    }
    if rule is not None and rule.rank in evaluation.ranks:
        judged = evaluation.ranks[rule.rank]
        if judged.complete.any():
            found["assign"] = assignment(judged, rule)
    for rank, judged in evaluation.ranks.items():
        found[rank.label] = _at_rank(judged, tree, counts, seed)
    return found


def statistics(
    judged: Judged, tree: Tree, counts: Counts | None = None, depth: int = 0
) -> dict[str, Statistic]:
    """Each figure of one rank as a function of the filings' weights.

    Args:
        judged: guesses and truth.
        tree: gives ancestors.
        counts: of the training filings, if known.
        depth: how many first guesses make the set of the figures ``..._best_k``; 0: the best.
    """
    found = ranking(judged)
    if judged.complete.any():
        if counts is not None:
            found |= propensity_scored(judged, counts)
        if judged.calibrated:
            found |= set_figures(judged, likely(judged), tree)
        chosen = first_guesses(judged, depth or best_depth(judged))
        of_first = set_figures(judged, chosen, tree)
        found |= {f"{name}_best_k": value for name, value in of_first.items()}
        found |= tree_distance(judged, tree) | calibration(judged) | selective(judged)
    return found


def _at_rank(judged: Judged, tree: Tree, counts: Counts | None, seed: int) -> dict[str, Any]:
    found: dict[str, Any] = {
        "filings": len(judged),
        "complete": int(judged.complete.sum()),
    }
    if judged.complete.any():
        found["best_k"] = best_depth(judged)
        found["confused"] = [dataclasses.asdict(pair) for pair in confusion(judged)]
        if judged.calibrated:
            found["ece_first_chance"] = {k: round(v, 4) for k, v in chance(judged, seed).items()}
    found |= plain(estimates(statistics(judged, tree, counts), len(judged), seed))
    found["by_section"] = by_section(judged, seed)
    if counts is not None:
        found["by_frequency"] = by_frequency(judged, counts, seed)
    return found | {"by_language": by_language(judged, seed)}
