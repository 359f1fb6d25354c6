"""Limits on what is read: they bound memory and time, whatever a file holds."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["DEFAULT_LIMITS", "Limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one file may ask for.

    Attributes:
        document_bytes: one XML document, JSON line, JSON file or CSV record.
        filing_chars: all texts of one filing together. The longest published filings have some
            five million characters; the encoder reads a few thousand.
        archive_members: files in one zip.
        archive_depth: zips within zips; 1 lets a weekly zip hold one zip a filing.
        expansion_ratio: expanded over packed size of a zip member or gzip file. Office XML packs
            5 to 10 times.
        expansion_floor_bytes: expanded size up to which the ratio is not looked at.
    """

    document_bytes: int = 64 * 2**20
    filing_chars: int = 8_000_000
    archive_members: int = 100_000
    archive_depth: int = 1
    expansion_ratio: int = 200
    expansion_floor_bytes: int = 256 * 2**20


DEFAULT_LIMITS = Limits()
