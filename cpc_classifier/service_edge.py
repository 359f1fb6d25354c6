"""The edge of the service: headers, counting, the access log and the last resort for faults.

Every request has an id, the caller's `X-Request-ID` or a new one; it is in the answer's headers and
in all log lines of the request. The log names a route, a status and numbers; never a path, a query,
a method of a caller's own, a body or the message of an error, because filings and what an examiner
looks up are secret.
"""

from __future__ import annotations

import logging
import time
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cpc_classifier.service_errors import InternalError, error_response
from cpc_classifier.service_logs import REQUEST_ID, kind_and_place, request_id
from cpc_classifier.service_metrics import metrics
from cpc_classifier.service_traces import request_span

__all__ = ["Edge"]

_LOG = logging.getLogger(__name__)
_METHODS = {"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"}
_POLICY = (
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "object-src 'none'"
)
_HEADERS = (
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


class Edge:
    """Wraps the application.

    Args:
        app: answers the requests; its errors are already in the contract's shape.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        before = REQUEST_ID.set(request_id(headers.get("x-request-id", "")))
        try:
            with request_span(headers.get("traceparent", "")) as answered:
                status = await self._answer(scope, receive, send)
                answered(_route(scope), status)
        finally:
            REQUEST_ID.reset(before)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> int:
        """Answers, counts and logs; gives the status."""
        started = time.perf_counter()
        status = 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": _headers(scope, message)}
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Exception as error:  # noqa: BLE001 - the edge: BentoML's own 500 has another shape
            _LOG.error("internal error: %s", kind_and_place(error))
            metrics().error(InternalError.code)
            if status == 0:
                fault = InternalError("something went wrong here; the log of the service has more.")
                await error_response(fault)(scope, receive, send_with_headers)
        seconds = time.perf_counter() - started
        metrics().request(_route(scope), status, seconds)
        fields = _fields(scope, status, seconds)
        _LOG.info("%(method)s %(route)s %(status)d %(ms).0f ms", fields, extra=fields)
        return status


def _fields(scope: Scope, status: int, seconds: float) -> dict[str, Any]:
    """What the log has of a request."""
    fields = {
        "method": scope["method"] if scope["method"] in _METHODS else "other",
        "route": _route(scope),
        "status": status,
        "ms": round(1000 * seconds, 1),
    }
    bundle = scope.get("state", {}).get("bundle")
    return fields if bundle is None else {**fields, "bundle": bundle}


def _headers(scope: Scope, message: Message) -> list[tuple[bytes, bytes]]:
    headers = [*message.get("headers", ()), *_HEADERS]
    headers.append((b"x-request-id", REQUEST_ID.get().encode()))
    if not any(name == b"cache-control" for name, _ in headers):
        # Answers are about secret texts; the page itself is asked for again, by its ETag.
        secret = scope["path"].startswith("/v1")
        headers.append((b"cache-control", b"no-store" if secret else b"no-cache"))
    return headers


def _route(scope: Scope) -> str:
    """A name out of a small set, for logs and metrics."""
    name = getattr(scope.get("endpoint"), "__name__", "")
    return name or ("static" if scope.get("path_params", {}).get("path") else "other")
