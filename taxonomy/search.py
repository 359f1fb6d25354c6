"""Finds symbols by the words of their titles, labels and definitions.

A row is found when its own title, label or definition has a word of the query, and words of at
least half the query's worth stand there or in the titles above it. What stands for a word is told
in `query`. References to other places, in the parentheses of titles, find nothing.

Ranking, in the manner of BM25 with weighted fields (Robertson and Zaragoza, The Probabilistic
Relevance Framework: BM25 and Beyond, 2009): each word counts its rarity (idf) times the weight of
the best field that has it; the sum is divided by that of the whole query, so that it lies in
[0, 1]. How often a field repeats a word does not count, for titles hardly ever do. To this come, as
the constants below say, how fully the query names a part of the title, and small preferences for
places that hold many others, for higher ranks and for short titles; codes that only add information
come after the places. Ties: the earlier row.
"""

from __future__ import annotations

import sqlite3
import weakref
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from taxonomy.errors import SnapshotError
from taxonomy.query import Term, Vocabulary, understood
from taxonomy.search_index import FORMAT, digest, fill

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taxonomy.tree import Taxonomy

__all__ = ["TitleSearch"]

# Weights of the fields: title or label, those of an ancestor, definition.
TITLE, ABOVE, DEFINITION = 1.0, 0.5, 0.3
NAMED = 0.3  # for a query that names a part of the title, no word more or less
SIZE = 0.05  # times the natural logarithm of the rows of the subtree and one
RANK = 0.0125  # for each rank above a subgroup
LENGTH = -0.05  # times the natural logarithm of the title's words and one
ADDITIONAL = -0.1  # for 2000-series codes and groups of section Y

_LEAST = 0.5  # share of the query that a row must have
_CLOSER = 100  # best rows by words, of which the names are looked at
_REMEDY = "import the release again: cpc taxonomy import CPCTitleListYYYYMM.zip"


@dataclass(frozen=True, slots=True, eq=False)
class _Hits:
    """Where a term stands.

    Attributes:
        idf: how rare it is.
        own: float32 (n,), the best weight in the row itself, 0 where it is not.
        titled: int64, the rows whose title or label has it, ascending.
    """

    idf: float
    own: NDArray[np.float32]
    titled: NDArray[np.int64]


