"""What may be done with a symbol, as the scheme says it.

Source: the attributes of the CPC scheme XML, by its own names (`not-allocatable`, ...).
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntFlag

import numpy as np
from numpy.typing import NDArray

from taxonomy.symbol import Rank

__all__ = ["Flag", "derived", "named"]


class Flag(IntFlag):
    """What holds for a symbol."""

    NOT_ALLOCATABLE = 1
    """It may not be allocated: sections, classes, subclasses, and headings kept as groups."""
    ADDITIONAL_ONLY = 2
    """It may tell additional information only, never the invention."""
    BREAKDOWN_CODE = 4
    """It breaks a group of the main trunk down further (a 2000-series code)."""
    FROZEN = 8
    """It takes no new documents."""
    C_SET_BASE = 16
    """It may be the first symbol of a combination set."""
    C_SET_SUBSEQUENT = 32
    """It may be a further symbol of a combination set."""
    DEFINED = 64
    """It has a definition."""


def named(flags: Flag) -> str:
    """Flags by the names of the scheme XML, such as `not-allocatable, frozen`; "" for none."""
    return ", ".join((flag.name or "").lower().replace("_", "-") for flag in flags)


def derived(symbols: Sequence[str], ranks: NDArray[np.int8]) -> NDArray[np.uint8]:
    """The flags that follow from the symbols alone, for releases without a scheme XML.

    What lies above main groups is not allocatable; section Y and the 2000-series are additional
    only, and the 2000-series breaks down.

    Args:
        symbols: n symbols, as the official files print them.
        ranks: int8 (n,), values of `Rank`.

    Returns:
        uint8 (n,).
    """
    series = np.fromiter((s[4:5] == "2" and s[8:9] == "/" for s in symbols), bool, len(symbols))
    tag = np.fromiter((s[0] == "Y" for s in symbols), bool, len(symbols))
    above = ranks < Rank.MAIN_GROUP
    told = (
        above * np.uint8(Flag.NOT_ALLOCATABLE)
        | (series | tag) * np.uint8(Flag.ADDITIONAL_ONLY)
        | series * np.uint8(Flag.BREAKDOWN_CODE)
    )
    return np.asarray(told, np.uint8)
