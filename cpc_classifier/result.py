"""What comes out for one filing, and its JSON form, the same in CLI, REST and bulk."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from cpc_classifier.errors import BadAnswerError, RemoteError
from taxonomy.errors import CpcError
from taxonomy.symbol import Rank

__all__ = [
    "FilingResult",
    "PathStep",
    "Provenance",
    "Route",
    "Suggestion",
    "failed",
    "from_json",
    "to_json",
]

Decision = Literal["assign", "review"]
Kind = Literal["inventive", "additional"]
_T = TypeVar("_T")

PLACES = 6
_DECISIONS: dict[str, Decision] = {"assign": "assign", "review": "review"}
_KINDS: dict[str, Kind] = {"inventive": "inventive", "additional": "additional"}
_RANKS = {rank.label: rank for rank in Rank}


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
    kind: Kind


@dataclass(frozen=True, slots=True)
class Route:
    """Whether a filing may be assigned as suggested, and why, in a sentence."""

    decision: Decision
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


def failed(name: str, error: CpcError, provenance: Provenance) -> FilingResult:
    """The result of a filing that could not be classified."""
    return FilingResult(
        name, (), Route("review", f"not classified: {error.code}"), error, provenance
    )


def from_json(value: Any) -> FilingResult:
    """Reads what `to_json` wrote: `to_json(from_json(value)) == value`.

    Args:
        value: decoded JSON; fields that are not known here are passed over.

    Returns:
        The result; an error in it is a `RemoteError` with the same code and message.

    Raises:
        BadAnswerError: a field is missing or of a wrong type.
    """
    made, where = _field(value, "provenance", dict), _field(value, "route", dict)
    return FilingResult(
        id=_field(value, "id", str),
        suggestions=tuple(_read(s) for s in _field(value, "suggestions", list)),
        route=Route(_choice(where, "decision", _DECISIONS), _field(where, "reason", str)),
        error=_error(value),
        provenance=Provenance(
            bundle=_field(made, "bundle", str),
            sha256=_field(made, "sha256", str),
            release=_field(made, "release", str),
            rules=tuple(map(str, _field(made, "rules", list))),
        ),
    )


def _read(value: Any) -> Suggestion:
    return Suggestion(
        symbol=_field(value, "symbol", str),
        rank=_choice(value, "rank", _RANKS),
        score=_score(value),
        title=_field(value, "title", str),
        path=tuple(
            PathStep(_field(step, "symbol", str), _score(step))
            for step in _field(value, "path", list)
        ),
        kind=_choice(value, "kind", _KINDS),
    )


def _error(value: Any) -> RemoteError | None:
    if value.get("error") is None:
        return None
    error = _field(value, "error", dict)
    return RemoteError(_field(error, "message", str), _field(error, "code", str))


def _field(value: Any, name: str, kind: type[_T]) -> _T:
    found = value.get(name) if isinstance(value, dict) else None
    if not isinstance(found, kind):
        raise BadAnswerError(
            f"no result: the field {name!r} holds {type(found).__name__}, not {kind.__name__}."
        )
    return found


def _choice(value: Any, name: str, among: dict[str, _T]) -> _T:
    found = _field(value, name, str)
    if found not in among:
        raise BadAnswerError(f"no result: the field {name!r} is none of {', '.join(among)}.")
    return among[found]


def _score(value: Any) -> float:
    found = value.get("score") if isinstance(value, dict) else None
    if not isinstance(found, (int, float)) or not 0 <= found <= 1:
        raise BadAnswerError("no result: the field 'score' is no number in [0, 1].")
    return float(found)
