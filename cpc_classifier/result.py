"""What comes out for one filing, and its JSON form, the same in CLI, REST and bulk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from taxonomy.errors import CpcError
from taxonomy.symbol import Rank

__all__ = ["FilingResult", "PathStep", "Provenance", "Route", "Suggestion", "to_json"]

PLACES = 6


@dataclass(frozen=True, slots=True)
class PathStep:
    """One ancestor of a suggested symbol; score in [0, 1], never below the next step's."""

    symbol: str
    score: float


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One suggested symbol.

    Attributes:
        symbol: as the official files print it.
        rank: its rank.
        score: calibrated, in [0, 1], never above that of the last step of the path.
        title: of the bundle's release where imported, else a short label, else "".
        path: the ancestors, section first, without the symbol itself.
        kind: "additional" for the 2000-series and section Y, else "inventive".
    """

    symbol: str
    rank: Rank
    score: float
    title: str
    path: tuple[PathStep, ...]
    kind: Literal["inventive", "additional"]


@dataclass(frozen=True, slots=True)
class Route:
    """Whether a filing may be assigned as suggested, and why, in a sentence."""

    decision: Literal["assign", "review"]
    reason: str


@dataclass(frozen=True, slots=True)
class Provenance:
    """What made a result: the bundle, the sha256 of its manifest, its CPC release, office rules."""

    bundle: str
    sha256: str
    release: str
    rules: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FilingResult:
    """The result of one filing; with an error there are no suggestions."""

    id: str
    suggestions: tuple[Suggestion, ...]
    route: Route
    error: CpcError | None
    provenance: Provenance


def to_json(result: FilingResult) -> dict[str, Any]:
    """The contract's JSON object of a result; scores rounded to 6 places."""
    error, provenance = result.error, result.provenance
    return {
        "id": result.id,
        "suggestions": [_suggestion(s) for s in result.suggestions],
        "route": {"decision": result.route.decision, "reason": result.route.reason},
        "error": None if error is None else {"code": error.code, "message": error.message},
        "provenance": {
            "bundle": provenance.bundle,
            "sha256": provenance.sha256,
            "release": provenance.release,
            "rules": list(provenance.rules),
        },
    }


def _suggestion(s: Suggestion) -> dict[str, Any]:
    return {
        "symbol": s.symbol,
        "rank": s.rank.label,
        "score": round(s.score, PLACES),
        "title": s.title,
        "path": [{"symbol": p.symbol, "score": round(p.score, PLACES)} for p in s.path],
        "kind": s.kind,
    }
