"""CPC symbols that the release no longer has, by what older releases and tables of transfers tell.

What an office or a table says is taken: the place that a symbol went to or, of several, the deepest
symbol above all of them, which is true whichever of them is. Places that nobody says are not
inferred, as `taxonomy.infer` is no ground to act on (docs/taxonomy.md): such a symbol is raised by
its spelling, and counted as retired since the release that had it last.

The nearest symbol above it in the **older** tree is not taken, though it often lies deeper than
the main group: where the warnings of 2019.08 and 2021.05 tell the place of a symbol of which that
is so, 461 of 1,329 lie below it, and 914 below the main group.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from taxonomy.migrate import Fate, Outcome, fates
from taxonomy.readers.release_files import read_parts
from taxonomy.readers.revision import read_revision
from taxonomy.readers.transfer_table import read_transfer_table
from taxonomy.release import Release, merge
from taxonomy.transfer import Transfer
from taxonomy.tree import Taxonomy
from training.corpus.places import Place, raised

__all__ = ["migrated", "read_older", "read_transfers"]


def read_older(paths: Sequence[Path]) -> list[Release]:
    """Releases of official files, one of each path, the newest first.

    Args:
        paths: a title list, or a scheme whose warnings are read too; zips or folders.

    Raises:
        ReleaseFileError: a file that cannot be used.
    """
    found = [merge(read_parts([path])) for path in paths]
    return sorted(found, key=lambda release: release.taxonomy.release, reverse=True)


def read_transfers(paths: Sequence[Path]) -> list[Transfer]:
    """What revision concordance lists (XML, zip) and tables of one's own (CSV) say, in their order.

    Raises:
        ReleaseFileError: a file that is neither, or a row of it that is bad.
    """
    found: list[Transfer] = []
    for path in paths:
        own = path.suffix.lower() == ".csv"
        found += read_transfer_table(path) if own else read_revision(path).transfers
    return found


def migrated(
    symbols: Iterable[str],
    older: Sequence[Release],
    new: Taxonomy,
    transfers: Sequence[Transfer] = (),
) -> dict[str, Place]:
    """Where symbols went that a release lacks.

    Args:
        symbols: as the official files print them; those that the release has are passed over.
        older: the newest first; each symbol is taken from the first that has it.
        new: the release.
        transfers: what is said beside the warnings of the older releases.

    Returns:
        Symbol -> its place; symbols of which nothing is known are not in it.
    """
    lost = {symbol for symbol in symbols if symbol not in new}
    said = [*transfers, *(t for release in older for t in release.transfers)]
    told = lost & {t.symbol for t in said}
    found: dict[str, Place] = {}
    for tree in [release.taxonomy for release in older] or [new]:
        last = not older or tree is older[-1].taxonomy
        mine = sorted(s for s in told if s in tree or last)
        told.difference_update(mine)
        for symbol, fate in fates(mine, tree, new, said).items():
            place = _place(fate, new)
            if place is not None:
                found[symbol] = place
        for symbol in sorted(s for s in lost - found.keys() if s in tree):
            found[symbol] = raised(symbol, new, f"retired since {tree.release}")
    return found


def _place(fate: Fate, new: Taxonomy) -> Place | None:
    targets = [transfer.target for transfer in fate.targets]
    if fate.outcome != Outcome.TRANSFERRED or not targets:
        return None
    if len(targets) == 1:
        return Place(targets[0], "transferred")
    shared = set.intersection(*(set(new.path(target)) for target in targets))
    above = [symbol for symbol in new.path(targets[0]) if symbol in shared]
    return Place(above[-1], "transferred, above several") if above else None
