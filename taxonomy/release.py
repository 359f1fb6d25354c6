"""A release as all its official files tell it, merged, and what they disagree about.

The tree and the titles are those of the title list, which is complete; without one, those of the
scheme, and without that the symbol list's. Flags are the scheme's, then the symbol list's, then
what follows from the symbols alone; IPC places and days of revision are the scheme's where it tells
them, else those of the concordance and the symbol list. Knows no file format (see `readers`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

import numpy as np

from taxonomy.definition import Definition
from taxonomy.diff import compare
from taxonomy.errors import ReleaseFileError
from taxonomy.flags import named
from taxonomy.scheme import Note, Scheme
from taxonomy.transfer import Transfer
from taxonomy.tree import Taxonomy
from taxonomy.validity import Validity

__all__ = ["Disagreement", "Parts", "Release", "disagreements", "merge"]


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """What the files of one release say, each for itself; None or empty where it is not there.

    Attributes:
        titles: of the title list.
        scheme: of the scheme XML.
        listed: of the symbol list.
        revised: when symbols were last revised, as YYYYMMDD, of the symbol list.
        validity: by symbol.
        definitions: by symbol.
        concordance: IPC symbol, or `CPC_ONLY`, by CPC symbol.
    """

    titles: Taxonomy | None = None
    scheme: Scheme | None = None
    listed: Taxonomy | None = None
    revised: Mapping[str, int] = field(default_factory=dict)
    validity: Mapping[str, Validity] = field(default_factory=dict)
    definitions: Mapping[str, Definition] = field(default_factory=dict)
    concordance: Mapping[str, str] = field(default_factory=dict)

    @property
    def trees(self) -> dict[str, Taxonomy]:
        """The trees by the name of their file, the one to be believed first."""
        scheme = self.scheme.taxonomy if self.scheme else None
        found = {"title list": self.titles, "scheme": scheme, "symbol list": self.listed}
        return {name: tree for name, tree in found.items() if tree is not None}


@dataclass(frozen=True, slots=True, eq=False)
class Release:
    """A release; what is not known of a symbol is not in the mapping.

    Attributes:
        taxonomy: the tree, with titles and flags.
        revised: when each symbol was last revised, as YYYYMMDD.
        ipc: its IPC symbol, or `CPC_ONLY`.
        notes: its notes and warnings.
        references: the symbols that its title refers to.
        validity: when it holds; deleted symbols, too.
        definitions: what it covers.
        transfers: what the warnings announce.
        missing: files that the scheme links to and that were not there.
    """

    taxonomy: Taxonomy
    revised: Mapping[str, int]
    ipc: Mapping[str, str]
    notes: Mapping[str, tuple[Note, ...]]
    references: Mapping[str, tuple[str, ...]]
    validity: Mapping[str, Validity]
    definitions: Mapping[str, Definition]
    transfers: tuple[Transfer, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Two official files of one release that do not fit each other at a symbol.

    Attributes:
        kind: `only-in`, `title`, `wording`, `parent`, `flags`, `not-valid`, `undefined-symbol`,
            `ipc`, `revised`, or `not-compared` for a subclass whose groups one file lacks.
        symbol: where.
        files: the two files, by name.
        said: what each says, "" where it does not have the symbol.
    """

    kind: str
    symbol: str
    files: tuple[str, str]
    said: tuple[str, str]


def merge(parts: Parts) -> Release:
    """The release.

    Raises:
        ReleaseFileError: none of the files has a tree, or they are of different releases.
    """
    from taxonomy.reclassification import announced

    trees = parts.trees
    if not trees:
        raise ReleaseFileError(
            "no title list, scheme or symbol list among the files, so there is no tree; "
            "give CPCTitleListYYYYMM.zip or CPCSchemeXMLYYYYMM.zip"
        )
    _one_release(trees)
    tree = next(iter(trees.values()))
    scheme = parts.scheme
    ipc = dict(parts.concordance)
    revised = dict(parts.revised)
    if scheme is not None:
        symbols = scheme.taxonomy.symbols
        ipc |= {s: place for s, place in zip(symbols, scheme.ipc, strict=True) if place}
        revised |= {s: day for s, day in zip(symbols, scheme.revised.tolist(), strict=True) if day}
    return Release(
        taxonomy=_flagged(tree, trees),
        revised=revised,
        ipc=ipc,
        notes=scheme.notes if scheme else {},
        references=scheme.references if scheme else {},
        validity=parts.validity,
        definitions=parts.definitions,
        transfers=announced(scheme) if scheme else (),
        missing=scheme.missing if scheme else (),
    )


