"""Keys: random tokens whose holders may call the service, kept as hashes only.

A key is `cpc_` and 256 random bits, shown once, when it is made; the service is given its SHA-256.
A slow, salted hash (scrypt, Argon2) would gain nothing: it protects passwords, which can be
guessed, and nobody guesses 256 random bits, however fast the hash. It would cost tens of
milliseconds a request, and let anyone who sends wrong keys use the processor up. Digests are
compared in constant time and all of them every time, so that an answer's time tells nothing.

Knows nothing of HTTP; `service_access` decides what a role may do.
"""

from __future__ import annotations

import enum
import hashlib
import hmac
import logging
import re
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from cpc_classifier.settings import SettingsError

__all__ = ["Key", "KeyRing", "Role", "new_key", "parse_keys"]

_LOG = logging.getLogger(__name__)
_PREFIX = "cpc_"
_TOKEN_BYTES = 32
_NAME = re.compile(r"[A-Za-z0-9._@-]{1,64}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_LOOK_S = 1.0
"""Seconds between two looks at the file of keys."""
_NOTHING = (0, 0, 0)


class Role(enum.IntEnum):
    """Who someone is; a higher role may do all that a lower one may."""

    INTAKE = 1
    EXAMINER = 2
    ADMIN = 3

    @property
    def label(self) -> str:
        """The name in files and messages: "intake"."""
        return self.name.lower()

    @classmethod
    def of(cls, label: str) -> Role | None:
        """The role of a name, None for another word."""
        return next((role for role in cls if role.label == label), None)


@dataclass(frozen=True, slots=True)
class Key:
    """One key.

    Attributes:
        role: what its holder may do.
        name: whom it was made for; two keys of one name let one take the other's place.
        digest: SHA-256 of the token, 32 bytes.
    """

    role: Role
    name: str
    digest: bytes

    def __str__(self) -> str:
        return f"{self.role.label}:{self.name}:{self.digest.hex()}"


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def new_key(role: Role, name: str) -> tuple[str, Key]:
    """Makes a key.

    Returns:
        The token for its holder, and the key for the service.

    Raises:
        SettingsError: the name has other characters than letters, digits and `. _ @ -`.
    """
    if not _NAME.fullmatch(name):
        raise SettingsError(
            f"{name!r} cannot name a key: take 1 to 64 letters, digits or characters of . _ @ -"
        )
    token = _PREFIX + secrets.token_urlsafe(_TOKEN_BYTES)
    return token, Key(role, name, _digest(token))


def _key(text: str, place: str) -> Key:
    """Reads one key; no message repeats it, because it may be a token by mistake."""
    parts = text.split(":")
    if len(parts) != 3:
        raise SettingsError(
            f"{place} is no key: it must read role:name:sha256; `cpc key new` makes such a line."
        )
    role = Role.of(parts[0])
    if role is None:
        roles = ", ".join(role.label for role in Role)
        raise SettingsError(f"{place} has no role that is known here: write one of {roles} first.")
    if not _NAME.fullmatch(parts[1]):
        raise SettingsError(
            f"{place} has no usable name: 1 to 64 letters, digits or characters of . _ @ -"
        )
    if not _DIGEST.fullmatch(parts[2]):
        raise SettingsError(
            f"{place} does not end in a SHA-256, which is 64 digits 0-9 and a-f; if a key itself "
            "stands there, take it out and make a new one with `cpc key new`."
        )
    return Key(role, parts[1], bytes.fromhex(parts[2]))


def parse_keys(entries: Iterable[tuple[str, str]]) -> tuple[Key, ...]:
    """Reads keys.

    Args:
        entries: what names the place for a message, and the text `role:name:sha256` there.

    Raises:
        SettingsError: one is malformed, or one token has two roles.
    """
    keys: dict[bytes, Key] = {}
    for place, text in entries:
        key = _key(text, place)
        if keys.setdefault(key.digest, key) != key:
            raise SettingsError(f"{place} is a key that stands before with another role or name.")
    return tuple(keys.values())


def _of_variable(text: str) -> tuple[Key, ...]:
    words = text.replace(",", " ").split()
    keys = parse_keys((f"CPC_KEYS, entry {i}", word) for i, word in enumerate(words, 1))
    if not keys:
        raise SettingsError("CPC_KEYS holds no key; `cpc key new ROLE NAME` makes one.")
    return keys


def _of_file(path: Path) -> tuple[Key, ...]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no UTF-8 text"
        raise SettingsError(f"CPC_KEYS_FILE {path} cannot be read: {reason}.") from error
    bare = [(i, line.partition("#")[0].strip()) for i, line in enumerate(lines, 1)]
    keys = parse_keys((f"CPC_KEYS_FILE {path}, line {i}", line) for i, line in bare if line)
    if not keys:
        raise SettingsError(
            f"CPC_KEYS_FILE {path} holds no key; `cpc key new ROLE NAME >> {path}` adds one."
        )
    return keys


class KeyRing:
    """The keys of a service; those of a file are read anew when it changes.

    So a key can be taken back without a restart. A file that went bad leaves the keys as they
    were, with an error in the log: a slip of the pen must not lock everyone out. Used from one
    thread.

    Args:
        text: keys as `CPC_KEYS` has them, "" for none.
        file: file of keys, None for none.
        clock: seconds, for the time between two looks at the file.

    Raises:
        SettingsError: a key is malformed, the file cannot be read or holds none, or both are given.
    """

    def __init__(
        self, text: str, file: Path | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        if text and file:
            raise SettingsError("CPC_KEYS and CPC_KEYS_FILE are both set; keep one of them.")
        self._file = file
        self._clock = clock
        self._looked = clock()
        self._state = _state(file) if file else _NOTHING
        self._keys: tuple[Key, ...] = ()
        if file:
            self._keys = _of_file(file)
        elif text:
            self._keys = _of_variable(text)

    def __bool__(self) -> bool:
        return bool(self._keys)

    def find(self, token: str) -> Key | None:
        """The key of a token, None where there is none."""
        if self._file and self._clock() - self._looked >= _LOOK_S:
            self._look(self._file)
        digest = _digest(token)
        found = None
        for key in self._keys:
            if hmac.compare_digest(key.digest, digest):
                found = key
        return found

    def _look(self, file: Path) -> None:
        self._looked = self._clock()
        state = _state(file)
        if state == self._state:
            return
        self._state = state
        try:
            self._keys = _of_file(file)
        except SettingsError as error:
            _LOG.error("the keys stay as they were: %s", error)
        else:
            _LOG.info("%d keys read anew", len(self._keys))


def _state(file: Path) -> tuple[int, int, int]:
    """What changes when a file is written or replaced: time in ns, size in bytes, inode."""
    try:
        stat = file.stat()
    except OSError:
        return _NOTHING
    return stat.st_mtime_ns, stat.st_size, stat.st_ino
