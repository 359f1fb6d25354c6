"""What a record's symbols are worth: which unlisted ones are false, and how much it counts."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Any

__all__ = ["Known", "Trust", "known_of", "trust_of"]


class Known(IntEnum):
    """Which unlisted rows are negatives."""

    POSITIVES = 0
    """None: the list is not complete."""
    IPC = 1
    """Those that IPC has too."""
    ALL = 2
    """Every one: the CPC list is complete."""


class Trust(StrEnum):
    """What a record's symbols are worth; a recipe may weigh or leave out any of them."""

    COMPLETE_CPC = "complete-cpc"
    """All its CPC symbols are listed: the others are known to be false."""
    PARTIAL_CPC = "partial-cpc"
    """Some are."""
    COMPLETE_IPC = "complete-ipc"
    """All its IPC symbols are, and no CPC symbol."""
    PARTIAL_IPC = "partial-ipc"
    """Some are."""


def trust_of(record: dict[str, Any]) -> Trust:
    """The trust of a record, by which lists it has and whether they are complete."""
    if record["cpc"]:
        return Trust.COMPLETE_CPC if record["cpc_complete"] else Trust.PARTIAL_CPC
    return Trust.COMPLETE_IPC if record["ipc_complete"] else Trust.PARTIAL_IPC


def known_of(record: dict[str, Any]) -> Known:
    """What a record says of the symbols that it does not list."""
    if record["cpc_complete"]:
        return Known.ALL
    return Known.IPC if record["ipc_complete"] and not record["cpc"] else Known.POSITIVES
