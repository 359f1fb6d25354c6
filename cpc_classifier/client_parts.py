"""Filings as they travel: JSON, cut into requests that the service takes; no I/O.

A request is closed by the number of its filings or by its bytes, whichever comes first, so that
any number of filings needs the memory of one request.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from cpc_classifier.client_calls import Room
from cpc_classifier.errors import BadRequestError, FilingTooLargeError
from cpc_classifier.filing import ClassifiedFiling, Filing, Item, Unreadable
from cpc_classifier.result import FilingResult, Provenance, failed

__all__ = ["Cutter", "Packed", "Part"]

_FIELDS = (
    "id",
    "abstract",
    "claims",
    "description",
    "language",
    "filing_date",
    "publication_date",
)
_ENVELOPE_BYTES = 256
_PART_BYTES = 8 * 2**20
"""Bytes at which a request is closed even where the service takes more: about 100 long filings."""


@dataclass(frozen=True, slots=True)
class Packed:
    """A filing as JSON, and what its sender calls it."""

    id: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Part:
    """What one request answers: filings, and those between them that cannot be sent."""

    entries: tuple[Packed | Unreadable, ...]

    @property
    def bodies(self) -> list[bytes]:
        """The filings to send."""
        return [entry.data for entry in self.entries if isinstance(entry, Packed)]

    def results(
        self, answered: Sequence[FilingResult], provenance: Provenance
    ) -> Iterator[FilingResult]:
        """One result an entry, in their order, each with its sender's own id.

        Args:
            answered: one for each of `bodies`.
            provenance: of the entries that were not sent.
        """
        found = iter(answered)
        for entry in self.entries:
            if isinstance(entry, Unreadable):
                yield failed(entry.id, entry.error, provenance)
            else:
                yield replace(next(found), id=entry.id)


class Cutter:
    """Cuts a stream of filings into requests.

    Args:
        room: what the service takes.
        at_once: most filings of a request, where the service takes as many.
    """

    def __init__(self, room: Room, at_once: int) -> None:
        if at_once < 1:
            raise BadRequestError(f"at_once is {at_once}; at least 1 filing is sent at a time.")
        self._most = min(at_once, room.filings)
        self._largest = room.body_bytes - _ENVELOPE_BYTES
        self._entries: list[Packed | Unreadable] = []
        self._bytes = 0

    def add(self, item: Item) -> Iterator[Part]:
        """Takes one filing; gives the requests that are full with it."""
        entry = self._entry(item)
        size = len(entry.data) + 1 if isinstance(entry, Packed) else 0
        if self._bytes and self._bytes + size > min(self._largest, _PART_BYTES):
            yield from self.rest()
        self._entries.append(entry)
        self._bytes += size
        if len(self._entries) >= self._most:
            yield from self.rest()

    def rest(self) -> Iterator[Part]:
        """Gives what is left, if anything is."""
        if self._entries:
            part = Part(tuple(self._entries))
            self._entries, self._bytes = [], 0
            yield part

    def _entry(self, item: Item) -> Packed | Unreadable:
        if isinstance(item, Unreadable):
            return item
        filing = item.filing if isinstance(item, ClassifiedFiling) else item
        data = _json(filing)
        if len(data) < self._largest:
            return Packed(filing.id, data)
        return Unreadable(
            filing.id,
            FilingTooLargeError(
                f"the filing has {len(data):,} bytes and the service takes {self._largest:,} in "
                "one request; shorten the description, or raise CPC_MAX_BODY_MB there."
            ),
        )


def _json(filing: Filing) -> bytes:
    """A filing without its empty fields; the title is always there, so that it is a filing."""
    values = {"title": filing.title}
    values |= {name: text for name in _FIELDS if (text := getattr(filing, name))}
    try:
        return json.dumps(values, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        # Half of a surrogate pair: escaped, it reaches the service, which refuses this one alone.
        return json.dumps(values).encode()
