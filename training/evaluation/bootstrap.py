"""Intervals and paired tests by drawing filings again, with replacement.

Every figure here is a function of weights, one for each filing: with all weights 1 it gives the
figure itself; with how often each filing was drawn, that of the new sample. The model is not asked
again. Percentile intervals: Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapter
13; the p-value of a difference: 16.4 there, with one added to both counts (Davison and Hinkley,
"Bootstrap Methods and their Application", 1997, 4.2), so that it is never 0.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "LEVEL",
    "RESAMPLES",
    "Difference",
    "Estimate",
    "Statistic",
    "differences",
    "estimates",
    "mean",
    "plain",
    "ratio",
    "weights",
]

Floats = NDArray[np.float64]
Statistic = Callable[[Floats], Floats]
"""Weights float64 (b, n_filings) in, figures float64 (b,) out; NaN where nothing is counted."""

RESAMPLES = 1000
LEVEL = 0.95
CHUNK = 64
"""Samples held at once."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure and the bounds of its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Difference:
    """Two figures of the same filings; ``low``, ``high`` and ``p`` are of second less first."""

    first: float
    second: float
    low: float
    high: float
    p: float


def weights(n: int, seed: int, resamples: int = RESAMPLES) -> Iterator[Floats]:
    """How often each of n filings is drawn, sample by sample: float64 (up to 64, n)."""
    rng = np.random.default_rng(seed)
    for start in range(0, resamples, CHUNK):
        size = min(CHUNK, resamples - start)
        drawn = rng.integers(n, size=(size, n)) + np.arange(size)[:, None] * n
        counts = np.bincount(drawn.ravel(), minlength=size * n)
        yield counts.reshape(size, n).astype(np.float64)


def estimates(
    statistics: Mapping[str, Statistic], n: int, seed: int, resamples: int = RESAMPLES
) -> dict[str, Estimate]:
    """Each figure with its 95 % interval; those of which nothing is counted are left out.

    Args:
        statistics: by name.
        n: filings.
        seed: the same gives the same.
        resamples: how many samples are drawn.
    """
    values = _values(statistics, n)
    drawn = _drawn({k: statistics[k] for k in values}, n, seed, resamples)
    return {k: Estimate(v, *_interval(drawn[k])) for k, v in values.items()}


def differences(
    first: Mapping[str, Statistic],
    second: Mapping[str, Statistic],
    n: int,
    seed: int,
    resamples: int = RESAMPLES,
) -> dict[str, Difference]:
    """Each figure that both have, on the same n filings, drawn together.

    The p-value is two-sided: twice the share of samples in which the difference has the other sign
    or none.
    """
    ones, twos = _values(first, n), _values(second, n)
    both = [name for name in ones if name in twos]
    paired = {name: _less(second[name], first[name]) for name in both}
    drawn = _drawn(paired, n, seed, resamples)
    return {
        name: Difference(ones[name], twos[name], *_interval(drawn[name]), _p_value(drawn[name]))
        for name in both
    }


def plain(found: Mapping[str, Estimate]) -> dict[str, Any]:
    """Figures by name, and their ``intervals``: four digits, six where a value is below 0.01."""
    values = {name: _short(e.value) for name, e in found.items()}
    return values | {"intervals": {n: [_short(e.low), _short(e.high)] for n, e in found.items()}}


def mean(values: Floats) -> Statistic:
    """The mean over filings; NaN marks those that are not counted.

    Args:
        values: float64 (n,).
    """
    known = ~np.isnan(values)
    return ratio(np.where(known, values, 0.0), known.astype(np.float64))


def ratio(above: Floats, below: Floats) -> Statistic:
    """The sum over filings of one value by that of another.

    Args:
        above: float64 (n,).
        below: float64 (n,).
    """

    def value(w: Floats) -> Floats:
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray((w @ above) / (w @ below))

    return value


def _short(value: float) -> float:
    return round(value, 4 if abs(value) >= 0.01 else 6)


def _values(statistics: Mapping[str, Statistic], n: int) -> dict[str, float]:
    ones = np.ones((1, n))
    found = {name: float(statistic(ones)[0]) for name, statistic in statistics.items()}
    return {name: value for name, value in found.items() if not np.isnan(value)}


def _drawn(
    statistics: Mapping[str, Statistic], n: int, seed: int, resamples: int
) -> dict[str, Floats]:
    parts: dict[str, list[Floats]] = {name: [] for name in statistics}
    for w in weights(n, seed, resamples):
        for name, statistic in statistics.items():
            parts[name].append(statistic(w))
    return {name: np.concatenate(found) for name, found in parts.items()}


def _interval(drawn: Floats) -> tuple[float, float]:
    tail = (1 - LEVEL) / 2
    low, high = np.nanquantile(drawn, (tail, 1 - tail))
    return float(low), float(high)


def _p_value(drawn: Floats) -> float:
    known = drawn[~np.isnan(drawn)]
    fewest = min(int((known <= 0).sum()), int((known >= 0).sum()))
    return min(1.0, 2 * (fewest + 1) / (len(known) + 1))


def _less(one: Statistic, other: Statistic) -> Statistic:
    return lambda w: one(w) - other(w)
