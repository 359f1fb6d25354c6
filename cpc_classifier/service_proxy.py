"""Single sign-on: a proxy in front signs users in and names them in a header.

The header counts only where the connection comes from an address in `CPC_TRUSTED_PROXIES`; from
anywhere else it is as if it were not there. Addresses are those of the connection itself: what
`X-Forwarded-For` says is never asked. The proxy must set the header anew, and not pass on one that
the user has sent: a request that carries it twice is refused.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from starlette.datastructures import Headers

from cpc_classifier.service_errors import ForbiddenError, UnauthenticatedError
from cpc_classifier.service_keys import Role
from cpc_classifier.settings import Settings, SettingsError

__all__ = ["Address", "Identity", "Proxy", "address_of"]

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Identity:
    """Who sent a request.

    Attributes:
        name: of the key's holder, or of the user as the proxy has it.
        role: what they may do.
    """

    name: str
    role: Role


def address_of(text: str) -> Address | None:
    """An IP address, None for another text; IPv4 written as IPv6 (`::ffff:`) is IPv4."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


@dataclass(frozen=True, slots=True)
class Proxy:
    """The proxies that are trusted, and how they name a user.

    Attributes:
        networks: addresses they connect from.
        header: has the user's name.
        role_header: has the user's groups, separated by commas; "" where all are examiners.
        roles: the role of a group.
    """

    networks: tuple[Network, ...]
    header: str
    role_header: str
    roles: dict[str, Role]

    @classmethod
    def of(cls, settings: Settings) -> Proxy | None:
        """The proxies of the settings, None where there are none.

        Raises:
            SettingsError: a setting is malformed, or makes no sense without another.
        """
        if not settings.proxy_header:
            for name in ("trusted_proxies", "proxy_role_header", "proxy_roles"):
                if getattr(settings, name):
                    raise SettingsError(f"CPC_{name.upper()} is set without CPC_PROXY_HEADER.")
            return None
        if not settings.trusted_proxies:
            raise SettingsError(
                "CPC_PROXY_HEADER is set without CPC_TRUSTED_PROXIES; name the addresses of the "
                "proxy, or anyone could send that header."
            )
        if settings.proxy_roles and not settings.proxy_role_header:
            raise SettingsError("CPC_PROXY_ROLES is set without CPC_PROXY_ROLE_HEADER.")
        return cls(
            tuple(_network(word) for word in _words(settings.trusted_proxies)),
            settings.proxy_header,
            settings.proxy_role_header,
            dict(_role(word) for word in _words(settings.proxy_roles))
            or {role.label: role for role in Role},
        )

    def identify(self, peer: Address | None, headers: Headers) -> Identity | None:
        """Who the proxy says the user is; None without its header, or from elsewhere.

        Raises:
            UnauthenticatedError: the header is there twice.
            ForbiddenError: none of the user's groups has a role.
        """
        if peer is None or not any(peer in network for network in self.networks):
            return None
        name = self._only(self.header, headers)
        if not name:
            return None
        if not self.role_header:
            return Identity(name, Role.EXAMINER)
        groups = [group.strip() for group in self._only(self.role_header, headers).split(",")]
        roles = [self.roles[group] for group in groups if group in self.roles]
        if not roles:
            raise ForbiddenError(
                f"none of your groups in {self.role_header} has a role here; ask for one that "
                "CPC_PROXY_ROLES names."
            )
        return Identity(name, max(roles))

    def _only(self, name: str, headers: Headers) -> str:
        values = headers.getlist(name)
        if len(values) > 1:
            raise UnauthenticatedError(
                f"{name} came {len(values)} times; the proxy must set it anew for each request."
            )
        return values[0].strip() if values else ""


def _words(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _network(word: str) -> Network:
    try:
        return ipaddress.ip_network(word)
    except ValueError as error:
        raise SettingsError(
            f"CPC_TRUSTED_PROXIES names {word!r}, which is no address or network; write 10.0.0.7 "
            "or 10.0.0.0/24."
        ) from error


def _role(word: str) -> tuple[str, Role]:
    group, _, label = word.rpartition(":")
    role = Role.of(label)
    if role is None or not group:
        roles = ", ".join(role.label for role in Role)
        raise SettingsError(
            f"CPC_PROXY_ROLES names {word!r}; write group:role, with a role of {roles}."
        )
    return group, role
