"""A proxy's header counts from its addresses only, and only once."""

from __future__ import annotations

import pytest
from starlette.datastructures import Headers

from cpc_classifier.service_errors import ForbiddenError, UnauthenticatedError
from cpc_classifier.service_keys import Role
from cpc_classifier.service_proxy import Identity, Proxy, address_of
from cpc_classifier.settings import Settings, SettingsError

PLAIN = Settings(proxy_header="X-Remote-User", trusted_proxies="10.0.0.7, 192.168.0.0/24 fd00::/8")
GROUPS = Settings(
    proxy_header="X-Remote-User",
    trusted_proxies="10.0.0.7",
    proxy_role_header="X-Groups",
    proxy_roles="cpc:staff:intake, exam:examiner it:admin",
)


def identify(settings: Settings, address: str, *headers: tuple[str, str]) -> Identity | None:
    proxy = Proxy.of(settings)
    assert proxy is not None
    raw = [(name.lower().encode(), value.encode()) for name, value in headers]
    return proxy.identify(address_of(address), Headers(raw=raw))


@pytest.mark.parametrize("address", ["10.0.0.7", "::ffff:10.0.0.7", "192.168.0.255", "fd12::1"])
def test_a_trusted_proxy_names_the_user(address: str) -> None:
    found = identify(PLAIN, address, ("X-Remote-User", " ada "))
    assert found == Identity("ada", Role.EXAMINER)


@pytest.mark.parametrize(
    "address", ["10.0.0.8", "192.168.1.1", "127.0.0.1", "::1", "testclient", ""]
)
def test_from_elsewhere_the_header_is_nothing(address: str) -> None:
    assert identify(PLAIN, address, ("X-Remote-User", "ada")) is None


def test_a_forwarded_address_is_not_asked() -> None:
    spoofed = (("X-Remote-User", "ada"), ("X-Forwarded-For", "10.0.0.7"))
    assert identify(PLAIN, "10.0.0.8", *spoofed) is None


@pytest.mark.parametrize("headers", [(), (("X-Remote-User", " "),), (("X-Remote_User", "ada"),)])
def test_without_a_user_there_is_none(headers: tuple[tuple[str, str], ...]) -> None:
    assert identify(PLAIN, "10.0.0.7", *headers) is None


def test_a_header_that_came_twice_is_refused() -> None:
    twice = (("X-Remote-User", "root"), ("X-Remote-User", "ada"))
    with pytest.raises(UnauthenticatedError, match="2 times"):
        identify(PLAIN, "10.0.0.7", *twice)
    groups = (("X-Remote-User", "ada"), ("X-Groups", "it"), ("X-Groups", "exam"))
    with pytest.raises(UnauthenticatedError, match="X-Groups"):
        identify(GROUPS, "10.0.0.7", *groups)


@pytest.mark.parametrize(
    ("groups", "role"),
    [("cpc:staff", Role.INTAKE), ("all,exam", Role.EXAMINER), ("it , exam", Role.ADMIN)],
)
def test_the_highest_role_of_the_groups_counts(groups: str, role: Role) -> None:
    found = identify(GROUPS, "10.0.0.7", ("X-Remote-User", "ada"), ("X-Groups", groups))
    assert found == Identity("ada", role)


@pytest.mark.parametrize("groups", ["", "admin", "IT", "it exam"])
def test_groups_without_a_role_are_refused(groups: str) -> None:
    with pytest.raises(ForbiddenError, match="X-Groups"):
        identify(GROUPS, "10.0.0.7", ("X-Remote-User", "ada"), ("X-Groups", groups))
    with pytest.raises(ForbiddenError):
        identify(GROUPS, "10.0.0.7", ("X-Remote-User", "ada"))


def test_groups_may_be_named_as_the_roles_are() -> None:
    named = Settings(proxy_header="U", trusted_proxies="10.0.0.7", proxy_role_header="G")
    assert identify(named, "10.0.0.7", ("U", "a"), ("G", "x,admin")) == Identity("a", Role.ADMIN)


def test_no_proxy_is_none() -> None:
    assert Proxy.of(Settings()) is None


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (Settings(proxy_header="U"), "CPC_TRUSTED_PROXIES"),
        (Settings(trusted_proxies="10.0.0.7"), "CPC_TRUSTED_PROXIES .*CPC_PROXY_HEADER"),
        (Settings(proxy_roles="a:admin"), "CPC_PROXY_ROLES .*CPC_PROXY_HEADER"),
        (Settings(proxy_role_header="G"), "CPC_PROXY_ROLE_HEADER .*CPC_PROXY_HEADER"),
        (
            Settings(proxy_header="U", trusted_proxies="::1", proxy_roles="a:admin"),
            "CPC_PROXY_ROLE_HEADER",
        ),
        (Settings(proxy_header="U", trusted_proxies="proxy.office"), "'proxy.office'"),
        (Settings(proxy_header="U", trusted_proxies="10.0.0.7/8"), "'10.0.0.7/8'"),
        (
            Settings(
                proxy_header="U",
                trusted_proxies="::1",
                proxy_role_header="G",
                proxy_roles="a:admin b:root",
            ),
            "'b:root'",
        ),
    ],
)
def test_a_wrong_setting_is_named(settings: Settings, named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        Proxy.of(settings)
