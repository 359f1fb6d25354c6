"""Reads the body of a request within its limit, so that a sender cannot fill the memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import ClientDisconnect, Request

from cpc_classifier.service_errors import BodyTooLargeError
from cpc_classifier.service_room import BodyRoom

__all__ = ["body_of"]

_DRAIN_TIMES = 4


async def _drain(request: Request, most: int) -> None:
    """Takes what is still sent, up to a bound: who is cut off while sending sees no answer."""
    taken = 0
    try:
        async for chunk in request.stream():
            taken += len(chunk)
            if taken > most:
                return
    except (ClientDisconnect, RuntimeError):
        return


def _too_large(limit: int) -> BodyTooLargeError:
    return BodyTooLargeError(
        f"the body is larger than {limit / 2**20:g} MiB; send fewer filings at a time, or use "
        "`cpc suggest` for large files.",
        {"limit_bytes": limit},
    )


@asynccontextmanager
async def body_of(request: Request, limit: int, room: BodyRoom) -> AsyncIterator[bytes]:
    """Gives the whole body; its room is given back at the end.

    Args:
        request: not yet read.
        limit: most bytes.
        room: bounds the bytes of all requests together.

    Raises:
        BodyTooLargeError: it is over the limit.
        OverloadedError: other requests hold too much already.
    """
    declared = request.headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        await _drain(request, _DRAIN_TIMES * limit)
        raise _too_large(limit)
    chunks: list[bytes] = []
    held = 0
    try:
        async for chunk in request.stream():
            room.take(len(chunk))
            held += len(chunk)
            chunks.append(chunk)
            if held > limit:
                chunks.clear()
                break
        if held > limit:
            await _drain(request, _DRAIN_TIMES * limit)
            raise _too_large(limit)
        yield b"".join(chunks)
    finally:
        room.release(held)
