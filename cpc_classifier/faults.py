"""How a fault of ours is told in a log: by its kind and place, never by its message.

The message of a foreign error may hold the text of a filing.
"""

from __future__ import annotations

import traceback

__all__ = ["place"]


def place(error: BaseException) -> str:
    """Where it was raised: up to three of its frames, the innermost first."""
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    return " < ".join(
        f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in frames[::-1]
    )
