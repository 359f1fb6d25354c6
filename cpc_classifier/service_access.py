"""Who may call what: the least role of each route, and how a caller is known.

In this order: a user whom a trusted proxy names (`service_proxy`), else the holder of a key
(`service_keys`). Where neither keys nor a proxy are set, this machine is served and nobody else;
`CPC_OPEN=1` serves whoever reaches the address. Both without a key, so both must not be reached
through a browser that shows a page of someone else:

- its requests carry that page's name as `Host` if the name was made to point here (DNS rebinding):
  without keys a Host must be an IP address or `localhost`;
- or they carry the page's `Origin`: what changes or costs something is refused from another origin,
  with keys too, because a proxy's cookie comes along with it. The rule is that of Go's
  net/http.CrossOriginProtection: `Sec-Fetch-Site` if there is one, else Origin against Host.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from cpc_classifier.service_errors import ForbiddenError, UnauthenticatedError
from cpc_classifier.service_keys import KeyRing, Role
from cpc_classifier.service_proxy import Identity, Proxy, address_of
from cpc_classifier.settings import Settings, SettingsError

__all__ = ["FREE", "Access", "Guard", "check_exposure", "least_role"]

FREE = frozenset({"page", "docs", "metrics"})
"""Routes for everyone: the page without what it asks for, the API in words, the counters."""
_LEAST = {
    "suggest": Role.INTAKE,
    "filings": Role.INTAKE,
    "symbol": Role.INTAKE,
    "symbols": Role.INTAKE,
    "labels": Role.INTAKE,
    "info": Role.INTAKE,
}
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_FORWARDED = ("forwarded", "via", "x-forwarded-for", "x-real-ip")
"""What a proxy adds: it connects from this machine, and passes on what others have sent."""


def least_role(route: str) -> Role:
    """The least role for a route that is not free; what the table does not name is for admins."""
    return _LEAST.get(route, Role.ADMIN)


@dataclass(frozen=True, slots=True)
class Access:
    """How callers are known.

    Attributes:
        keys: may be empty.
        proxy: None for none.
        everyone: without keys, whether others than this machine are served too.
    """

    keys: KeyRing
    proxy: Proxy | None
    everyone: bool

    @classmethod
    def of(cls, settings: Settings) -> Access:
        """Reads keys and proxies.

        Raises:
            SettingsError: one is malformed, or they contradict each other.
        """
        file = Path(settings.keys_file) if settings.keys_file else None
        access = cls(KeyRing(settings.keys, file), Proxy.of(settings), bool(settings.open))
        if access.everyone and access.guarded:
            raise SettingsError(
                "CPC_OPEN=1 lets everyone in, but keys or a proxy are set; take one of them away."
            )
        return access

    @property
    def guarded(self) -> bool:
        """Whether callers must be known."""
        return bool(self.keys) or self.proxy is not None

    def authorise(self, connection: HTTPConnection, route: str) -> Identity:
        """Lets a request pass, or not.

        Args:
            connection: its headers, its method and the address it comes from.
            route: as `least_role` names it.

        Raises:
            UnauthenticatedError: nobody knows who sent it.
            ForbiddenError: they may not do this, or a page of someone else has sent it.
        """
        if _from_elsewhere(connection.scope["method"], connection.headers):
            raise ForbiddenError(
                "a page of another origin has sent this. If it was the page of this service, the "
                "proxy in front must pass the header Host on as it came."
            )
        identity = self._identify(connection)
        least = least_role(route)
        if identity.role < least:
            raise ForbiddenError(
                f"this takes the role {least.label}, and the key or user has only "
                f"{identity.role.label}."
            )
        return identity

    def _identify(self, connection: HTTPConnection) -> Identity:
        client = connection.client
        peer = address_of(client.host) if client else None
        if not self.guarded:
            local = peer is not None and peer.is_loopback
            passed_on = any(name in connection.headers for name in _FORWARDED)
            return self._unguarded(local and not passed_on, connection.headers)
        if self.proxy and (user := self.proxy.identify(peer, connection.headers)):
            return user
        scheme, _, token = connection.headers.get("authorization", "").partition(" ")
        key = self.keys.find(token.strip()) if scheme.lower() == "bearer" else None
        if key is not None:
            return Identity(key.name, key.role)
        raise UnauthenticatedError(
            "send a key that is known here as `Authorization: Bearer KEY`; `cpc key new` makes one."
            if self.keys
            else "sign in through the proxy; its header counts from CPC_TRUSTED_PROXIES only."
        )

    def _unguarded(self, local: bool, headers: Headers) -> Identity:
        if not (local or self.everyone):
            raise UnauthenticatedError(
                "no keys are set, so this machine alone is served, and not through a proxy; "
                "`cpc key new` makes a key, and CPC_OPEN=1 serves everyone without."
            )
        host = _name_in(headers.get("host", ""))
        if not (host == "localhost" or address_of(host)):
            raise ForbiddenError(
                "without keys the service must be addressed as localhost or by its IP address, so "
                "that no page of someone else can reach it."
            )
        return Identity("local", Role.ADMIN)


def _name_in(host: str) -> str:
    """The host of a Host header without its port, in lower case; "" where it is malformed."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _from_elsewhere(method: str, headers: Headers) -> bool:
    """Whether a browser sends what may change something on behalf of a page of another origin."""
    if method in _SAFE_METHODS:
        return False
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is not None and origin.partition("://")[2] != headers.get("host", "")


def check_exposure(settings: Settings) -> None:
    """Refuses to listen where others reach it without a key.

    Raises:
        SettingsError: there are no keys, no proxy and no `CPC_OPEN=1`, or they are malformed.
    """
    access = Access.of(settings)
    local = ipaddress.ip_address(settings.host).is_loopback
    if not (local or access.guarded or access.everyone):
        raise SettingsError(
            f"CPC_HOST is {settings.host}, where others reach the service, but no keys are set: "
            "make some with `cpc key new ROLE NAME >> FILE` and set CPC_KEYS_FILE=FILE. CPC_OPEN=1 "
            "serves everyone without."
        )


class Guard:
    """Wraps one route; `scope["state"]["identity"]` has the caller afterwards.

    Args:
        app: the route.
        access: how callers are known.
        route: its name for `least_role`.
    """

    def __init__(self, app: ASGIApp, access: Access, route: str) -> None:
        self._app = app
        self._access = access
        self._route = route

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request that may pass."""
        identity = self._access.authorise(HTTPConnection(scope), self._route)
        scope.setdefault("state", {})["identity"] = identity
        await self._app(scope, receive, send)