class TitleSearch:
    """The index of one release; several threads may ask it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Takes a connection that any thread may use, to a database that `fill` filled.

        Raises:
            sqlite3.Error: the database is damaged.
            KeyError: it holds other things.
        """
        weakref.finalize(self, connection.close)
        self._connection = connection
        self._lock = Lock()
        facts: dict[str, bytes] = dict(connection.execute("SELECT name, value FROM facts"))
        self.digest = facts["digest"]
        self._ends = np.frombuffer(facts["ends"], "<i4")
        ranks = np.frombuffer(facts["ranks"], "<i1")
        sizes = self._ends - np.arange(len(self._ends), dtype=np.int32)
        self._prior = np.asarray(
            SIZE * np.log1p(sizes)
            + RANK * (4.0 - ranks)
            + LENGTH * np.log1p(np.frombuffer(facts["lengths"], "<u1").astype(np.float32))
            + ADDITIONAL * np.frombuffer(facts["additional"], "<u1"),
            np.float32,
        )
        self.vocabulary = Vocabulary(
            facts["words"].decode().split("\n"),
            facts["stems"].decode().split("\n"),
            np.frombuffer(facts["counts"], "<i4").tolist(),
        )

    @classmethod
    def open(cls, path: Path, taxonomy: Taxonomy) -> TitleSearch:
        """Opens a file that `build_index` wrote, for reading only.

        Raises:
            SnapshotError: it is missing, damaged, of another format, or of another tree.
        """
        if not path.is_file():
            raise SnapshotError(f"{path} is missing; {_REMEDY}")
        connection = sqlite3.connect(
            f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True, check_same_thread=False
        )
        try:
            connection.execute(f"PRAGMA mmap_size = {path.stat().st_size}")
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            found = cls(connection) if version == FORMAT else None
        except (sqlite3.Error, KeyError, ValueError) as error:
            connection.close()
            raise SnapshotError(f"{path} is no valid index ({error}); {_REMEDY}") from error
        if found is None:
            connection.close()
            raise SnapshotError(f"{path} is an index of another format ({version}); {_REMEDY}")
        if found.digest != digest(taxonomy):
            raise SnapshotError(f"{path} is not of release {taxonomy.release}; {_REMEDY}")
        return found

    @classmethod
    def of(cls, taxonomy: Taxonomy, definitions: Mapping[str, str] | None = None) -> TitleSearch:
        """The index of a tree, made in memory; see `build_index`."""
        connection = sqlite3.connect(":memory:", check_same_thread=False)
        fill(connection, taxonomy, definitions or {})
        return cls(connection)

    def rows(self, query: str, limit: int) -> list[int]:
        """The best rows for a query.

        Args:
            query: any text; its last word may be unfinished unless a blank follows.
            limit: how many rows at most.

        Returns:
            Rows of the tree, the best first; none for a query without a word that is known.

        Raises:
            SnapshotError: the file is damaged.
        """
        terms = understood(query, self.vocabulary, self._stands)
        asked = [(term, hits) for term in terms if (hits := self._hits(term)) is not None]
        if not asked or limit < 1:
            return []
        rows, score, has = self._scored([hits for _, hits in asked])
        top = _largest(score, max(_CLOSER, limit))
        named = self._named(rows[top], [term for term, _ in asked], len(asked) - has[top])
        order = np.lexsort((rows[top], -(score[top] + NAMED * named)))[:limit]
        return [int(row) for row in rows[top][order]]

    def _hits(self, term: Term) -> _Hits | None:
        """Where a term stands, None for nowhere."""
        n = len(self._ends)
        own, titled = np.zeros(n, np.float32), np.zeros(n, np.bool_)
        for weight, group in groupby(term.alternatives, attrgetter("weight")):
            phrases = [alternative.words for alternative in group]
            for table, worth in (("titles", TITLE), ("definitions", DEFINITION)):
                found = self._rows(table, phrases)
                own[found] = np.maximum(own[found], np.float32(worth * weight))
                titled[found] |= table == "titles"
        rows = np.flatnonzero(titled)
        count = len(rows) or int(np.count_nonzero(own))
        if not count:
            return None
        return _Hits(float(np.log1p((n - count + 0.5) / (count + 0.5))), own, rows)

    def _scored(
        self, asked: list[_Hits]
    ) -> tuple[NDArray[np.int64], NDArray[np.float32], NDArray[np.int64]]:
        """The rows that are found, their scores by words, and how many words each has."""
        total = sum(hits.idf for hits in asked)
        rows = np.flatnonzero(np.any([hits.own for hits in asked], axis=0))
        score, held = np.zeros(len(rows), np.float32), np.zeros(len(rows), np.float32)
        has = np.zeros(len(rows), np.int64)
        for hits in asked:
            above = self._below(hits.titled, rows)
            worth = np.maximum(hits.own[rows], np.float32(ABOVE) * above)
            score += np.float32(hits.idf / total) * worth
            held += np.float32(hits.idf / total) * (worth > 0)
            has += worth > 0
        kept = held >= _LEAST - 1e-6
        return rows[kept], (score + self._prior[rows])[kept], has[kept]

    def _below(self, tops: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which rows are, or lie below, any of the tops: bool (k,). Both are ascending."""
        if not len(tops):
            return np.zeros(len(rows), np.bool_)
        ends = np.maximum.accumulate(self._ends[tops])
        last = np.searchsorted(tops, rows, "right") - 1
        return np.asarray((last >= 0) & (ends[last] > rows))

    def _named(
        self, rows: NDArray[np.int64], terms: list[Term], missing: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """How fully a query names a part of the title or label of each row: (k,) in [0, 1].

        It is the share of that part's words which the query has; words that the row does not have
        at all count against it like further words of the part.
        """
        stem = self.vocabulary.stem
        asked = [{stem(w) for w in a.words} for term in terms for a in term.alternatives]
        marks = ",".join("?" * len(rows))
        found = self._ask(f"SELECT row, parts FROM names WHERE row IN ({marks})", rows.tolist())
        names: dict[int, str] = dict(found)
        shares = np.zeros(len(rows))
        for i, row in enumerate(rows.tolist()):
            for part in names.get(row, "").splitlines():
                said = set(part.split(" "))
                hit = set().union(*(words for words in asked if words <= said))
                shares[i] = max(shares[i], len(hit) / (len(said) + int(missing[i])))
        return shares

    def _stands(self, words: tuple[str, ...]) -> bool:
        """Whether words stand side by side in any title or label."""
        return bool(self._ask("SELECT 1 FROM titles(?) LIMIT 1", [_any([words])]))

    def _rows(self, table: str, phrases: list[tuple[str, ...]]) -> NDArray[np.int64]:
        """The rows where the words of any phrase stand side by side, ascending."""
        # One text is several times faster than a Python object a row.
        ((found,),) = self._ask(f"SELECT group_concat(rowid) FROM {table}(?)", [_any(phrases)])
        return np.fromstring(found, np.int64, sep=",") if found else np.zeros(0, np.int64)

    def _ask(self, statement: str, values: Any) -> list[Any]:
        try:
            with self._lock:
                return self._connection.execute(statement, values).fetchall()
        except sqlite3.DatabaseError as error:
            raise SnapshotError(f"the search index is damaged ({error}); {_REMEDY}") from error


def _any(phrases: list[tuple[str, ...]]) -> str:
    """An FTS5 expression; words are letters and figures only, so that none can be an operator."""
    return " OR ".join('"' + " ".join(words) + '"' for words in phrases)


def _largest(score: NDArray[np.float32], count: int) -> NDArray[np.int64]:
    """Where the largest scores stand, of equal ones the first: int64 (at most count,)."""
    if count < len(score):
        least = np.partition(score, len(score) - count)[len(score) - count]
        places = np.flatnonzero(score >= least)
        return np.asarray(places[np.argsort(-score[places], kind="stable")][:count])
    return np.arange(len(score))
