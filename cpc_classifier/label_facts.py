"""What a result says of a symbol besides its score: its title, and if it is additional only."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from taxonomy import releases
from taxonomy.errors import CpcError
from taxonomy.symbol import Symbol
from taxonomy.tree import Taxonomy

__all__ = ["LabelFacts"]

log = logging.getLogger(__name__)


class LabelFacts:
    """Titles of the deep rows, looked up when asked for; of the tree nothing else is kept."""

    def __init__(self, symbols: Sequence[str], release: str) -> None:
        """Find the rows.

        Args:
            symbols: of the rows.
            release: CPC release of the bundle; its titles are used where it is imported, else the
                short labels that ship with the package.
        """
        self._symbols = symbols
        sources = [releases.packaged()]
        official = _imported(release)
        if official is not None:
            sources.insert(0, official)
        self._titles = [(tree.titles, tree.find(symbols)) for tree in sources]

    def title(self, row: int) -> str:
        """The official title, else our own label, else ""."""
        found = (titles[int(at[row])] for titles, at in self._titles if at[row] >= 0)
        return next((title for title in found if title), "")

    def is_additional_only(self, row: int) -> bool:
        """Whether it is for additional information only: the 2000-series, section Y."""
        return Symbol.parse(self._symbols[row]).is_additional_only


def _imported(release: str) -> Taxonomy | None:
    """The imported release, None where it is not there or cannot be read."""
    if not release or release not in releases.imported():
        return None
    try:
        return releases.load(release)
    except CpcError as error:
        log.warning("titles of release %s cannot be read: %s", release, error.message)
        return None
