"""Which texts are examples of which symbols: the choice that settings make, and label matrices.

What a record does not list is a negative to every peer, as none of them knows of incomplete labels;
a setting leaves such records out instead, and validation tells which is better.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from benchmarks.peers.corpus import FILING, Corpus
from taxonomy.symbol import Rank
from taxonomy.tree import Taxonomy

__all__ = ["Choice", "Examples", "labels_of", "rank_of", "take"]


@dataclass(frozen=True, slots=True)
class Choice:
    """The texts that a peer learns from: settings that are tuned.

    Attributes:
        filings: whether classified filings are examples.
        titles: down to which rank the titles of symbols are examples of them; "": none.
        definitions: whether their definitions and labels in other languages are, too.
        incomplete: whether records whose list of symbols is not complete are examples; what they do
            not list is then a negative.
        share: of the training filings.
        validated: whether filings that settings are chosen with are learnt as well.
    """

    filings: bool = True
    titles: str = "main group"
    definitions: bool = True
    incomplete: bool = True
    share: float = 1.0
    validated: bool = False

    @classmethod
    def of(cls, settings: Mapping[str, Any], **others: Any) -> tuple[Choice, dict[str, Any]]:
        """The choice that settings make, and the settings that are left for the peer itself."""
        own = {k: v for k, v in settings.items() if k in cls.__slots__}
        return cls(**own | others), {k: v for k, v in settings.items() if k not in own}

    def rows(self, corpus: Corpus) -> np.ndarray:
        """int64, ascending: places in ``corpus.items``."""
        deepest = rank_of(self.titles) if self.titles else None
        kinds = ("title", "definition", "label") if self.definitions else ("title",)
        filed, all_filed = len(corpus.train), len(corpus.train) + len(corpus.validated)
        found = []
        for i, item in enumerate(corpus.items):
            if item.kind != FILING:
                known = corpus.taxonomy.rank(item.symbols[0])
                wanted = deepest is not None and known <= deepest and item.kind in kinds
            else:
                drawn = item.drawn < self.share if i < filed else self.validated and i < all_filed
                wanted = self.filings and drawn and (item.complete or self.incomplete)
            if wanted:
                found.append(i)
        return np.array(found, np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """What a peer is given.

    Attributes:
        x: features of each text, float32: csr (n, words), or dense (n, dim) of unit length.
        y: float32 csr (n, len(names)), 1 where a symbol is true; no row is empty.
        names: the symbol of each column, in scheme order.
        taxonomy: where they lie.
    """

    x: Any
    y: sp.csr_matrix
    names: tuple[str, ...]
    taxonomy: Taxonomy


def take(corpus: Corpus, rows: np.ndarray, rank: Rank) -> tuple[np.ndarray, tuple, sp.csr_matrix]:
    """The examples of one rank.

    Args:
        rows: as from `Choice.rows`.
        rank: of the labels.

    Returns:
        Those rows that have a symbol at that rank or below; the symbol of each label; and for these
        rows the 0/1 matrix float32 (rows, labels).
    """
    items = corpus.items
    names, y = labels_of(rank, [items[i].symbols for i in rows.tolist()], corpus.taxonomy)
    told = np.flatnonzero(np.diff(y.indptr))
    return rows[told], tuple(names), y[told]


def labels_of(
    rank: Rank, symbols: Sequence[Sequence[str]], taxonomy: Taxonomy
) -> tuple[list[str], sp.csr_matrix]:
    """The labels of some texts at one rank.

    Args:
        symbols: of each text, known to the release.

    Returns:
        The label of each column, in scheme order, and a 0/1 matrix float32 (texts, labels); a text
        whose symbols all lie above the rank has an empty row.
    """
    own = [
        sorted({taxonomy.roll_up(s, rank) for s in listed if taxonomy.rank(s) >= rank})
        for listed in symbols
    ]
    names = sorted({symbol for listed in own for symbol in listed}, key=taxonomy.row)
    column = {symbol: i for i, symbol in enumerate(names)}
    indices = np.array([column[s] for listed in own for s in listed], np.int32)
    starts = np.cumsum([0, *(len(listed) for listed in own)])
    data = np.ones(len(indices), np.float32)
    return names, sp.csr_matrix((data, indices, starts), shape=(len(own), len(names)))


def rank_of(label: str) -> Rank:
    """The rank of a name as settings write it: "main group".

    Raises:
        KeyError: no rank has that name.
    """
    return Rank[label.replace(" ", "_").upper()]
