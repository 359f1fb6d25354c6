"""The root of all errors of the project, and the errors about CPC itself.

    CpcError                        cpc_error
    ├── BadSymbolError              bad_symbol          a text that is no CPC symbol
    ├── UnknownSymbolError          unknown_symbol      a symbol that the release does not have
    ├── ReleaseFileError            bad_release_file    an official file that cannot be used
    ├── SnapshotError               bad_snapshot        a snapshot that is damaged or foreign
    ├── FetchError                  fetch_failed        a release that could not be fetched
    ├── UnknownReleaseError         unknown_release     a release that was never imported
    └── UnknownRankError            unknown_level       no level of the scheme has this name

Other packages hang their own errors below `CpcError`. Every message says what, which value,
where, and what to do. Imports nothing.
"""

from __future__ import annotations

__all__ = [
    "BadSymbolError",
    "CpcError",
    "FetchError",
    "ReleaseFileError",
    "SnapshotError",
    "UnknownRankError",
    "UnknownReleaseError",
    "UnknownSymbolError",
]


class CpcError(Exception):
    """Root of all errors.

    Attributes:
        code: stable name of the kind of error, the same in the CLI, in REST and in results.
        message: one sentence or two for the person who has to act on it.
    """

    code: str = "cpc_error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return self.message


class BadSymbolError(CpcError):
    """A text that is no CPC symbol in any spelling."""

    code = "bad_symbol"


class UnknownSymbolError(CpcError):
    """A well-formed symbol that the release does not have."""

    code = "unknown_symbol"


class ReleaseFileError(CpcError):
    """An official release file that cannot be used; the message names file and line."""

    code = "bad_release_file"


class SnapshotError(CpcError):
    """A snapshot file that is damaged, foreign or of another format."""

    code = "bad_snapshot"


class FetchError(CpcError):
    """A release that could not be fetched from the network, or came wrong."""

    code = "fetch_failed"


class UnknownReleaseError(CpcError):
    """A release that is not on this machine."""

    code = "unknown_release"


class UnknownRankError(CpcError):
    """No level of the scheme has this name."""

    code = "unknown_level"
