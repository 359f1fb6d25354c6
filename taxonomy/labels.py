"""Short labels of the sections, classes and subclasses, in our own words.

They ship with the package, unlike the official titles, which come with an imported release.
`data/labels.tsv` holds one line a symbol: symbol, English, Korean, between tabs.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from taxonomy.errors import ReleaseFileError

__all__ = ["LANGUAGES", "labels"]

LANGUAGES = ("en", "ko")
_FILE = Path(__file__).parent / "data" / "labels.tsv"


def labels(language: str) -> dict[str, str]:
    """The labels in one language.

    Args:
        language: `en` or `ko`.

    Returns:
        Symbol of a section, class or subclass of 2025.05 -> its label.

    Raises:
        ValueError: there are no labels in this language.
    """
    if language not in LANGUAGES:
        raise ValueError(f"no labels in {language!r}; there are some in {', '.join(LANGUAGES)}")
    column = LANGUAGES.index(language) + 1
    return {row[0]: row[column] for row in _rows()}


@cache
def _rows() -> tuple[tuple[str, ...], ...]:
    rows: list[tuple[str, ...]] = []
    for number, line in enumerate(_FILE.read_text("utf-8").splitlines(), 1):
        row = tuple(column.strip() for column in line.split("\t"))
        if len(row) != 1 + len(LANGUAGES):
            raise ReleaseFileError(f"{_FILE} line {number}: {len(row)} columns instead of 3")
        rows.append(row)
    return tuple(rows)
