"""What both clients do, but for sending and waiting; no I/O.

Every method gives `Steps`: a generator that a client drives, see `cpc_classifier.client_retry`.
"""

from __future__ import annotations

from typing import Any, TypeVar

from cpc_classifier import client_calls as calls
from cpc_classifier.client_address import Address
from cpc_classifier.client_parts import Cutter, Part
from cpc_classifier.client_retry import Patience, Send, Steps, Timing, perform
from cpc_classifier.errors import BadRequestError, FilingTooLargeError
from cpc_classifier.result import FilingResult

__all__ = ["AT_ONCE", "READY", "Core"]

AT_ONCE = 64
"""Filings in one request where the caller does not say."""
READY = Send(calls.ready_call(), 10.0)
"""Asks whether the service is ready; the answer has a status and nothing else of use."""
T = TypeVar("T")


class Core:
    """The calls to one service; safe to share between threads.

    Args:
        address: of the service.
        patience: with each call.
        timing: tells time and chance.
    """

    def __init__(self, address: Address, patience: Patience, timing: Timing) -> None:
        self.address = address
        self.timing = timing
        self._patience = patience
        self._room: calls.Room | None = None

    def cutter(self, at_once: int) -> Steps[Cutter]:
        """Cuts filings into requests that the service takes; its limits are asked for once."""
        return Cutter((yield from self.room()), at_once)

    def part(self, part: Part, options: calls.Options) -> Steps[list[FilingResult]]:
        """The results of one request."""
        found: list[FilingResult] = []
        if bodies := part.bodies:
            found = yield from self._perform(calls.suggest_call(bodies, options))
            made = found[0].provenance
        else:
            made = yield from self._perform(calls.provenance_call())
        return list(part.results(found, made))

    def check_size(self, size: int) -> Steps[None]:
        """Refuses a file that the service would not take.

        Raises:
            FilingTooLargeError: it has more bytes.
        """
        room = yield from self.room()
        if size > room.body_bytes:
            raise FilingTooLargeError(
                f"the file has {size:,} bytes and the service takes {room.body_bytes:,} in one "
                "request; read it here (cpc_classifier.intake.read_filings) and send its filings "
                "with suggest_stream, as `cpc suggest --server` does."
            )

    def file(self, data: bytes, options: calls.Options) -> Steps[list[FilingResult]]:
        """The results of an office file."""
        return self._perform(calls.file_call(data, options))

    def symbol(self, text: str) -> Steps[dict[str, Any]]:
        """What the scheme says of a symbol."""
        return self._perform(calls.symbol_call(text))

    def search(self, words: str, limit: int) -> Steps[list[dict[str, Any]]]:
        """Symbols by words."""
        return self._perform(calls.search_call(words, limit))

    def info(self) -> Steps[dict[str, Any]]:
        """What serves there."""
        return self._perform(calls.info_call())

    def bundles(self) -> Steps[dict[str, Any]]:
        """Which bundle answers there, and which is kept."""
        return self._perform(calls.bundles_call())

    def promote(self, folder: str) -> Steps[dict[str, Any]]:
        """Answers with another bundle from then on."""
        return self._perform(calls.promote_call(folder))

    def rollback(self) -> Steps[dict[str, Any]]:
        """Answers with the bundle before again; asked twice, it does so once.

        Raises:
            BadRequestError: there is none.
        """
        previous = (yield from self.bundles()).get("previous")
        if not isinstance(previous, dict):
            raise BadRequestError("there is no bundle to go back to: none was promoted.")
        return (yield from self._perform(calls.rollback_call(str(previous.get("sha256")))))

    def shadow(self, folder: str | None) -> Steps[dict[str, Any]]:
        """Asks another bundle as well, or none."""
        return self._perform(calls.shadow_call(folder))

    def room(self) -> Steps[calls.Room]:
        """What the service takes in one request; asked for once."""
        if self._room is None:
            self._room = yield from self._perform(calls.room_call())
        return self._room

    def _perform(self, call: calls.Call[T]) -> Steps[T]:
        return perform(call, self.address.url, self._patience, self.timing)
