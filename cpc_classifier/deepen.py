"""Gives a bundle the symbols of a release: vectors of all its titles, and the subgroups' tree.

The graph, the calibration and the filings in the memory stay; what the scheme says of each symbol
is read by the bundle's own encoder. So a bundle suggests the subgroups of a release that was
published after it was trained. Main groups that the graph has no row for cannot be scored: they
are counted, and need a training.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cpc_classifier.bundle import LABELS, MANIFEST, ModelBundle, write_manifest
from cpc_classifier.encoder import OnnxEncoder
from cpc_classifier.errors import BundleError
from cpc_classifier.int4 import Codes, quantise
from cpc_classifier.labels import LabelIndex
from cpc_classifier.memory import ITEMS_FILE, VECTORS_FILE, Memory
from cpc_classifier.subgroups import SUBGROUPS_FILE, Subgroups
from cpc_classifier.title_vectors import title_vectors
from taxonomy.symbol import Rank
from taxonomy.title_text import title_path
from taxonomy.tree import Taxonomy

__all__ = ["Deepened", "deepen"]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Deepened:
    """What came of it.

    Attributes:
        release: whose symbols the bundle now has.
        subgroups: how many are scored.
        read: titles that the encoder read, the others being in the bundle as they are.
        retired: label rows that the release does not have; they are no longer suggested.
        unscored: main groups of the release that the graph has no row for.
        moved: items of the memory that lie in a symbol above, as the release lacks theirs.
    """

    release: str
    subgroups: int
    read: int
    retired: int
    unscored: int
    moved: int


def deepen(
    bundle: ModelBundle,
    taxonomy: Taxonomy,
    before: Taxonomy | None,
    out: Path,
    work: Path,
    threads: int = 0,
) -> Deepened:
    """Write the bundle for a release.

    Args:
        bundle: verified.
        taxonomy: an imported release, with titles, down to subgroups.
        before: the release that the bundle's titles are of, where it is here: titles that read the
            same in both are not read again. None: all are.
        out: folder of the new bundle; replaced when the new one is whole. May be the bundle's own.
        work: folder for finished parts; the same call goes on from them, and removes them at last.
        threads: of the graph; 0: as many as physical cores are at hand.

    Raises:
        BundleError: the release has no titles or no subgroups.
    """
    if not any(taxonomy.title(s) for s in taxonomy.symbols[:1000]):
        raise BundleError(f"release {taxonomy.release} is here without titles: import it first")
    old = LabelIndex.read(bundle.folder / LABELS)
    active = tuple(symbol in taxonomy for symbol in old.symbols)
    labels = LabelIndex(old.symbols, old.parents, old.ranks, active)
    subgroups = Subgroups.of(taxonomy, labels)
    if not len(subgroups):
        raise BundleError(f"release {taxonomy.release} has no subgroup below a label of the bundle")
    work.mkdir(parents=True, exist_ok=True)
    was = Subgroups.read(bundle.folder / SUBGROUPS_FILE, old)
    memory = Memory.load(bundle.folder)
    known = old.symbols + was.symbols
    codes, read = _titles(
        OnnxEncoder(bundle, threads),
        memory,
        _Told(taxonomy, labels.symbols + subgroups.symbols),
        _Told(before, known),
        work,
        bundle.manifest.text.title_tokens,
    )
    rows, moved = _followed(memory, known, _above(old, was), labels, subgroups)
    staged = work / "bundle"
    shutil.rmtree(staged, ignore_errors=True)
    shutil.copytree(
        bundle.folder,
        staged,
        ignore=shutil.ignore_patterns(MANIFEST, LABELS, SUBGROUPS_FILE, VECTORS_FILE, ITEMS_FILE),
    )
    labels.write(staged / LABELS)
    subgroups.write(staged / SUBGROUPS_FILE, labels)
    _replaced(memory, codes, rows).save(staged)
    main_groups = np.flatnonzero(np.asarray(taxonomy.ranks) == Rank.MAIN_GROUP)
    found = Deepened(
        taxonomy.release,
        len(subgroups),
        read,
        active.count(False),
        sum(taxonomy.symbols[i] not in labels for i in main_groups.tolist()),
        moved,
    )
    _describe(bundle, staged, found)
    _put(staged, out)
    shutil.rmtree(work)
    return found


@dataclass(frozen=True, slots=True)
class _Told:
    """Symbols by deep row, and the release that says what they are; None: not known."""

    taxonomy: Taxonomy | None
    symbols: tuple[str, ...]

    def texts(self) -> list[str]:
        """The title path of each, "" for one that the release does not have."""
        tree = self.taxonomy
        if tree is None:
            return [""] * len(self.symbols)
        there = tree.find(self.symbols) >= 0
        return [title_path(s, tree) if t else "" for s, t in zip(self.symbols, there, strict=True)]


def _titles(
    encoder: OnnxEncoder, memory: Memory, now: _Told, before: _Told, work: Path, max_tokens: int
) -> tuple[Codes, int]:
    """The codes of all titles, uint8 (deep rows, d / 2), and how many were read by the encoder."""
    row = {symbol: i for i, symbol in enumerate(before.symbols)}
    texts, told = now.texts(), before.texts()
    at = np.array([row.get(symbol, -1) for symbol in now.symbols])
    same = np.array(
        [i >= 0 and text in ("", told[i]) for i, text in zip(at.tolist(), texts, strict=True)]
    )
    codes = np.empty((len(texts), memory.codes.shape[1]), np.uint8)
    codes[same] = memory.codes[at[same]]
    new = np.flatnonzero(~same)
    if len(new):
        vectors = title_vectors(encoder, [texts[i] for i in new.tolist()], work, max_tokens)
        codes[new] = quantise(vectors, memory.low, memory.step)
    return codes, len(new)


def _above(labels: LabelIndex, subgroups: Subgroups) -> NDArray[np.int32]:
    """The deep row above each deep row, -1 for a section."""
    return np.concatenate((labels.to_hierarchy().parent, subgroups.parent))


def _followed(
    memory: Memory,
    symbols: Sequence[str],
    above: NDArray[np.int32],
    labels: LabelIndex,
    subgroups: Subgroups,
) -> tuple[list[NDArray[np.int32]], int]:
    """The new deep rows of the items with a name, and how many of them went to a symbol above."""
    deep = {symbol: row for row, symbol in enumerate(labels.symbols + subgroups.symbols)}
    place = np.array([deep.get(symbol, -1) for symbol in symbols], np.int32)
    lost = place < 0
    for row in np.flatnonzero(lost).tolist():  # parents stand before their children
        place[row] = place[above[row]]
    items = range(memory.titles, len(memory))
    own = [memory.rows(item) for item in items]
    return [np.unique(place[rows]) for rows in own], sum(bool(lost[rows].any()) for rows in own)


def _replaced(memory: Memory, titles: Codes, rows: Sequence[NDArray[np.int32]]) -> Memory:
    """The memory with other titles, on the same scale."""
    codes = np.concatenate((titles, memory.codes[memory.titles :]))
    indptr = np.cumsum([0, *(len(own) for own in rows)])
    flat = np.concatenate(rows) if rows else np.zeros(0, np.int32)
    return Memory(codes, memory.low, memory.step, indptr, flat, memory.names)


def _describe(bundle: ModelBundle, folder: Path, found: Deepened) -> None:
    manifest = bundle.manifest
    same = manifest.release == found.release
    write_manifest(
        folder,
        name=manifest.name,
        version=manifest.version if same else f"{manifest.version}-{found.release}",
        release=found.release,
        encoder=asdict(manifest.encoder),
        text=asdict(manifest.text),
        recipe=manifest.recipe,
        figures=dict(manifest.figures) | {"deepened": asdict(found)},
    )


def _put(staged: Path, out: Path) -> None:
    """In place of what was there, whole or not at all."""
    out.parent.mkdir(parents=True, exist_ok=True)
    old = out.with_name(out.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        out.rename(old)
    staged.rename(out)
    shutil.rmtree(old, ignore_errors=True)
