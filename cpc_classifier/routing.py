"""Where a filing goes: straight to an examining group, or to a person first.

The decision looks at the best label of one rank (subclass, by default): that is what the threshold
was chosen for, whatever level the caller asked for. Section Y is never a place to route to: it is
additional only (Guide to the CPC, section Y).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cpc_classifier.calibration import Calibration
from cpc_classifier.hierarchy import Hierarchy
from cpc_classifier.result import Route
from taxonomy.symbol import Rank

__all__ = ["best_places", "route"]


def best_places(scores: NDArray[np.float32], hierarchy: Hierarchy, rank: Rank) -> NDArray[np.int32]:
    """The row that routing looks at, for each filing; calibration must use the same.

    Args:
        scores: float32 (B, n), in [0, 1].
        hierarchy: the label rows.
        rank: the rank that is routed by.

    Returns:
        int32 (B,): the best active row of that rank outside section Y, -1 if there is none.
    """
    rows = np.array(
        [
            r
            for r in hierarchy.rows_at(rank)
            if hierarchy.active[r] and not hierarchy.symbols[r].startswith("Y")
        ],
        np.int32,
    )
    if not len(rows):
        return np.full(len(scores), -1, np.int32)
    best: NDArray[np.int32] = rows[np.argmax(np.take(scores, rows, axis=1), axis=1)]
    return best


def route(symbol: str, score: float, calibration: Calibration) -> Route:
    """Decide for one filing.

    Args:
        symbol: its best place, "" if there is none.
        score: that symbol's score, in [0, 1].
        calibration: holds the threshold and what it guarantees.
    """
    rank = calibration.assign_rank.label
    if not symbol:
        return Route("review", f"no {rank} is suggested")
    threshold = calibration.assign_threshold
    if threshold > 1:
        return Route(
            "review",
            f"{rank} {symbol} scores {score:.2f}; this bundle assigns nothing: "
            "no threshold reached the precision asked for",
        )
    guarantee = (
        f"precision {calibration.assign_precision:.2f} with confidence "
        f"{calibration.assign_confidence:.2f} on the calibration split"
    )
    if score >= threshold:
        return Route(
            "assign",
            f"{rank} {symbol} scores {score:.2f}, at least the threshold "
            f"{threshold:.2f} ({guarantee})",
        )
    return Route(
        "review",
        f"{rank} {symbol} scores {score:.2f}, below the threshold {threshold:.2f} ({guarantee})",
    )
