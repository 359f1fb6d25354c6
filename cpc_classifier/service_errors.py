"""The one table from errors to HTTP statuses, and the one shape of every error body.

    {"error": {"code": "...", "message": "...", "detail": {...}}}

Owns the errors that only HTTP knows. No message or log line holds a text of a filing.
"""

from __future__ import annotations

import math
from typing import Any

from starlette.responses import JSONResponse

from cpc_classifier.errors import (
    BadRequestError,
    BundleError,
    DeadlineError,
    FilingError,
    FilingTooLargeError,
    InternalError,
    OverloadedError,
    ServiceError,
    StoppingError,
)
from taxonomy.errors import (
    BadSymbolError,
    CpcError,
    UnknownRankError,
    UnknownReleaseError,
    UnknownSymbolError,
)

__all__ = [
    "BodyTooLargeError",
    "ForbiddenError",
    "InternalError",
    "MethodError",
    "NoRouteError",
    "RefusedBundleError",
    "RequestError",
    "StartingError",
    "TooManyFilingsError",
    "UnauthenticatedError",
    "error_response",
    "status_of",
]


class RequestError(BadRequestError):
    """A request that makes no sense, with the places where.

    Args:
        message: one sentence.
        detail: JSON values that name the fields, limits or known values.
    """

    def __init__(self, message: str, detail: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.detail = detail or {}


class BodyTooLargeError(RequestError):
    """A body over the limit on bytes."""

    code = "body_too_large"


class TooManyFilingsError(RequestError):
    """More filings in one request than are taken."""

    code = "too_many_filings"


class NoRouteError(RequestError):
    """A path that does not exist."""

    code = "not_found"


class MethodError(RequestError):
    """A path that exists, but not with this method."""

    code = "method_not_allowed"


class UnauthenticatedError(ServiceError):
    """A request of nobody who is known: no key, a wrong one, or no proxy that is trusted."""

    code = "unauthenticated"


class ForbiddenError(ServiceError):
    """A request whose sender is known, or not to be asked for, but who may not do this."""

    code = "forbidden"


class RefusedBundleError(BundleError):
    """A bundle that an admin named cannot be loaded; the one in use goes on."""


class StartingError(ServiceError):
    """The model is still being loaded."""

    code = "starting"


_STATUS: dict[type[CpcError], int] = {
    NoRouteError: 404,
    MethodError: 405,
    BodyTooLargeError: 413,
    TooManyFilingsError: 413,
    BadRequestError: 400,
    FilingTooLargeError: 413,
    FilingError: 400,
    BadSymbolError: 400,
    UnknownRankError: 400,
    UnknownSymbolError: 404,
    UnknownReleaseError: 404,
    UnauthenticatedError: 401,
    ForbiddenError: 403,
    OverloadedError: 429,
    DeadlineError: 504,
    StoppingError: 503,
    StartingError: 503,
    RefusedBundleError: 422,
    BundleError: 503,
}


def status_of(error: CpcError) -> int:
    """The HTTP status of an error: that of its nearest class in the table, else 500."""
    return next((_STATUS[kind] for kind in type(error).__mro__ if kind in _STATUS), 500)


def error_response(error: CpcError) -> JSONResponse:
    """The answer to a request that failed."""
    headers = {}
    if isinstance(error, OverloadedError):
        headers["Retry-After"] = str(max(1, math.ceil(error.retry_after_s)))
    elif isinstance(error, StartingError | StoppingError):
        headers["Retry-After"] = "2"
    elif isinstance(error, UnauthenticatedError):
        headers["WWW-Authenticate"] = "Bearer"
    elif isinstance(error, MethodError):
        headers["Allow"] = ", ".join(error.detail["allowed"])
    body = {"code": error.code, "message": str(error), "detail": getattr(error, "detail", {})}
    return JSONResponse({"error": body}, status_code=status_of(error), headers=headers)
