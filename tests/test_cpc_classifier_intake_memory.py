"""A weekly file is read in bounded memory, whatever its length.

The peak is that of a process of its own: libxml2's memory is not Python's, and other tests leave
their own high-water mark.
"""

from __future__ import annotations

import io
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from intake_documents import grant

from cpc_classifier.filing import ClassifiedFiling
from cpc_classifier.intake import read_filings

DOCUMENTS = 200
PARAGRAPH = b"<p>" + b"The cell of this example has a lid, a wall and a floor. " * 20 + b"</p>"
PARAGRAPHS = 270  # 0.3 MB a document, 60 MB in all
GROWTH_KIB = 40 * 1024


class Week(io.RawIOBase):
    """A weekly file that is written while it is read."""

    def __init__(self) -> None:
        self._parts = self._documents()
        self._rest = b""
        self.total = 0

    def _documents(self) -> Iterator[bytes]:
        for number in range(1, DOCUMENTS + 1):
            yield grant(str(number)).replace(b"<heading", PARAGRAPH * PARAGRAPHS + b"<heading")

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        while len(self._rest) < size and (part := next(self._parts, b"")):
            self._rest += part
        data, self._rest = self._rest[:size], self._rest[size:]
        self.total += len(data)
        return data


def main() -> None:
    """Writes how many filings and bytes were read, and by how many KiB the peak grew meanwhile."""
    week = Week()
    results = read_filings(week, "week.xml")  # type: ignore[arg-type]
    count = sum(isinstance(next(results), ClassifiedFiling) for _ in range(5))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    count += sum(isinstance(found, ClassifiedFiling) for found in results)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    sys.stdout.write(f"{count} {week.total} {grown}\n")


def test_a_long_file_takes_no_more_memory_than_a_few_documents() -> None:
    here = Path(__file__)
    path = os.pathsep.join([str(here.parent), str(here.parent.parent), *sys.path])
    run = subprocess.run(
        [sys.executable, str(here)],
        env=os.environ | {"PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    count, total, grown = map(int, run.stdout.split())
    assert count == DOCUMENTS
    assert total > 55 * 2**20
    assert grown < GROWTH_KIB


if __name__ == "__main__":
    main()
