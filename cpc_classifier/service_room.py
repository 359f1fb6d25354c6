"""How many bytes of request bodies may be held in memory, over all requests.

Filings are bounded by the scheduler, once they are read.
"""

from __future__ import annotations

from collections.abc import Callable

from cpc_classifier.errors import OverloadedError

__all__ = ["BodyRoom"]

_LEAST_S, _MOST_S = 1.0, 120.0


class BodyRoom:
    """Counts bytes in flight. Used from one event loop only, so it needs no lock.

    Args:
        limit: most bytes.
        retry_after_s: seconds until what waits now should be done.
    """

    def __init__(self, limit: int, retry_after_s: Callable[[], float]) -> None:
        self._limit = limit
        self._retry_after_s = retry_after_s
        self._held = 0

    def take(self, count: int) -> None:
        """Takes room for some bytes of a body.

        Raises:
            OverloadedError: other requests hold too much already.
        """
        if self._held + count > self._limit:
            again = min(max(self._retry_after_s(), _LEAST_S), _MOST_S)
            raise OverloadedError(
                "the bodies of the requests at work fill the memory set aside for them; "
                f"try again in {again:.0f} s.",
                retry_after_s=again,
            )
        self._held += count

    def release(self, count: int) -> None:
        """Gives room back."""
        self._held -= count
