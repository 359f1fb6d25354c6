"""The routes of the service: REST under `/v1`, the page at `/`, and `/metrics`.

Owns what an answer holds. A Starlette application, mounted in the BentoML service of
`cpc_classifier.service`, because BentoML's own routes have other error shapes.
"""

from __future__ import annotations

import io
from collections.abc import Awaitable, Callable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from cpc_classifier.errors import OverloadedError
from cpc_classifier.filing import Filing, Unreadable
from cpc_classifier.intake import DEFAULT_LIMITS, SUPPORTED, Limits, read_filings
from cpc_classifier.numbering import numbered
from cpc_classifier.result import to_json
from cpc_classifier.schemas import MAX_LIMIT, Options, parse_filing, parse_options, parse_suggest
from cpc_classifier.service_access import FREE, Access, Guard
from cpc_classifier.service_admin import Admin
from cpc_classifier.service_body import body_of
from cpc_classifier.service_engine import Engine
from cpc_classifier.service_errors import (
    MethodError,
    NoRouteError,
    RequestError,
    TooManyFilingsError,
    error_response,
)
from cpc_classifier.service_metrics import CONTENT_TYPE_LATEST, exposition, metrics
from cpc_classifier.symbol_view import all_labels, search_view, symbol_view
from taxonomy.errors import CpcError

__all__ = ["create_app"]

_PAGE = Path(__file__).parent / "page"
_QUERY_CHARS = 200
_NAME = "file"
"""How messages call a file that came as a body; its real name never reaches us."""


class Handlers:
    """One method a route.

    Args:
        engine: loads and runs the model.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        settings = engine.settings
        self._limits = _limits(settings.max_chars, settings.max_body_bytes)
        self._most = settings.max_filings

    async def suggest(self, request: Request) -> Response:
        """`POST /v1/suggest`: filings as JSON."""
        self._engine.loaded  # noqa: B018 - raises while starting, before a body is taken
        async with self._body(request) as body:
            options, filings = await self._engine.read(lambda: self._parse(body))
        return await self._answer(request, filings, options)

    async def filings(self, request: Request) -> Response:
        """`POST /v1/filings`: an office file as it is."""
        self._engine.loaded  # noqa: B018 - as above
        if request.headers.get("content-type", "").startswith("multipart/"):
            raise RequestError(
                "send the file itself as the body, not a form: curl --data-binary @FILE."
            )
        options = parse_options(request.query_params)
        async with self._body(request) as body:
            filings = await self._engine.read(lambda: self._read_file(body))
        if len(filings) == 1 and isinstance(filings[0], Unreadable):
            raise filings[0].error
        return await self._answer(request, filings, options)

    async def symbol(self, request: Request) -> Response:
        """`GET /v1/symbols/{symbol}`: one symbol of the scheme."""
        taxonomy = self._engine.loaded.taxonomy
        text = request.path_params["symbol"]
        return JSONResponse(await self._engine.read(lambda: symbol_view(taxonomy, text)))

    async def symbols(self, request: Request) -> Response:
        """`GET /v1/symbols?q=`: symbols by the words of their titles."""
        taxonomy = self._engine.loaded.taxonomy
        query = request.query_params.get("q", "").strip()
        if not query or len(query) > _QUERY_CHARS:
            raise RequestError(
                f"give words to look for: ?q=..., at most {_QUERY_CHARS} characters."
            )
        limited = {k: v for k, v in request.query_params.items() if k != "q"}
        limit = parse_options(limited).limit
        found = await self._engine.read(lambda: search_view(taxonomy, query, limit))
        return JSONResponse({"release": taxonomy.release, "symbols": found})

    async def labels(self, request: Request) -> Response:
        """`GET /v1/labels`: short labels of sections, classes and subclasses, by language."""
        return JSONResponse(all_labels(), headers={"Cache-Control": "max-age=3600"})

    async def info(self, request: Request) -> Response:
        """`GET /v1/info`: the bundle, the levels and the limits."""
        return JSONResponse(_info(self._engine))

    async def metrics(self, request: Request) -> Response:
        """`GET /metrics`: counters in the text format of Prometheus."""
        content = await self._engine.read(exposition)
        return Response(content, media_type=CONTENT_TYPE_LATEST)

    async def page(self, request: Request) -> Response:
        """`GET /`: the page."""
        return FileResponse(_PAGE / "index.html")

    async def docs(self, request: Request) -> Response:
        """`GET /docs`: how to use the REST API."""
        return FileResponse(_PAGE / "docs.html")

    def _body(self, request: Request) -> Any:
        return body_of(request, self._engine.settings.max_body_bytes, self._engine.room)

    def _parse(self, body: bytes) -> tuple[Options, list[Filing | Unreadable]]:
        asked = parse_suggest(body)
        self._check_number(len(asked.filings))
        limits = self._limits
        return asked, [parse_filing(value, i, limits) for i, value in enumerate(asked.filings)]

    def _read_file(self, body: bytes) -> list[Filing | Unreadable]:
        items = list(islice(read_filings(io.BytesIO(body), _NAME, self._limits), self._most + 1))
        self._check_number(len(items))
        return [numbered(item, _NAME) for item in items]

    def _check_number(self, count: int) -> None:
        if count > self._most:
            raise TooManyFilingsError(
                f"more than {self._most:,} filings in one request; send them in parts, or use "
                "`cpc suggest` for large files.",
                {"limit_filings": self._most},
            )

    async def _answer(
        self, request: Request, filings: Sequence[Filing | Unreadable], options: Options
    ) -> Response:
        results = await self._engine.suggest(filings, options, request.is_disconnected)
        if results:
            request.state.bundle = results[0].provenance.bundle
        return JSONResponse({"results": [to_json(result) for result in results]})


def _limits(max_chars: int, max_bytes: int) -> Limits:
    return Limits(
        document_bytes=min(max_bytes, DEFAULT_LIMITS.document_bytes), filing_chars=max_chars
    )


def _info(engine: Engine) -> dict[str, Any]:
    loaded, settings = engine.loaded, engine.settings
    bundle = loaded.classifier.bundle
    return {
        "bundle": {
            "name": bundle.manifest.name,
            "version": bundle.manifest.version,
            "sha256": bundle.sha256,
            "release": bundle.manifest.release,
            "created": bundle.manifest.created,
            "figures": dict(bundle.manifest.figures),
        },
        "levels": [rank.label for rank in loaded.classifier.levels],
        "scheme": {"release": loaded.taxonomy.release, "symbols": len(loaded.taxonomy)},
        "formats": SUPPORTED,
        "limits": {
            "body_bytes": settings.max_body_bytes,
            "filings": settings.max_filings,
            "filing_chars": settings.max_chars,
            "suggestions": MAX_LIMIT,
        },
    }


def _failed(_: Request, error: Exception) -> Response:
    """Any error in the contract's shape."""
    if isinstance(error, HTTPException):
        error = _translated(error)
    if not isinstance(error, CpcError):
        raise error
    metrics().error(error.code)
    if isinstance(error, OverloadedError):
        metrics().refused(error.code)
    return error_response(error)


