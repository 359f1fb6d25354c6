"""The routes of administrators: which bundle answers.

A folder is one on the machine of the service; who may name it is decided by `service_access`.
"""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from cpc_classifier.schemas import BundleRequest, RollbackRequest, ShadowRequest, parse_admin
from cpc_classifier.service_body import body_of
from cpc_classifier.service_engine import Engine

__all__ = ["Admin"]

_BODY_BYTES = 16_384


class Admin:
    """One method a route; each answers with the bundles as they are afterwards.

    Args:
        engine: holds them.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def bundles(self, request: Request) -> Response:
        """`GET /v1/admin/bundle`: the bundle in use, the one before, and the one in the shadow."""
        return self._told()

    async def promote(self, request: Request) -> Response:
        """`POST /v1/admin/bundle`: loads a bundle and answers with it from then on."""
        asked = parse_admin(await self._body(request), BundleRequest)
        await self._engine.promote(Path(asked.folder))
        return self._told()

    async def rollback(self, request: Request) -> Response:
        """`POST /v1/admin/bundle/rollback`: answers with the bundle before again."""
        asked = parse_admin(await self._body(request), RollbackRequest)
        self._engine.roll_back(asked.to)
        return self._told()

    async def shadow(self, request: Request) -> Response:
        """`POST /v1/admin/bundle/shadow`: asks a bundle as well, and counts how it differs."""
        asked = parse_admin(await self._body(request), ShadowRequest)
        await self._engine.cast_shadow(None if asked.folder is None else Path(asked.folder))
        return self._told()

    def _told(self) -> Response:
        return JSONResponse(self._engine.bundles())

    async def _body(self, request: Request) -> bytes:
        async with body_of(request, _BODY_BYTES, self._engine.room) as body:
            return body
