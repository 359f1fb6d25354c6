"""Where a service is and which key it gets: checked once, before anything is sent.

A key is a secret that is used again and again, so it does not travel unencrypted to another
machine unless that is asked for. Sources: RFC 6750, 2.1 (Bearer), RFC 6761, 6.3 (localhost).
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field

import httpx2

from cpc_classifier.errors import BadRequestError

__all__ = ["DEFAULT_URL", "Address", "address_of"]

DEFAULT_URL = "http://127.0.0.1:3000"


@dataclass(frozen=True, slots=True)
class Address:
    """A service and what it is told with every request.

    Attributes:
        url: without a slash at its end; it holds no password.
        headers: with the key, where there is one.
    """

    url: str
    headers: dict[str, str] = field(repr=False)


def address_of(url: str, key: str | None, insecure: bool) -> Address:
    """Checks an address and a key.

    Args:
        url: `http` or `https`, a host, perhaps a port and a path that the service lies below.
        key: sent as `Authorization: Bearer`; None where none is needed.
        insecure: whether the key may go over plain http to another machine.

    Raises:
        BadRequestError: the address is none, the key cannot be sent, or may not be.
    """
    try:
        parsed = httpx2.URL(url.rstrip("/"))
    except httpx2.InvalidURL as error:
        raise BadRequestError(f"the address of the service is none: {error}") from None
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise BadRequestError(f"{parsed!r} is no address; give one such as {DEFAULT_URL}.")
    if parsed.userinfo or parsed.query or parsed.fragment:
        raise BadRequestError(
            f"the address {parsed.scheme}://{parsed.host} must hold no password, query or "
            "fragment; a key is given by itself."
        )
    headers = {"Accept": "application/json", "User-Agent": "cpc-classifier"}
    if key is not None:
        if parsed.scheme == "http" and not insecure and not _is_here(parsed.host):
            raise BadRequestError(
                f"a key would go to {parsed.host} unencrypted; use https, or allow it "
                "(insecure=True, --insecure) where the network itself is trusted."
            )
        headers["Authorization"] = f"Bearer {_sendable(key)}"
    return Address(str(parsed), headers)


def _is_here(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _sendable(key: str) -> str:
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise BadRequestError(
            "the key is empty, or holds a space or a character outside ASCII; give it as it was "
            "handed out."
        )
    return key
