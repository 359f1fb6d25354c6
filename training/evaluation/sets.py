"""Which symbols a model would allocate, and how right that set is.

Of guesses that are calibrated the set is those that score at least 0.5: more likely right than not,
and nothing is tuned on the filings measured. For models whose scores say no such thing, and to
compare with them, the first k guesses are taken as well, with the k of 1 to 10 that is best by
micro F1 on these very filings: too kind a choice, but as kind to each model.

With P the set of a filing and T its true symbols, over filings i and symbols l:

    micro F1    2 sum |P_i & T_i|  by  sum |P_i| + |T_i|
    sample F1   mean over i of 2 |P_i & T_i| / (|P_i| + |T_i|)
    macro F1    mean over l of 2 tp_l / (predicted_l + true_l), over the l that are true in some
                filing (a symbol that is only ever predicted costs micro F1, not macro)

Hierarchical (Kiritchenko et al., "Learning and Evaluation in the Presence of Class Hierarchies",
2006; the set-based measures of Kosmopoulos et al., "Evaluation measures for hierarchical
classification", 2015), with P+ and T+ the sets with all ancestors added, up to the section:

    hP = sum |P+_i & T+_i| / sum |P+_i|
    hR = sum |P+_i & T+_i| / sum |T+_i|
    hF = 2 hP hR / (hP + hR)

All are told only of filings whose labels are complete.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from training.evaluation.bootstrap import Statistic, mean, ratio
from training.evaluation.judged import Judged
from training.evaluation.tree import Tree

__all__ = ["DEEPEST", "THRESHOLD", "best_depth", "first_guesses", "likely", "set_figures"]

Floats = NDArray[np.float64]
Chosen = NDArray[np.bool_]

THRESHOLD = 0.5
DEEPEST = 10
"""The most guesses that ``best_depth`` tries."""


def likely(judged: Judged) -> Chosen:
    """The guesses that score at least 0.5: bool (n, width)."""
    return (judged.scores >= THRESHOLD) & (judged.columns >= 0)


def first_guesses(judged: Judged, depth: int) -> Chosen:
    """The first so many guesses: bool (n, width)."""
    chosen = judged.columns >= 0
    chosen[:, depth:] = False
    return chosen


def best_depth(judged: Judged) -> int:
    """The number of guesses, 1 to 10, with the best micro F1; the least of those as good."""
    told = judged.complete
    hits = judged.right[told][:, :DEEPEST].sum(axis=0).cumsum()
    guesses = (judged.columns[told][:, :DEEPEST] >= 0).sum(axis=0).cumsum()
    total = judged.sizes[told].sum()
    return int(np.argmax(hits / np.maximum(guesses + total, 1))) + 1


def set_figures(judged: Judged, chosen: Chosen, tree: Tree) -> dict[str, Statistic]:
    """``f1_micro``, ``f1_macro``, ``f1_sample``, ``hierarchical_precision``, ``_recall``, ``_f1``.

    Args:
        judged: guesses and truth.
        chosen: bool (n, width), which guesses are in the set.
        tree: gives the ancestors.
    """
    told = judged.complete.astype(np.float64)
    both = (judged.right & chosen).sum(axis=1) * told
    either = (chosen.sum(axis=1) + judged.sizes) * told
    f1 = np.where(judged.complete, 2 * both / np.where(told, either, 1.0), np.nan)
    shared, predicted, true = _augmented(judged, chosen, tree)
    return {
        "f1_micro": ratio(2 * both, either),
        "f1_macro": _macro(judged, chosen),
        "f1_sample": mean(f1),
        "hierarchical_precision": ratio(shared, predicted),
        "hierarchical_recall": ratio(shared, true),
        "hierarchical_f1": ratio(2 * shared, predicted + true),
    }


def _augmented(judged: Judged, chosen: Chosen, tree: Tree) -> tuple[Floats, Floats, Floats]:
    """|P+ & T+|, |P+| and |T+| of each filing, 0 where its labels are not complete."""
    sizes = np.zeros((3, len(judged)))
    for i in np.flatnonzero(judged.complete):
        guesses = (judged.symbols[c] for c in judged.columns[i, chosen[i]])
        predicted = {above for symbol in guesses for above in tree.path(symbol)}
        true = {above for symbol in judged.wanted[i] for above in tree.path(symbol)}
        sizes[:, i] = len(predicted & true), len(predicted), len(true)
    return sizes[0], sizes[1], sizes[2]


def _macro(judged: Judged, chosen: Chosen) -> Statistic:
    told = np.flatnonzero(judged.complete)
    place = {s: i for i, s in enumerate(sorted({s for t in told for s in judged.wanted[t]}))}
    column = np.array([*(place.get(s, -1) for s in judged.symbols), -1])
    guessed = column[judged.columns]
    used = chosen & (guessed >= 0) & judged.complete[:, None]
    owner, at = np.nonzero(used)
    wanted = [(int(t), place[s]) for t in told for s in judged.wanted[t]]
    shape = (len(judged), len(place))
    hits = used & judged.right
    right = _ones(np.nonzero(hits)[0], guessed[hits], shape)
    predicted = _ones(owner, guessed[owner, at], shape)
    true = _ones(np.array([t for t, _ in wanted]), np.array([p for _, p in wanted]), shape)

    def value(w: Floats) -> Floats:
        n_true = w @ true
        with np.errstate(invalid="ignore", divide="ignore"):
            f1 = 2 * (w @ right) / (w @ predicted + n_true)
            return np.asarray(np.where(n_true > 0, f1, 0.0).sum(axis=1) / (n_true > 0).sum(axis=1))

    return value


def _ones(rows: NDArray, columns: NDArray, shape: tuple[int, int]) -> sp.csr_array:
    ones = np.ones(len(rows))
    place = (np.asarray(rows, np.int64), np.asarray(columns, np.int64))
    return sp.csr_array((ones, place), shape=shape)
