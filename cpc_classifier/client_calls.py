"""The requests that a client sends and the answers it takes, as values; no I/O.

The counterpart of `cpc_classifier.service_app`, without its imports: a client needs neither
starlette nor pydantic.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from urllib.parse import quote, urlencode

from cpc_classifier.errors import BadAnswerError, RemoteError
from cpc_classifier.result import FilingResult, Provenance, from_json
from taxonomy.symbol import Rank

__all__ = [
    "Answer",
    "Call",
    "Options",
    "Room",
    "bundles_call",
    "error_of",
    "file_call",
    "info_call",
    "promote_call",
    "provenance_call",
    "ready_call",
    "rollback_call",
    "room_call",
    "search_call",
    "shadow_call",
    "suggest_call",
    "symbol_call",
    "value_of",
]

_INFO = "/v1/info"
_BUNDLE = "/v1/admin/bundle"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One request.

    Attributes:
        method: of HTTP.
        path: below the address of the service, with its query.
        read: makes the value of the decoded JSON of a good answer; raises `BadAnswerError`.
        body: what is sent.
        media_type: of the body.
    """

    method: str
    path: str = field(repr=False)
    read: Callable[[Any], T] = field(repr=False)
    body: bytes = field(default=b"", repr=False)
    media_type: str = "application/json"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, the headers by lower-case name, the whole body."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Options:
    """How filings are answered; the service checks the values."""

    level: Rank | None
    limit: int
    threshold: float

    def values(self) -> dict[str, Any]:
        """As JSON and as a query."""
        given: dict[str, Any] = {"limit": self.limit, "threshold": self.threshold}
        return given if self.level is None else given | {"level": self.level.label}


@dataclass(frozen=True, slots=True)
class Room:
    """What the service takes in one request: bytes of its body, and filings."""

    body_bytes: int
    filings: int


def suggest_call(filings: Sequence[bytes], options: Options) -> Call[list[FilingResult]]:
    """`POST /v1/suggest` for filings that are JSON already."""
    start = json.dumps(options.values()).removesuffix("}").encode()
    body = b"".join((start, b', "filings": [', b",".join(filings), b"]}"))
    return Call("POST", "/v1/suggest", lambda value: _results(value, len(filings)), body)


def file_call(data: bytes, options: Options) -> Call[list[FilingResult]]:
    """`POST /v1/filings`: an office file as it is."""
    path = f"/v1/filings?{urlencode(options.values())}"
    return Call("POST", path, _results, data, "application/octet-stream")


def symbol_call(text: str) -> Call[dict[str, Any]]:
    """`GET /v1/symbols/{symbol}`."""
    # A path with dots of its own would be made another path on the way.
    escaped = quote(text, errors="replace").replace(".", "%2E")
    return Call("GET", f"/v1/symbols/{escaped}", _object)


def search_call(words: str, limit: int) -> Call[list[dict[str, Any]]]:
    """`GET /v1/symbols?q=`."""
    path = f"/v1/symbols?{urlencode({'q': words, 'limit': limit}, errors='replace')}"
    return Call("GET", path, lambda value: _list(value, "symbols"))


def info_call() -> Call[dict[str, Any]]:
    """`GET /v1/info`."""
    return Call("GET", _INFO, _object)


def bundles_call() -> Call[dict[str, Any]]:
    """`GET /v1/admin/bundle`."""
    return Call("GET", _BUNDLE, _object)


def promote_call(folder: str) -> Call[dict[str, Any]]:
    """`POST /v1/admin/bundle`."""
    return Call("POST", _BUNDLE, _object, json.dumps({"folder": folder}).encode())


def rollback_call(sha256: str) -> Call[dict[str, Any]]:
    """`POST /v1/admin/bundle/rollback`."""
    return Call("POST", f"{_BUNDLE}/rollback", _object, json.dumps({"to": sha256}).encode())


def shadow_call(folder: str | None) -> Call[dict[str, Any]]:
    """`POST /v1/admin/bundle/shadow`."""
    return Call("POST", f"{_BUNDLE}/shadow", _object, json.dumps({"folder": folder}).encode())


def room_call() -> Call[Room]:
    """`GET /v1/info` for the limits."""
    return Call("GET", _INFO, _room)


def provenance_call() -> Call[Provenance]:
    """`GET /v1/info` for the bundle, as results name it."""
    return Call("GET", _INFO, _provenance)


def ready_call() -> Call[None]:
    """`GET /readyz`, whose answer has a status and nothing else of use."""
    return Call("GET", "/readyz", lambda _: None)


def value_of(call: Call[T], answer: Answer, url: str) -> T:
    """The value of a good answer.

    Args:
        call: that was answered.
        answer: as it came.
        url: of the service, for messages.

    Raises:
        RemoteError: the answer is an error of the service.
        BadAnswerError: it is no answer of such a service.
    """
    if answer.status == 200:
        try:
            return call.read(_decoded(answer))
        except BadAnswerError as error:
            raise BadAnswerError(
                f"the answer of {url} is not that of a CPC service: {error}"
            ) from None
    raise error_of(answer) or BadAnswerError(
        f"{url} answered {answer.status}, and not as a CPC service does; check the address, and "
        "what stands between."
    )


def error_of(answer: Answer) -> RemoteError | None:
    """The error in an answer; None where it has not the service's shape."""
    value = _decoded(answer)
    error = value.get("error") if isinstance(value, dict) else None
    if not isinstance(error, dict):
        return None
    code, message, detail = (error.get(name) for name in ("code", "message", "detail"))
    if not (isinstance(code, str) and isinstance(message, str)):
        return None
    return RemoteError(message, code, detail if isinstance(detail, dict) else {})


def _decoded(answer: Answer) -> Any:
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError):
        return None


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadAnswerError("there is no JSON object where one belongs.")
    return value


def _list(value: Any, name: str) -> list[Any]:
    found = _object(value).get(name)
    if not isinstance(found, list):
        raise BadAnswerError(f"it has no list {name!r}.")
    return found


def _results(value: Any, count: int | None = None) -> list[FilingResult]:
    found = _list(value, "results")
    if count is not None and len(found) != count:
        raise BadAnswerError(f"{len(found)} results for {count} filings.")
    return [from_json(result) for result in found]


def _room(info: Any) -> Room:
    limits = _object(_object(info).get("limits"))
    body_bytes, filings = limits.get("body_bytes"), limits.get("filings")
    if not (isinstance(body_bytes, int) and isinstance(filings, int) and filings > 0):
        raise BadAnswerError("it tells no limits.")
    return Room(body_bytes, filings)


def _provenance(info: Any) -> Provenance:
    bundle = _object(_object(info).get("bundle"))
    names = [bundle.get(name) for name in ("name", "version", "sha256", "release")]
    if not all(isinstance(name, str) for name in names):
        raise BadAnswerError("it tells no bundle.")
    name, version, sha256, release = map(str, names)
    return Provenance(f"{name}-{version}", sha256, release)
