"""What an operator can set, read once from the environment (`CPC_*`) and checked.

Owns the names, units and defaults of every setting. Nothing is read at import; whoever starts a
service calls `Settings.from_environment` and hands the value on.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass

from cpc_classifier.errors import ServiceError
from cpc_classifier.intake.limits import DEFAULT_LIMITS

__all__ = ["Settings", "SettingsError"]

_RANGES = {
    "port": (1, 65_535),
    "max_body_mb": (1, 4_096),
    "max_filings": (1, 100_000),
    "max_chars": (1_000, 100_000_000),
    "queue_filings": (1, 10_000_000),
    "deadline_s": (1, 550),
    "threads": (0, 1_024),
    "open": (0, 1),
}
_LOG_FORMATS = ("text", "json")


class SettingsError(ServiceError):
    """An environment variable that makes no sense; the message names it."""

    code = "bad_setting"


@dataclass(frozen=True, slots=True)
class Settings:
    """Settings of a service; field `x_y` is read from the environment variable `CPC_X_Y`.

    Attributes:
        bundle: folder of the model bundle; "" is the starter that ships with the package.
        host: IP address to listen on. The default is this machine only.
        port: TCP port to listen on.
        max_body_mb: largest body of one request, in MiB.
        max_filings: most filings in one request, whether as JSON or in an office file.
        max_chars: most characters in all texts of one filing together.
        queue_filings: most filings that may wait or be worked on at a time, over all requests.
        deadline_s: seconds after which a filing that still waits is dropped with an error.
        threads: batches that the graph runs side by side; 0 is one for each core.
        keys: keys as `role:name:sha256`, separated by blanks or commas.
        keys_file: file of such keys, one a line.
        open: 1 lets everyone who reaches the address in as an admin, without a key.
        proxy_header: header in which a trusted proxy names the user it has signed in.
        proxy_role_header: header in which it lists the user's groups; "" makes all examiners.
        proxy_roles: the role of a group as `group:role`, separated by blanks or commas; "" where
            the groups are named as the roles are.
        trusted_proxies: addresses or networks (CIDR) whose proxy headers count.
        log_format: "text", or "json" for one object a line.
        traces: URL of an OTLP collector that gets traces; "" is none.
    """

    bundle: str = ""
    host: str = "127.0.0.1"
    port: int = 3000
    max_body_mb: int = 64
    max_filings: int = 1_000
    max_chars: int = DEFAULT_LIMITS.filing_chars
    queue_filings: int = 4_000
    deadline_s: int = 300
    threads: int = 0
    keys: str = ""
    keys_file: str = ""
    open: int = 0
    proxy_header: str = ""
    proxy_role_header: str = ""
    proxy_roles: str = ""
    trusted_proxies: str = ""
    log_format: str = "text"
    traces: str = ""

    def __post_init__(self) -> None:
        for name, (low, high) in _RANGES.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise SettingsError(
                    f"{variable(name)} is {value}; it must lie between {low:,} and {high:,}."
                )
        if self.max_filings > self.queue_filings:
            raise SettingsError(
                f"CPC_MAX_FILINGS is {self.max_filings} but CPC_QUEUE_FILINGS only "
                f"{self.queue_filings}: a full request could never be taken. Raise the queue."
            )
        if self.log_format not in _LOG_FORMATS:
            raise SettingsError(
                f"CPC_LOG_FORMAT is {self.log_format!r}; it must be {' or '.join(_LOG_FORMATS)}."
            )

    @property
    def max_body_bytes(self) -> int:
        """The largest body of one request, in bytes."""
        return self.max_body_mb * 2**20

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Reads the settings; an empty variable counts as not set.

        Args:
            environment: variables to read; the process's own where it is None.

        Raises:
            SettingsError: a value is no whole number, or out of its range.
        """
        variables = os.environ if environment is None else environment
        values: dict[str, str | int] = {}
        for field in dataclasses.fields(cls):
            text = variables.get(variable(field.name), "").strip()
            if text:
                values[field.name] = _whole(field.name, text) if field.name in _RANGES else text
        return cls(**values)  # type: ignore[arg-type]


def variable(name: str) -> str:
    """The environment variable of a field: `max_chars` -> `CPC_MAX_CHARS`."""
    return f"CPC_{name.upper()}"


def _whole(name: str, text: str) -> int:
    digits = text.replace("_", "")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 12):
        raise SettingsError(f"{variable(name)} is {text!r}; it must be a whole number.")
    return int(digits)
