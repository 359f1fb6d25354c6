"""Settings: the grid of each peer, and what was best on validation filings."""

from __future__ import annotations

import json
import os
import time
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.peers.bench import Bench, Sets
from benchmarks.peers.examples import rank_of

__all__ = ["Grids", "best", "read_grids", "settings_for", "tune", "write_json"]

Grids = Mapping[str, Mapping[str, Any]]
"""For each peer ``ranks`` that it learns, those it is ``tuned`` at, and its ``grid``."""


def read_grids(path: Path) -> Grids:
    """The grids of all peers.

    Raises:
        ValueError: a peer that is not tuned at its first rank.
    """
    grids = tomllib.loads(path.read_text(encoding="utf-8"))
    for name, own in grids.items():
        if own["ranks"][0] not in own["tuned"]:
            raise ValueError(f"{path}: {name}: tuned must have {own['ranks'][0]!r}")
    return grids


def tune(
    bench: Bench, name: str, grid: Sequence[Mapping[str, Any]], rank: str, valid: Sets
) -> list[dict[str, Any]]:
    """Every setting of the grid with its figures on validation filings, the best first.

    Args:
        grid: settings.
        rank: that is measured.
        valid: one set, none of a test.
    """
    tried = []
    for settings in grid:
        began = time.monotonic()
        (figures,) = bench.measured(name, settings, rank_of(rank), valid).values()
        seconds = round(time.monotonic() - began)
        tried.append({"settings": dict(settings), "valid": figures, "seconds": seconds})
        print(f"<!-- {name}, {rank}: {json.dumps(tried[-1])} -->", flush=True)
    return best(tried)


def best(tried: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The best first: by the sum of first guesses and one of three; of equals, the earlier."""
    return sorted(tried, key=lambda t: -(t["valid"]["first"] + t["valid"]["three"]))


def settings_for(chosen: Mapping[str, Sequence[Mapping[str, Any]]], rank: str) -> dict[str, Any]:
    """The best settings at a rank, or at the deepest tuned one above it.

    Args:
        chosen: rank -> as from `tune`.
    """
    above = [own for own in chosen if rank_of(own) <= rank_of(rank)]
    return dict(chosen[max(above, key=rank_of)][0]["settings"])


def write_json(path: Path, value: Any) -> None:
    """Write as a whole or not at all."""
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    os.replace(part, path)
