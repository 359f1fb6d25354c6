"""One module for each official file format."""

from __future__ import annotations

__all__: list[str] = []
