"""Calibration: how the head's logit and the memory's mass make one conditional probability.

    logit q_n = alpha_r * (head's logit) + beta_r * logit(m_n / m_parent, smoothed) + offset_r

with r the rank of n. Conditionals are calibrated, not products, so that no child passes its parent.
Pure functions on float32 arrays; owns the file `calibration.json`.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpc_classifier.errors import BundleError
from cpc_classifier.hierarchy import Hierarchy
from taxonomy.errors import CpcError
from taxonomy.symbol import Rank

__all__ = ["RANKS", "Calibration", "SubgroupCalibration", "mass_log_odds"]

Floats = NDArray[np.float32]

RANKS = 4
RATIO_MARGIN = 1e-6
LARGEST_LOGIT = 30.0


def mass_log_odds(masses: Floats, hierarchy: Hierarchy, smoothing: float) -> Floats:
    """The memory's evidence for each row, given its parent.

    ratio = (m_n + smoothing / siblings) / (m_parent + smoothing), where m_parent is 1 for a
    section; without any mass the ratio is 1 / siblings.

    Args:
        masses: float32 (B, n), in [0, 1], never growing downwards.
        hierarchy: the label rows.
        smoothing: above 0; a mass.

    Returns:
        float32 (B, n): log(ratio / (1 - ratio)), the ratio clipped to [1e-6, 1 - 1e-6].
    """
    prior = np.float32(smoothing) / hierarchy.siblings
    below = hierarchy.parent_values(masses, 1.0)
    below += np.float32(smoothing)
    ratio = masses + prior
    ratio /= below
    np.clip(ratio, np.float32(RATIO_MARGIN), np.float32(1 - RATIO_MARGIN), out=ratio)
    odds: Floats = np.log(ratio)
    odds -= np.log1p(np.negative(ratio, out=ratio), out=ratio)
    return odds


@dataclass(frozen=True, slots=True)
class SubgroupCalibration:
    """The numbers of `cpc_classifier.subgroup_scores`.

    Attributes:
        groups: main groups whose subgroups are scored.
        temperature: of the softmax over a main group's titles.
        vote_temperature: of the softmax over the neighbours' similarities.
        shrinkage: filings at which a symbol's vector is half way between its title and them.
        title: weight of the log share of the title.
        vote: weight of the log of the vote.
        offset: added to both.
    """

    groups: int = 20
    temperature: float = 0.05
    vote_temperature: float = 0.05
    shrinkage: float = 4.0
    title: float = 0.4
    vote: float = 0.5
    offset: float = 0.0

    def __post_init__(self) -> None:
        positive = self.groups, self.temperature, self.vote_temperature, self.shrinkage
        if min(positive) <= 0 or not np.isfinite((self.title, self.vote, self.offset)).all():
            raise BundleError(
                "calibration: groups, temperatures and shrinkage of subgroups must be above 0 and "
                f"their weights numbers, not {dataclasses.astuple(self)}"
            )


@dataclass(frozen=True, slots=True)
class Calibration:
    """The fitted numbers; tuples are indexed by rank, section to main group.

    Attributes:
        k: neighbours searched in the memory.
        temperature: of the softmax over their similarities.
        smoothing: mass added to a parent, spread over its children.
        alpha: weight of the head's logit.
        beta: weight of the memory's log odds.
        offset: added to both.
        assign_rank: the rank whose best score decides about the route.
        assign_threshold: the least such score for an assignment without a review; above 1: never.
        assign_precision: share of right assignments that the threshold guarantees...
        assign_confidence: ...with this confidence, on the calibration split.
        subgroup: of the subgroups.
    """

    k: int
    temperature: float
    smoothing: float
    alpha: tuple[float, ...]
    beta: tuple[float, ...]
    offset: tuple[float, ...]
    assign_threshold: float
    assign_precision: float
    assign_confidence: float
    assign_rank: Rank = Rank.SUBCLASS
    subgroup: SubgroupCalibration = SubgroupCalibration()

    def __post_init__(self) -> None:
        if self.k < 1 or not self.temperature > 0 or not self.smoothing > 0:
            raise BundleError(
                "calibration: k, temperature and smoothing must be above 0, not "
                f"{self.k}, {self.temperature}, {self.smoothing}"
            )
        for name in ("alpha", "beta", "offset"):
            values = getattr(self, name)
            if len(values) != RANKS or not np.isfinite(values).all():
                raise BundleError(f"calibration: {name} must hold {RANKS} numbers, not {values}")

    def conditionals(self, logits: Floats, masses: Floats, hierarchy: Hierarchy) -> Floats:
        """The probability of each subtree, given its parent's.

        Args:
            logits: float32 (B, n), conditional logits of the head.
            masses: float32 (B, n), in [0, 1], of the memory.
            hierarchy: the label rows.

        Returns:
            float32 (B, n), in [0, 1].
        """
        alpha, beta, offset = (
            np.asarray(values, np.float32)[hierarchy.rank]
            for values in (self.alpha, self.beta, self.offset)
        )
        x = mass_log_odds(masses, hierarchy, self.smoothing)
        x *= beta
        x += alpha * logits
        x += offset
        np.clip(x, -LARGEST_LOGIT, LARGEST_LOGIT, out=x)
        np.exp(np.negative(x, out=x), out=x)
        x += 1
        return np.reciprocal(x, out=x)

    def save(self, path: Path) -> None:
        """Write `calibration.json`."""
        values = dataclasses.asdict(self) | {"assign_rank": self.assign_rank.label}
        part = path.with_name(path.name + ".part")
        part.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
        part.replace(path)

    @classmethod
    def load(cls, path: Path) -> Calibration:
        """Read `calibration.json`.

        Raises:
            BundleError: not such a file; names the file and what is wrong in it.
        """
        try:
            values: dict[str, Any] = dict(json.loads(path.read_text(encoding="utf-8")))
            for name in ("alpha", "beta", "offset"):
                values[name] = tuple(float(v) for v in values[name])
            values["assign_rank"] = Rank.parse(values["assign_rank"])
            values["subgroup"] = SubgroupCalibration(**values["subgroup"])
            return cls(**values)
        except KeyError as error:
            raise BundleError(f"{path}: lacks {error}") from error
        except CpcError as error:
            raise BundleError(f"{path}: {error.message}") from error
        except (OSError, ValueError, TypeError) as error:
            raise BundleError(f"{path}: cannot be read as a calibration: {error}") from error