def _translated(error: HTTPException) -> CpcError:
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "GET")
        names = sorted(name.strip() for name in allowed.split(","))
        return MethodError(f"this path takes {' or '.join(names)} only.", {"allowed": names})
    if error.status_code == 404:
        return NoRouteError("there is nothing at this path; see /docs for what there is.")
    return RequestError("the request cannot be read.")


def _route(
    access: Access,
    path: str,
    handler: Callable[[Request], Awaitable[Response]],
    method: str = "GET",
) -> Route:
    """A route that asks who calls, unless it is one for everyone."""
    name = getattr(handler, "__name__", "")
    guard = [] if name in FREE else [Middleware(Guard, access=access, route=name)]
    return Route(path, handler, methods=[method], middleware=guard)


def create_app(engine: Engine) -> Starlette:
    """Makes the application.

    Args:
        engine: started by the caller.

    Raises:
        SettingsError: the keys or proxies of the engine's settings are malformed.
    """
    to, admin, access = Handlers(engine), Admin(engine), Access.of(engine.settings)
    routes = [
        _route(access, "/", to.page),
        _route(access, "/docs", to.docs),
        _route(access, "/metrics", to.metrics),
        _route(access, "/v1/suggest", to.suggest, "POST"),
        _route(access, "/v1/filings", to.filings, "POST"),
        _route(access, "/v1/symbols", to.symbols),
        _route(access, "/v1/symbols/{symbol:path}", to.symbol),
        _route(access, "/v1/labels", to.labels),
        _route(access, "/v1/info", to.info),
        _route(access, "/v1/admin/bundle", admin.bundles),
        _route(access, "/v1/admin/bundle", admin.promote, "POST"),
        _route(access, "/v1/admin/bundle/rollback", admin.rollback, "POST"),
        _route(access, "/v1/admin/bundle/shadow", admin.shadow, "POST"),
        Mount("/page", StaticFiles(directory=_PAGE)),
    ]
    app = Starlette(
        routes=routes,
        exception_handlers={CpcError: _failed, HTTPException: _failed},
    )
    app.router.redirect_slashes = False
    return app
