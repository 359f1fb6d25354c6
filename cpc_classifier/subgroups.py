"""The subgroups of a bundle, in tree order: which they are and where they hang.

A *deep row* numbers every symbol of a bundle: the label rows come first, then the subgroups. Those
below a main group stand together, and so do those below a subgroup: a subtree is a slice. Owns the
file `subgroups.tsv.gz`.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from cpc_classifier.errors import BundleError
from cpc_classifier.labels import LabelIndex
from taxonomy.symbol import Rank
from taxonomy.tree import Taxonomy

__all__ = ["SUBGROUPS_FILE", "Subgroups"]

Rows = NDArray[np.int32]

SUBGROUPS_FILE = "subgroups.tsv.gz"
HEADER = "symbol\tparent"


@dataclass(frozen=True, slots=True, eq=False)
class Subgroups:
    """Subgroups in tree order; all arrays read-only.

    Attributes:
        labels: how many label rows stand before them.
        symbols: of each subgroup.
        parent: int32 (s,), the deep row above: a main group's label row or another subgroup.
        group: int32 (s,), the label row of the main group above.
        end: int32 (s,), the subtree of subgroup i is `i:end[i]`.
        first: int32 (labels,), the subgroups of label row g are `first[g]:last[g]`.
        last: int32 (labels,).
    """

    labels: int
    symbols: tuple[str, ...]
    parent: Rows
    group: Rows = field(init=False)
    end: Rows = field(init=False)
    first: Rows = field(init=False)
    last: Rows = field(init=False)

    def __post_init__(self) -> None:
        n, s = self.labels, len(self.symbols)
        parent = np.array(self.parent, np.int32)
        wrong = np.flatnonzero((parent < 0) | (parent >= n + np.arange(s)))
        if len(wrong):
            raise ValueError(f"subgroup {self.symbols[wrong[0]]}: its parent is not before it")
        group, depth = parent.copy(), np.ones(s, np.int32)
        while (deeper := np.flatnonzero(group >= n)).size:
            depth[deeper] += 1
            group[deeper] = parent[group[deeper] - n]
        end = _subtree_ends(depth, group)
        if (end[parent[parent >= n] - n] <= np.flatnonzero(parent >= n)).any():
            raise ValueError("the subgroups below a subgroup do not stand together")
        first, last = np.zeros(n, np.int32), np.zeros(n, np.int32)
        starts = np.flatnonzero(np.diff(group, prepend=-1))
        if len(np.unique(group[starts])) != len(starts):
            raise ValueError("the subgroups of a main group do not stand together")
        first[group[starts]] = starts
        last[group[starts]] = np.append(starts[1:], s)
        for name, value in (
            ("parent", parent),
            ("group", group),
            ("end", end),
            ("first", first),
            ("last", last),
        ):
            value.setflags(write=False)
            object.__setattr__(self, name, value)

    def __len__(self) -> int:
        return len(self.symbols)

    @classmethod
    def of(cls, taxonomy: Taxonomy, labels: LabelIndex) -> Subgroups:
        """The subgroups of a release below the main groups that have a label row."""
        row: dict[int, int] = {}
        symbols: list[str] = []
        parents: list[int] = []
        above = taxonomy.parent_rows
        for at, symbol in enumerate(taxonomy.symbols):
            if taxonomy.ranks[at] != Rank.SUBGROUP:
                if symbol in labels:
                    row[at] = labels.row(symbol)
            elif int(above[at]) in row:
                row[at] = len(labels) + len(symbols)
                symbols.append(symbol)
                parents.append(row[int(above[at])])
        return cls(len(labels), tuple(symbols), np.array(parents, np.int32))

    def label_rows(self, rows: ArrayLike) -> Rows:
        """The label row in which each deep row lies: int32, as many as given."""
        deep = np.asarray(rows, np.int32)
        found = deep.copy()
        below = deep >= self.labels
        found[below] = self.group[deep[below] - self.labels]
        return found

    def path(self, subgroup: int) -> tuple[int, ...]:
        """The subgroups above one, topmost first."""
        found: list[int] = []
        above = int(self.parent[subgroup])
        while above >= self.labels:
            found.append(above - self.labels)
            above = int(self.parent[above - self.labels])
        return tuple(reversed(found))

    def write(self, path: Path, labels: LabelIndex) -> None:
        """Write `subgroups.tsv.gz`: a line each, in tree order, under a header."""
        deep = labels.symbols + self.symbols
        lines = [HEADER] + [
            f"{symbol}\t{deep[above]}"
            for symbol, above in zip(self.symbols, self.parent.tolist(), strict=True)
        ]
        part = path.with_name(path.name + ".part")
        part.write_bytes(gzip.compress(("\n".join(lines) + "\n").encode("utf-8"), mtime=0))
        part.replace(path)

    @classmethod
    def read(cls, path: Path, labels: LabelIndex) -> Subgroups:
        """Read `subgroups.tsv.gz`.

        Raises:
            BundleError: not such a file; names the file and the line.
        """
        try:
            lines = gzip.decompress(path.read_bytes()).decode("utf-8").split("\n")[:-1]
        except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
            raise BundleError(f"{path}: cannot be read: {error}") from error
        if not lines or lines[0] != HEADER:
            raise BundleError(f"{path}: line 1: expected the header {HEADER!r}")
        try:
            return _of_lines(lines[1:], labels)
        except ValueError as error:
            raise BundleError(f"{path}: {error}") from error


def _subtree_ends(depth: Rows, group: Rows) -> Rows:
    """For each subgroup, the next one that is not below it: int32 (s,).

    The nearest one after it that lies no deeper, or in another main group.
    """
    end = np.full(len(depth), len(depth), np.int32)
    for level in range(1, int(depth.max(initial=0)) + 1):
        stops = np.flatnonzero(depth <= level)
        here = np.flatnonzero(depth == level)
        place = np.searchsorted(stops, here, side="right")
        found = place < len(stops)
        end[here[found]] = stops[place[found]]
    following = np.append(np.flatnonzero(np.diff(group)) + 1, len(group)).astype(np.int32)
    return np.minimum(end, following[np.searchsorted(following, np.arange(len(group)), "right")])


def _of_lines(lines: Sequence[str], labels: LabelIndex) -> Subgroups:
    pairs = [line.partition("\t") for line in lines]
    symbols = tuple(pair[0] for pair in pairs)
    row = dict(zip(labels.symbols + symbols, range(len(labels) + len(symbols)), strict=True))
    parents = np.array([row.get(pair[2], -1) for pair in pairs], np.int32)
    early = (parents >= 0) & (parents < len(labels) + np.arange(len(pairs)))
    if not early.all():
        i = int(np.flatnonzero(~early)[0])
        raise ValueError(f"line {i + 2}: {symbols[i]!r} has no parent {pairs[i][2]!r} before it")
    if len(row) != len(labels) + len(symbols):
        twice = next(s for at, s in enumerate(labels.symbols + symbols) if row[s] != at)
        raise ValueError(f"symbol {twice!r} stands there twice")
    return Subgroups(len(labels), symbols, parents)