def _one_release(trees: Mapping[str, Taxonomy]) -> None:
    by_release = {tree.release: name for name, tree in trees.items()}
    if len(by_release) > 1:
        told = ", ".join(f"the {name} is of {release}" for release, name in by_release.items())
        raise ReleaseFileError(f"files of different releases: {told}; give those of one release")


def _flagged(tree: Taxonomy, trees: Mapping[str, Taxonomy]) -> Taxonomy:
    """The tree with the flags of the file that knows them best."""
    flags = np.array(tree.flags)
    for name in ("symbol list", "scheme"):
        told = trees.get(name)
        if told is not None:
            rows = tree.find(told.symbols)
            flags[rows[rows >= 0]] = told.flags[rows >= 0]
    return Taxonomy(tree.release, tree.symbols, tree.parent_rows, tree.ranks, tree.titles, flags)


def disagreements(parts: Parts) -> Iterator[Disagreement]:
    """What the files of a release disagree about, kind by kind, in the order of the scheme.

    Raises:
        ReleaseFileError: they are of different releases.
    """
    trees = list(parts.trees.items())
    _one_release(dict(trees))
    for (name, tree), (other, its) in pairwise(trees):
        yield from _between((name, other), tree, its, titled=other != "symbol list")
    if not trees:
        return
    name, tree = trees[0]
    yield from _outside(name, tree, parts)
    if parts.scheme is not None:
        scheme, days = parts.scheme, parts.scheme.revised.tolist()
        yield from _unlike("ipc", scheme, scheme.ipc, "concordance", parts.concordance)
        yield from _unlike("revised", scheme, days, "symbol list", parts.revised)


def _between(
    files: tuple[str, str], tree: Taxonomy, its: Taxonomy, titled: bool
) -> Iterator[Disagreement]:
    """Between two trees."""
    found = compare(tree, its)
    for symbol in found.uncompared:
        yield Disagreement("not-compared", symbol, files, ("", ""))
    for symbol in found.deleted:
        yield Disagreement("only-in", symbol, files, (symbol, ""))
    for symbol in found.added:
        yield Disagreement("only-in", symbol, files, ("", symbol))
    for move in found.moved:
        yield Disagreement("parent", move.symbol, files, (move.old, move.new))
    if titled:
        for change in found.retitled:
            kind = "wording" if change.worded else "title"
            yield Disagreement(kind, change.symbol, files, (change.old, change.new))
    if files[0] != "title list":  # which has none of its own
        for flagged in found.reflagged:
            told = (named(flagged.old), named(flagged.new))
            yield Disagreement("flags", flagged.symbol, files, told)


def _outside(name: str, tree: Taxonomy, parts: Parts) -> Iterator[Disagreement]:
    """Between the tree and the files that are none."""
    for symbol in parts.definitions:
        if symbol not in tree:
            yield Disagreement("undefined-symbol", symbol, (name, "definitions"), ("", symbol))
    for symbol in parts.concordance:
        if symbol not in tree:
            yield Disagreement("only-in", symbol, (name, "concordance"), ("", symbol))
    if not parts.validity:
        return
    year, month = map(int, tree.release.split("."))
    day = date(year, month, 1)
    held = {symbol for symbol, validity in parts.validity.items() if validity.holds(day)}
    for symbol in tree.symbols:
        if symbol not in held:
            yield Disagreement("not-valid", symbol, (name, "validity file"), (symbol, ""))
    for symbol in sorted(held.difference(tree.symbols)):
        yield Disagreement("not-valid", symbol, (name, "validity file"), ("", symbol))


def _unlike(
    kind: str, scheme: Scheme, values: Iterable[object], file: str, told: Mapping[str, object]
) -> Iterator[Disagreement]:
    """Between what the scheme says of its symbols, row by row, and what another file says."""
    for symbol, value in zip(scheme.taxonomy.symbols, values, strict=True):
        said = told.get(symbol)
        if value and said and value != said:
            yield Disagreement(kind, symbol, ("scheme", file), (str(value), str(said)))
