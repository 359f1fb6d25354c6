"""What a result says of a label besides its score: its title, and whether it is additional only."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from taxonomy import releases
from taxonomy.errors import CpcError
from taxonomy.symbol import Symbol
from taxonomy.tree import Taxonomy

__all__ = ["LabelFacts"]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LabelFacts:
    """Facts of the label rows.

    Attributes:
        titles: of each row, "" where there is none.
        additional: whether the row is for additional information only (2000-series, section Y).
    """

    titles: tuple[str, ...]
    additional: tuple[bool, ...]

    @classmethod
    def of(cls, symbols: Sequence[str], release: str) -> LabelFacts:
        """Look the rows up once; the taxonomy itself is not kept.

        Args:
            symbols: of the rows.
            release: CPC release of the bundle; its titles are used where it is imported, else the
                short labels that ship with the package.
        """
        own = _titles(releases.packaged(), symbols)
        official = _imported(symbols, release)
        titles = tuple(long or short for long, short in zip(official or own, own, strict=True))
        return cls(titles, tuple(Symbol.parse(s).is_additional_only for s in symbols))


def _imported(symbols: Sequence[str], release: str) -> list[str]:
    """The titles of the imported release, [] where it is not there or cannot be read."""
    if not release or release not in releases.imported():
        return []
    try:
        return _titles(releases.load(release), symbols)
    except CpcError as error:
        log.warning("titles of release %s cannot be read: %s", release, error.message)
        return []


def _titles(taxonomy: Taxonomy, symbols: Sequence[str]) -> list[str]:
    return [taxonomy.title(symbol) if symbol in taxonomy else "" for symbol in symbols]
