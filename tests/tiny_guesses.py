"""Guesses and truth in a few lines: a tree of three sections, filings with hardly a text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp
from hypothesis import strategies as st

from cpc_classifier.filing import Filing
from taxonomy.symbol import Rank, Symbol
from training.evaluation.judged import Judged, judge
from training.evaluation.labelled import Labelled
from training.evaluation.predictions import Predictions
from training.evaluation.tree import Tree

SYMBOLS = """A A01 A01B A01B1/00 A01B3/00 A01C A01C1/00 A01C5/00 A61 A61B A61B5/00
B B01 B01J B01J2/00 B01J19/00 Y Y02 Y02E Y02E10/00""".split()
TREE = Tree.of(
    SYMBOLS,
    [
        SYMBOLS.index(str(s.at(Rank(s.rank - 1)))) if s.rank else -1
        for s in map(Symbol.parse, SYMBOLS)
    ],
)
SUBCLASSES = tuple(s for s in SYMBOLS if len(s) == 4)

Guesses = Sequence[tuple[str, float]]


def predictions(
    rows: Sequence[Guesses], symbols: Sequence[str] = SUBCLASSES, calibrated: bool = True
) -> Predictions:
    """Guesses as given, best first."""
    columns = [symbols.index(symbol) for row in rows for symbol, _ in row]
    scores = np.array([score for row in rows for _, score in row], np.float32)
    starts = np.concatenate(([0], np.cumsum([len(row) for row in rows])))
    matrix = sp.csr_array(
        (scores, np.array(columns, np.int32), starts), shape=(len(rows), len(symbols))
    )
    return Predictions(tuple(symbols), matrix, calibrated)


def labelled(*symbols: str, complete: bool = True, language: str = "en", id: str = "1") -> Labelled:
    """A filing with these symbols."""
    return Labelled(Filing(id, title="x", language=language), symbols, complete)


def judged(
    *filings: tuple[Guesses, Sequence[str]],
    complete: Sequence[bool] | None = None,
    calibrated: bool = True,
    rank: Rank = Rank.SUBCLASS,
) -> Judged:
    """Guesses and true symbols of some filings, at subclass unless said otherwise."""
    told = complete or [True] * len(filings)
    data = [labelled(*true, complete=c) for (_, true), c in zip(filings, told, strict=True)]
    symbols = [s for s in SYMBOLS if Symbol.parse(s).rank == rank]
    return judge(predictions([g for g, _ in filings], symbols, calibrated), data, TREE, rank)


def value(statistic, n: int) -> float:  # type: ignore[no-untyped-def]
    """The figure itself: all weights 1."""
    return float(statistic(np.ones((1, n)))[0])


@st.composite
def some_judged(draw: st.DrawFn) -> Judged:
    """Guesses at subclass with scores in steps, so that there are ties; some labels incomplete."""
    filings = []
    for _ in range(draw(st.integers(1, 12))):
        order = draw(st.permutations(SUBCLASSES))
        kept = draw(st.integers(0, len(order)))
        scores = sorted(
            draw(st.lists(st.integers(0, 20), min_size=kept, max_size=kept)), reverse=True
        )
        guesses = [(s, k / 20) for s, k in zip(order, scores, strict=False)]
        filings.append(
            (guesses, draw(st.lists(st.sampled_from(SUBCLASSES), min_size=1, unique=True)))
        )
    told = draw(st.lists(st.booleans(), min_size=len(filings), max_size=len(filings)))
    return judged(*filings, complete=told)
