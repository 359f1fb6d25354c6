"""Who may call what: keys, a proxy, this machine, and no page of someone else."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import HTTPConnection
from starlette.testclient import TestClient

from cpc_classifier.service_access import FREE, Access, check_exposure, least_role
from cpc_classifier.service_app import Handlers, create_app
from cpc_classifier.service_edge import Edge
from cpc_classifier.service_engine import Engine
from cpc_classifier.service_errors import ForbiddenError
from cpc_classifier.service_keys import Role, new_key
from cpc_classifier.settings import Settings, SettingsError

MADE = {role: new_key(role, role.label) for role in Role}
KEYS = " ".join(str(key) for _, key in MADE.values())
PROXY: dict[str, Any] = {"proxy_header": "X-Remote-User", "trusted_proxies": "10.0.0.7"}
GUARDED = ["/v1/info", "/v1/labels", "/v1/symbols?q=a", "/v1/symbols/H"]
HERE = "127.0.0.1"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """No bundle: an answer of 503 shows that a request was let in."""
    return tmp_path_factory.mktemp("nothing")


@pytest.fixture
def engines() -> Iterator[list[Engine]]:
    made: list[Engine] = []
    yield made
    for engine in made:
        engine.stop()


class Asker:
    """Asks a service of certain settings from a certain address."""

    def __init__(self, engines: list[Engine], bundle: Path) -> None:
        self._engines = engines
        self._bundle = bundle

    def __call__(
        self, address: str = HERE, host: str = "127.0.0.1:3000", **settings: Any
    ) -> TestClient:
        engine = Engine(Settings(bundle=str(self._bundle), **settings))
        self._engines.append(engine)
        app = Edge(create_app(engine))
        return TestClient(app, base_url=f"http://{host}", client=(address, 50_000))


@pytest.fixture
def ask(engines: list[Engine], bundle: Path) -> Asker:
    return Asker(engines, bundle)


def bearer(role: Role) -> dict[str, str]:
    return {"Authorization": f"Bearer {MADE[role][0]}"}


def code(response: Any) -> str:
    """The code of an error in the one shape; "starting" means that the request was let in."""
    assert set(response.json()) == {"error"}
    assert set(response.json()["error"]) == {"code", "message", "detail"}
    found: str = response.json()["error"]["code"]
    return found


def test_the_free_routes_exist_and_the_others_take_a_role() -> None:
    handlers = {name for name, _ in inspect.getmembers(Handlers, inspect.iscoroutinefunction)}
    assert handlers > FREE
    names = ("suggest", "filings", "symbol", "symbols", "labels", "info")
    assert handlers > set(names)
    assert {least_role(name) for name in names} == {Role.INTAKE}


def test_what_the_table_does_not_name_is_for_admins() -> None:
    assert least_role("promote") == Role.ADMIN


@pytest.mark.parametrize("path", GUARDED)
def test_with_keys_nobody_gets_in_without(ask: Asker, path: str) -> None:
    client = ask(keys=KEYS)
    token = MADE[Role.ADMIN][0]
    for headers in (
        {},
        {"Authorization": "Bearer"},
        {"Authorization": f"Bearer {token}x"},
        {"Authorization": f"Basic {token}"},
        {"Authorization": token},
        {"X-Remote-User": "ada"},
    ):
        response = client.get(path, headers=headers)
        assert (response.status_code, code(response)) == (401, "unauthenticated")
        assert response.headers["www-authenticate"] == "Bearer"
        assert token not in response.text


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("address", [HERE, "203.0.113.9"])
def test_a_key_lets_in_from_anywhere(ask: Asker, role: Role, address: str) -> None:
    client = ask(address, "cpc.office.example", keys=KEYS)
    assert code(client.get("/v1/info", headers=bearer(role))) == "starting"
    assert code(client.post("/v1/suggest", json={}, headers=bearer(role))) == "starting"
    odd = {"Authorization": f"bearer   {MADE[role][0]} "}
    assert code(client.get("/v1/info", headers=odd)) == "starting"


def test_a_key_file_is_read(ask: Asker, tmp_path: Path) -> None:
    (tmp_path / "keys").write_text(f"# intake\n{MADE[Role.INTAKE][1]}\n")
    client = ask(keys_file=str(tmp_path / "keys"))
    assert code(client.get("/v1/info", headers=bearer(Role.INTAKE))) == "starting"
    assert code(client.get("/v1/info", headers=bearer(Role.ADMIN))) == "unauthenticated"


def test_a_lower_role_is_refused() -> None:
    access = Access.of(Settings(keys=KEYS))
    for role in Role:
        raw = [(b"authorization", bearer(role)["Authorization"].encode())]
        scope = {"type": "http", "method": "POST", "headers": raw, "client": ("203.0.113.9", 1)}
        if role is Role.ADMIN:
            assert access.authorise(HTTPConnection(scope), "promote").name == "admin"
            continue
        with pytest.raises(ForbiddenError, match=f"takes the role admin.*only {role.label}"):
            access.authorise(HTTPConnection(scope), "promote")


@pytest.mark.parametrize("path", ["/", "/docs", "/page/page.css", "/metrics"])
def test_the_page_and_the_counters_are_free(ask: Asker, path: str) -> None:
    assert ask("203.0.113.9", keys=KEYS).get(path).status_code == 200


def test_the_identity_goes_with_the_request(bundle: Path, engines: list[Engine]) -> None:
    engine = Engine(Settings(bundle=str(bundle), keys=KEYS))
    engines.append(engine)
    app, seen = create_app(engine), []

    async def watched(scope: Any, receive: Any, send: Any) -> None:
        await app(scope, receive, send)
        seen.append(scope["state"]["identity"])

    TestClient(watched).get("/v1/info", headers=bearer(Role.EXAMINER))
    assert [(found.name, found.role) for found in seen] == [("examiner", Role.EXAMINER)]


@pytest.mark.parametrize("address", [HERE, "127.8.8.8", "::1", "::ffff:127.0.0.1"])
@pytest.mark.parametrize("host", ["127.0.0.1:3000", "localhost", "LOCALHOST:80", "[::1]:3000"])
def test_without_keys_this_machine_is_served(ask: Asker, address: str, host: str) -> None:
    assert code(ask(address, host).get("/v1/info")) == "starting"


@pytest.mark.parametrize("address", ["203.0.113.9", "172.17.0.1", "::ffff:10.0.0.1", "unix", ""])
def test_without_keys_nobody_else_is(ask: Asker, address: str) -> None:
    response = ask(address).get("/v1/info")
    assert (response.status_code, code(response)) == (401, "unauthenticated")
    assert "cpc key new" in response.json()["error"]["message"]


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"])
def test_without_keys_a_proxy_on_this_machine_lets_nobody_in(ask: Asker, header: str) -> None:
    assert code(ask().get("/v1/info", headers={header: HERE})) == "unauthenticated"


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example:3000", "127.0.0.1.nip.io", "localhost.", "a[b"]
)
@pytest.mark.parametrize("opened", [0, 1])
def test_a_name_that_was_made_to_point_here_is_refused(ask: Asker, host: str, opened: int) -> None:
    """DNS rebinding: the page of evil.example asks its own name, which now is 127.0.0.1."""
    response = ask(open=opened).get("/v1/info", headers={"Host": host})
    assert (response.status_code, code(response)) == (403, "forbidden")


def test_an_open_service_serves_all(ask: Asker) -> None:
    assert code(ask("172.17.0.1", "10.1.2.3:3000", open=1).get("/v1/info")) == "starting"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:8080"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1:3000"},
    ],
)
@pytest.mark.parametrize("settings", [{}, {"keys": KEYS}, PROXY])
def test_a_page_of_another_origin_can_send_nothing(
    ask: Asker, headers: dict[str, str], settings: dict[str, Any]
) -> None:
    client = ask("10.0.0.7" if settings is PROXY else HERE, **settings)
    sent = headers | bearer(Role.ADMIN) | {"X-Remote-User": "ada", "Content-Type": "text/plain"}
    for path in ("/v1/suggest", "/v1/filings"):
        response = client.post(path, content=b"{}", headers=sent)
        assert (response.status_code, code(response)) == (403, "forbidden")


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://127.0.0.1:3000"},
        {"Sec-Fetch-Site": "same-origin", "Origin": "https://cpc.office.example"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_the_own_page_can(ask: Asker, headers: dict[str, str]) -> None:
    assert code(ask().post("/v1/suggest", content=b"{}", headers=headers)) == "starting"


def test_a_trusted_proxy_lets_its_users_in(ask: Asker) -> None:
    user = {"X-Remote-User": "ada"}
    assert code(ask("10.0.0.7", "cpc.example", **PROXY).get("/v1/info", headers=user)) == "starting"
    assert code(ask("10.0.0.7", **PROXY).get("/v1/info")) == "unauthenticated"
    for elsewhere in ("10.0.0.8", HERE):
        spoofed = user | {"X-Forwarded-For": "10.0.0.7"}
        response = ask(elsewhere, **PROXY).get("/v1/info", headers=spoofed)
        assert code(response) == "unauthenticated"


def test_keys_count_beside_a_proxy(ask: Asker) -> None:
    client = ask("10.0.0.9", keys=KEYS, **PROXY)
    assert code(client.get("/v1/info", headers=bearer(Role.INTAKE))) == "starting"
    assert code(client.get("/v1/info", headers={"X-Remote-User": "ada"})) == "unauthenticated"


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::"])
def test_listening_for_others_takes_keys(host: str) -> None:
    with pytest.raises(SettingsError, match="CPC_KEYS_FILE"):
        check_exposure(Settings(host=host))
    check_exposure(Settings(host=host, keys=KEYS))
    check_exposure(Settings(host=host, open=1))
    check_exposure(Settings(host=host, **PROXY))


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_this_machine_takes_none(host: str) -> None:
    check_exposure(Settings(host=host))


@pytest.mark.parametrize("guard", [{"keys": KEYS}, PROXY])
def test_open_and_guarded_is_a_contradiction(guard: dict[str, Any]) -> None:
    with pytest.raises(SettingsError, match="CPC_OPEN"):
        Access.of(Settings(open=1, **guard))
