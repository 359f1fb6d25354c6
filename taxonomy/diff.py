"""What changed from one release to another, as objects.

Symbols are compared by name. A subclass whose groups one of the releases lacks as a whole (its
scheme file was missing) cannot be compared below subclass and is named instead of counted. A title
that one of the releases does not know is not compared.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from taxonomy.errors import ReleaseFileError
from taxonomy.flags import Flag
from taxonomy.symbol import Rank
from taxonomy.tree import Taxonomy

__all__ = ["Moved", "Redotted", "Reflagged", "Retitled", "TaxonomyDiff", "compare", "uncompared"]

KINDS = ("added", "deleted", "retitled", "moved", "redotted", "reflagged")


@dataclass(frozen=True, slots=True)
class Retitled:
    """A symbol whose title reads differently, white space apart.

    Attributes:
        old, new: the titles.
        worded: whether the words changed, and not only references in parentheses, braces or case.
    """

    symbol: str
    old: str
    new: str
    worded: bool


@dataclass(frozen=True, slots=True)
class Moved:
    """A symbol that lies below another one than before; `old` and `new` are the parents."""

    symbol: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Redotted:
    """A symbol whose number of dots changed."""

    symbol: str
    old: int
    new: int


@dataclass(frozen=True, slots=True)
class Reflagged:
    """A symbol whose flags changed."""

    symbol: str
    old: Flag
    new: Flag


@dataclass(frozen=True, slots=True)
class TaxonomyDiff:
    """What changed, each kind in the order of the scheme (deleted ones in that of the old).

    Attributes:
        old, new: the releases.
        added, deleted: symbols.
        uncompared: subclasses whose groups one of the releases lacks.
        sizes: how many symbols each subclass has, in the old and in the new release.
    """

    old: str
    new: str
    added: tuple[str, ...]
    deleted: tuple[str, ...]
    retitled: tuple[Retitled, ...]
    moved: tuple[Moved, ...]
    redotted: tuple[Redotted, ...]
    reflagged: tuple[Reflagged, ...]
    uncompared: tuple[str, ...]
    sizes: dict[str, tuple[int, int]]

    def counts(self) -> dict[str, int]:
        """How many of each kind, and how many retitled ones are worded differently."""
        worded = sum(change.worded for change in self.retitled)
        return {kind: len(getattr(self, kind)) for kind in KINDS} | {"reworded": worded}

    def by_subclass(self) -> dict[str, dict[str, int]]:
        """How many of each kind in each subclass that has any change, most changes first.

        Changes above subclasses count for the class or section itself.
        """
        tallies: dict[str, Counter[str]] = {}
        for kind in KINDS:
            for change in getattr(self, kind):
                symbol = change if isinstance(change, str) else change.symbol
                tallies.setdefault(symbol[:4], Counter())[kind] += 1
        ranked = sorted(tallies.items(), key=lambda item: (-item[1].total(), item[0]))
        return {place: {kind: tally[kind] for kind in KINDS} for place, tally in ranked}


def compare(old: Taxonomy, new: Taxonomy) -> TaxonomyDiff:
    """Finds what changed.

    Args:
        old, new: releases down to the same rank.

    Raises:
        ReleaseFileError: one has subgroups and the other does not.
    """
    apart = uncompared(old, new)
    before, after = _kept(old, apart), _kept(new, apart)
    place = new.find(old.symbols)
    shared = np.flatnonzero(before & (place >= 0)).astype(np.int32)
    there = place[shared]
    gone = np.flatnonzero(before & (place < 0))
    fresh = after.copy()
    fresh[place[place >= 0]] = False
    return TaxonomyDiff(
        old.release,
        new.release,
        added=tuple(new.symbols[i] for i in np.flatnonzero(fresh)),
        deleted=tuple(old.symbols[i] for i in gone),
        retitled=tuple(_retitled(old, new, shared, there)),
        moved=_moved(old, new, place, shared),
        redotted=_redotted(old, new, shared, there),
        reflagged=tuple(
            Reflagged(new.symbols[j], Flag(int(old.flags[i])), Flag(int(new.flags[j])))
            for i, j in _where(_reflagged(old, new, shared, there), shared, there)
        ),
        uncompared=apart,
        sizes=_sizes(old, new),
    )


def uncompared(old: Taxonomy, new: Taxonomy) -> tuple[str, ...]:
    """Subclasses that both releases have, of which one has groups and the other has none.

    Raises:
        ReleaseFileError: one of the releases has subgroups and the other does not.
    """
    reach = [Rank(int(tree.ranks.max(initial=0))).label for tree in (old, new)]
    if reach[0] != reach[1]:
        raise ReleaseFileError(
            f"release {old.release}, as it is here, goes down to {reach[0]}, and {new.release} to "
            f"{reach[1]}, so that they cannot be compared; import the title lists of both"
        )
    full = [
        {tree.symbols[row][:4] for row in np.flatnonzero(tree.ranks == Rank.MAIN_GROUP)}
        for tree in (old, new)
    ]
    return tuple(s for s in sorted(full[0] ^ full[1]) if s in old and s in new)


def _kept(tree: Taxonomy, apart: tuple[str, ...]) -> NDArray[np.bool_]:
    """bool (n,): the rows that can be compared; a subclass itself always can."""
    at = tree.rows(apart)
    kept = ~tree.within(at)
    kept[at] = True
    return kept


def _where(
    changed: NDArray[np.bool_], shared: NDArray[np.int32], there: NDArray[np.int32]
) -> list[tuple[int, int]]:
    """Old and new rows of the changed ones, in the order of the new release."""
    pairs = zip(shared[changed].tolist(), there[changed].tolist(), strict=True)
    return sorted(pairs, key=lambda pair: pair[1])


def _reflagged(
    old: Taxonomy, new: Taxonomy, shared: NDArray[np.int32], there: NDArray[np.int32]
) -> NDArray[np.bool_]:
    """Where flags differ; one that a release has nowhere is not compared: its files do not tell."""
    told = np.bitwise_or.reduce(old.flags) & np.bitwise_or.reduce(new.flags)
    return np.asarray((old.flags[shared] ^ new.flags[there]) & told != 0)


def _retitled(
    old: Taxonomy, new: Taxonomy, shared: NDArray[np.int32], there: NDArray[np.int32]
) -> list[Retitled]:
    before, after = (tree.titles.block.split(b"\n") for tree in (old, new))
    found = []
    for i, j in zip(shared.tolist(), there.tolist(), strict=True):
        if before[i] and after[j] and before[i] != after[j]:
            a, b = old.titles[i], new.titles[j]
            if _read(a) != _read(b):
                found.append((j, Retitled(new.symbols[j], a, b, _words(a) != _words(b))))
    return [change for _, change in sorted(found, key=lambda pair: pair[0])]


def _read(title: str) -> list[str]:
    """A title without its white space; a blank before a closing parenthesis is none."""
    return title.replace(" )", ")").split()


def _words(title: str) -> list[str]:
    """The words of a title without what stands in parentheses, without braces and case."""
    text = title.replace("{", "").replace("}", "")
    while (shorter := re.sub(r"\([^()]*\)", "", text)) != text:
        text = shorter
    return text.lower().split()


def _moved(
    old: Taxonomy, new: Taxonomy, place: NDArray[np.int32], shared: NDArray[np.int32]
) -> tuple[Moved, ...]:
    above = old.parent_rows[shared]
    expected = np.where(above >= 0, place[above], -1)
    found = new.parent_rows[place[shared]]
    changed = (expected != found) & (above >= 0)
    return tuple(
        Moved(new.symbols[j], old.symbols[old.parent_rows[i]], new.symbols[new.parent_rows[j]])
        for i, j in _where(changed, shared, place[shared])
    )


def _redotted(
    old: Taxonomy, new: Taxonomy, shared: NDArray[np.int32], there: NDArray[np.int32]
) -> tuple[Redotted, ...]:
    changed = old.depths[shared] != new.depths[there]
    return tuple(
        Redotted(
            new.symbols[j],
            int(old.depths[i]) - Rank.MAIN_GROUP,
            int(new.depths[j]) - Rank.MAIN_GROUP,
        )
        for i, j in _where(changed, shared, there)
    )


def _sizes(old: Taxonomy, new: Taxonomy) -> dict[str, tuple[int, int]]:
    tallies = []
    for tree in (old, new):
        rows = np.flatnonzero(tree.ranks == Rank.SUBCLASS)
        sizes = (tree.ends[rows] - rows).tolist()
        tallies.append(dict(zip((tree.symbols[i] for i in rows), sizes, strict=True)))
    names = sorted(tallies[0].keys() | tallies[1].keys())
    return {name: (tallies[0].get(name, 0), tallies[1].get(name, 0)) for name in names}
