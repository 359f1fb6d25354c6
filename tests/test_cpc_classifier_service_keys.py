"""Keys are random, kept as hashes, and a malformed line is named without being repeated."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpc_classifier.service_keys import Key, KeyRing, Role, new_key, parse_keys
from cpc_classifier.settings import SettingsError

DIGEST = hashlib.sha256(b"token").hexdigest()


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_role_may_do_what_lower_ones_may() -> None:
    assert Role.INTAKE < Role.EXAMINER < Role.ADMIN
    assert [Role.of(role.label) for role in Role] == list(Role)
    assert Role.of("root") is None


@given(st.sampled_from(Role), st.from_regex(r"[A-Za-z0-9._@-]{1,64}", fullmatch=True))
def test_a_new_key_is_known_by_its_line(role: Role, name: str) -> None:
    token, key = new_key(role, name)
    assert len(token) == len("cpc_") + 43
    assert token not in str(key)
    assert KeyRing(str(key), None).find(token) == key == Key(role, name, key.digest)
    assert key.digest == hashlib.sha256(token.encode()).digest()


def test_no_two_keys_are_the_same() -> None:
    assert len({new_key(Role.INTAKE, "a")[0] for _ in range(100)}) == 100


@pytest.mark.parametrize("name", ["", "a b", "a:b", "a" * 65, "é", "a\n"])
def test_a_name_that_would_break_the_line_is_refused(name: str) -> None:
    with pytest.raises(SettingsError, match="name"):
        new_key(Role.ADMIN, name)


@given(st.text())
def test_a_wrong_token_is_nobody(token: str) -> None:
    ring = KeyRing(f"admin:a:{DIGEST}", None)
    assert (ring.find(token) is None) == (token != "token")


def test_several_keys_and_several_of_one_holder() -> None:
    made = [new_key(role, name) for role, name in ((Role.INTAKE, "a"), (Role.ADMIN, "b"))] * 1
    made.append(new_key(Role.INTAKE, "a"))
    ring = KeyRing(", \n".join(str(key) for _, key in made), None)
    assert [ring.find(token) for token, _ in made] == [key for _, key in made]


def test_without_keys_there_is_no_ring() -> None:
    assert not KeyRing("", None)
    assert KeyRing("", None).find("") is None


@pytest.mark.parametrize(
    "text",
    [
        "SECRET",
        "cpc_SECRET:x",
        f"root:SECRET:{DIGEST}",
        f":SECRET:{DIGEST}",
        f"admin::{DIGEST}",
        "admin:a:SECRET",
        f"admin:a:{DIGEST}0",
        f"admin:a:{DIGEST.upper()}",
        f"admin:a:{DIGEST}:SECRET",
    ],
)
def test_a_malformed_key_is_named_by_its_place(text: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="^CPC_KEYS, entry 2 ") as caught:
        KeyRing(f"intake:ok:{'0' * 64},{text}", None)
    assert "SECRET" not in str(caught.value)
    file = tmp_path / "keys"
    file.write_text(f"# keys\n\n{text}  # mine\n")
    with pytest.raises(SettingsError, match=r"^CPC_KEYS_FILE .*keys, line 3 "):
        KeyRing("", file)


def test_one_token_has_one_role() -> None:
    same = ("one", f"admin:a:{DIGEST}")
    assert len(parse_keys([same, same])) == 1
    with pytest.raises(SettingsError, match="^two "):
        parse_keys([same, ("two", f"intake:a:{DIGEST}")])


def test_what_holds_no_key_is_refused(tmp_path: Path) -> None:
    """Or a service with an empty file would be open."""
    with pytest.raises(SettingsError, match="CPC_KEYS holds no key"):
        KeyRing(",", None)
    (tmp_path / "empty").write_text("# nothing yet\n")
    (tmp_path / "binary").write_bytes(b"\xff")
    for name, reason in (("empty", "no key"), ("binary", "UTF-8"), ("none", "No such file")):
        with pytest.raises(SettingsError, match=f"CPC_KEYS_FILE .*{name}.*{reason}"):
            KeyRing("", tmp_path / name)
    with pytest.raises(SettingsError, match="both set"):
        KeyRing(f"admin:a:{DIGEST}", tmp_path / "empty")


def test_a_changed_file_is_read_anew(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (old, key), (new, other) = new_key(Role.ADMIN, "old"), new_key(Role.ADMIN, "new")
    file, clock = tmp_path / "keys", Clock()
    file.write_text(f"{key} # the first\n")
    ring = KeyRing("", file, clock)
    file.write_text(f"{other}\n{key}\n")
    assert ring.find(new) is None  # not looked at again within a second
    clock.now += 1
    assert (ring.find(new), ring.find(old)) == (other, key)
    file.write_text(f"{other}\n")
    clock.now += 1
    with caplog.at_level(logging.INFO):
        assert (ring.find(new), ring.find(old)) == (other, None)
    assert "1 keys read anew" in caplog.text


@pytest.mark.parametrize("content", ["nonsense", "", None])
def test_a_file_that_went_bad_changes_nothing(
    content: str | None, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    token, key = new_key(Role.ADMIN, "a")
    file, clock = tmp_path / "keys", Clock()
    file.write_text(str(key))
    ring = KeyRing("", file, clock)
    if content is None:
        file.unlink()
    else:
        file.write_text(content)
    for _ in range(3):
        clock.now += 1
        assert ring.find(token) == key
    [record] = caplog.records
    assert "the keys stay as they were: CPC_KEYS_FILE" in record.getMessage()
