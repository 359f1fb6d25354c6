"""Label rows: which symbol each column of the model stands for, kept over releases.

Rows are append-only: a symbol that a new release drops keeps its row as retired, a new symbol gets
a row at the end; so a trained model stays readable. Owns the file `labels.tsv`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from cpc_classifier.errors import BundleError
from cpc_classifier.hierarchy import Hierarchy
from taxonomy.errors import CpcError
from taxonomy.symbol import Rank
from taxonomy.tree import Taxonomy

__all__ = ["LabelIndex"]

HEADER = "symbol\tparent\trank\tstate"
STATES = ("active", "retired")


@dataclass(frozen=True, slots=True)
class LabelIndex:
    """The label rows of a model.

    Attributes:
        symbols: the symbol of each row.
        parents: the symbol above it, "" for a section.
        ranks: its rank.
        active: False for a retired row.
    """

    symbols: tuple[str, ...]
    parents: tuple[str, ...]
    ranks: tuple[Rank, ...]
    active: tuple[bool, ...]
    _rows: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        rows = {symbol: row for row, symbol in enumerate(self.symbols)}
        if len(rows) != len(self.symbols):
            twice = next(s for row, s in enumerate(self.symbols) if rows[s] != row)
            raise BundleError(f"label {twice} has two rows")
        lost = next((p for p in self.parents if p and p not in rows), "")
        if lost:
            raise BundleError(f"label {lost} is named as a parent but has no row")
        object.__setattr__(self, "_rows", rows)

    def __len__(self) -> int:
        return len(self.symbols)

    def __contains__(self, symbol: object) -> bool:
        return symbol in self._rows

    def row(self, symbol: str) -> int:
        """The row of a symbol.

        Raises:
            BundleError: the model has no such label.
        """
        try:
            return self._rows[symbol]
        except KeyError:
            raise BundleError(f"the model has no label {symbol}") from None

    @classmethod
    def from_taxonomy(cls, taxonomy: Taxonomy, deepest: Rank = Rank.MAIN_GROUP) -> LabelIndex:
        """The rows of a release down to a rank, in scheme order."""
        cut = taxonomy.up_to(deepest)
        parents = tuple(cut.parent(symbol) or "" for symbol in cut.symbols)
        ranks = tuple(Rank(int(rank)) for rank in cut.ranks)
        return cls(tuple(cut.symbols), parents, ranks, (True,) * len(parents))

    def extended(self, taxonomy: Taxonomy, deepest: Rank = Rank.MAIN_GROUP) -> LabelIndex:
        """The rows after a new release: its new symbols appended, those it lacks retired."""
        new = LabelIndex.from_taxonomy(taxonomy, deepest)
        added = [row for row, symbol in enumerate(new.symbols) if symbol not in self]
        return LabelIndex(
            self.symbols + tuple(new.symbols[row] for row in added),
            self.parents + tuple(new.parents[row] for row in added),
            self.ranks + tuple(new.ranks[row] for row in added),
            tuple(symbol in new for symbol in self.symbols) + (True,) * len(added),
        )

    def to_hierarchy(self) -> Hierarchy:
        """The rows as arrays."""
        parent = [self._rows[above] if above else -1 for above in self.parents]
        return Hierarchy(
            self.symbols,
            np.array(parent, np.int32),
            np.array(self.ranks, np.int8),
            np.array(self.active, np.bool_),
        )

    def write(self, path: Path) -> None:
        """Write `labels.tsv`: one line a row, in row order, under a header."""
        lines = [HEADER] + [
            f"{symbol}\t{above}\t{rank.label}\t{STATES[0] if active else STATES[1]}"
            for symbol, above, rank, active in zip(
                self.symbols, self.parents, self.ranks, self.active, strict=True
            )
        ]
        part = path.with_name(path.name + ".part")
        part.write_text("\n".join(lines) + "\n", encoding="utf-8")
        part.replace(path)

    @classmethod
    def read(cls, path: Path) -> LabelIndex:
        """Read `labels.tsv`.

        Raises:
            BundleError: not such a file; names the file and the line.
        """
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise BundleError(f"{path}: cannot be read: {error}") from error
        if not lines or lines[0] != HEADER:
            raise BundleError(f"{path}: line 1: expected the header {HEADER!r}")
        return cls._from_rows(path, [line.split("\t") for line in lines[1:]])

    @classmethod
    def _from_rows(cls, path: Path, rows: list[list[str]]) -> LabelIndex:
        for number, row in enumerate(rows, 2):
            if len(row) != 4 or row[3] not in STATES:
                raise BundleError(
                    f"{path}: line {number}: expected symbol, parent, rank and "
                    f"{' or '.join(STATES)}, separated by tabs"
                )
        try:
            ranks = tuple(Rank.parse(row[2]) for row in rows)
            return cls(
                tuple(row[0] for row in rows),
                tuple(row[1] for row in rows),
                ranks,
                tuple(row[3] == STATES[0] for row in rows),
            )
        except CpcError as error:
            raise BundleError(f"{path}: {error.message}") from error
