"""What may wait: a bound on filings and on bytes, over all requests.

BentoML's own queue counts requests and has no bound; this one refuses early, with the time after
which a new attempt is worthwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cpc_classifier.errors import OverloadedError

__all__ = ["Admission"]

_FIRST_RATE = 20.0
_MOST_RETRY_S = 120.0


class Admission:
    """Counts filings and bytes in flight. Used from one event loop only, so it needs no lock.

    Args:
        filings: most filings that may wait or be worked on.
        body_bytes: most bytes of request bodies held in memory.
    """

    def __init__(self, filings: int, body_bytes: int) -> None:
        self._limit_filings = filings
        self._limit_bytes = body_bytes
        self._bytes = 0
        self._rate = _FIRST_RATE
        self.waiting = 0

    @property
    def retry_after_s(self) -> float:
        """Seconds until what waits now should be done, from the rate measured so far."""
        return min(max(self.waiting / self._rate, 1.0), _MOST_RETRY_S)

    @contextmanager
    def filings(self, count: int) -> Iterator[None]:
        """Holds places for `count` filings.

        Raises:
            OverloadedError: there are not that many left.
        """
        if self.waiting + count > self._limit_filings:
            raise OverloadedError(
                f"{self.waiting:,} filings are waiting and the queue holds "
                f"{self._limit_filings:,}; try again in {self.retry_after_s:.0f} s.",
                retry_after_s=self.retry_after_s,
            )
        self.waiting += count
        try:
            yield
        finally:
            self.waiting -= count

    def take_bytes(self, count: int) -> None:
        """Takes room for bytes of a body.

        Raises:
            OverloadedError: other requests hold too much already.
        """
        if self._bytes + count > self._limit_bytes:
            raise OverloadedError(
                "the bodies of the requests at work fill the memory set aside for them; "
                f"try again in {self.retry_after_s:.0f} s.",
                retry_after_s=self.retry_after_s,
            )
        self._bytes += count

    def release_bytes(self, count: int) -> None:
        """Gives room back."""
        self._bytes -= count

    def measured(self, filings: int, seconds: float) -> None:
        """Learns the rate from a finished piece of work."""
        if filings and seconds > 0:
            self._rate += 0.2 * (filings / seconds - self._rate)
