"""`cpc taxonomy`: the CPC releases on this machine, what changed between them, what to do then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, Never

import click
from tqdm import tqdm

from cpc_classifier.cli_migrate import migrate
from cpc_classifier.cli_output import echo_json, echo_table
from taxonomy import releases
from taxonomy.diff import KINDS, TaxonomyDiff, compare
from taxonomy.flags import named
from taxonomy.tree import Taxonomy

__all__ = ["taxonomy"]

_FILES = click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, path_type=Path),
    metavar="FILE...",
)


@click.group()
def taxonomy() -> None:
    """Fetch, import, check and compare CPC releases."""


taxonomy.add_command(migrate)


@taxonomy.command(
    name="import",
    epilog="Example:  cpc taxonomy import CPCTitleList202505.zip FullCPCDefinitionXML202505.zip",
)
@_FILES
def import_(files: tuple[Path, ...]) -> None:
    """Read the official files of one release and keep it.

    FILE is a title list, scheme XML, symbol list, validity file, definitions XML or CPC-to-IPC
    concordance, as it is published, or a folder with such files. Releases are kept in $CPC_HOME,
    by default ~/.local/share/cpc-classifier.
    """
    release = releases.import_release(files)
    echo_json(
        {
            "release": release.taxonomy.release,
            "symbols": len(release.taxonomy),
            "definitions": len(release.definitions),
            "missing": list(release.missing),
            "home": str(releases.home()),
        }
    )


@taxonomy.command(epilog="Example:  cpc taxonomy fetch 2025.05 --kind titles --kind definitions")
@click.argument("release")
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    help="titles, scheme, symbols, validity, definitions or concordance; may be given "
    "several times. Default: all.",
)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where to keep the files. Default: downloads/YYYYMM in $CPC_HOME.",
)
@click.option(
    "--base",
    default="",
    help="Address of the bulk folder. Default: $CPC_BULK_URL, else the CPC site.",
)
def fetch(release: str, kinds: tuple[str, ...], folder: Path | None, base: str) -> None:
    """Download the official files of RELEASE from the CPC site, and check them.

    The only command that uses the network: it asks for public files and sends nothing else. Run
    it again to go on where it was stopped; then: cpc taxonomy import FOLDER.
    """
    from taxonomy import fetch as web  # the web client, which no other command needs

    place = folder or releases.home() / "downloads" / release.replace(".", "")
    with _Bars() as bars:
        fetched = web.fetch(release, place, base, kinds or web.KINDS, bars.advance)
    for file in fetched:
        echo_json(
            {
                "name": file.name,
                "state": file.state,
                "size": file.size,
                "sha256": file.sha256,
                "path": str(file.path),
            }
        )


class _Bars:
    """One progress bar a file, on a terminal only."""

    def __init__(self) -> None:
        self._bars: dict[str, tqdm[Never]] = {}

    def __enter__(self) -> _Bars:
        return self

    def __exit__(self, *exception: object) -> None:
        for bar in self._bars.values():
            bar.close()

    def advance(self, name: str, done: int, size: int) -> None:
        """Says how many bytes of a file are there, and how many it has (0: not known)."""
        if name not in self._bars:
            self.__exit__()
            self._bars[name] = tqdm(
                desc=name,
                initial=done,
                total=size or None,
                unit="B",
                unit_scale=True,
                unit_divisor=1024,
                disable=None,
            )
        self._bars[name].total = size or None
        self._bars[name].update(done - self._bars[name].n)


@taxonomy.command(epilog="Example:  cpc taxonomy check downloads/202505")
@_FILES
@click.option(
    "--limit",
    type=click.IntRange(0),
    default=20,
    show_default=True,
    help="Disagreements of each kind that are printed; 0 prints all.",
)
def check(files: tuple[Path, ...], limit: int) -> None:
    """Read the official files of one release and print what they disagree about.

    The first line counts the disagreements by kind; the exit status is 1 where there are any.
    """
    from taxonomy.readers.release_files import read_parts
    from taxonomy.release import disagreements, merge

    parts = read_parts(files)
    release = merge(parts)
    found = list(disagreements(parts))
    kinds = Counter(one.kind for one in found)
    echo_json(
        {
            "release": release.taxonomy.release,
            "symbols": len(release.taxonomy),
            "missing": list(release.missing),
            "disagreements": dict(kinds),
        }
    )
    printed: Counter[str] = Counter()
    for one in found:
        printed[one.kind] += 1
        if not limit or printed[one.kind] <= limit:
            echo_json(asdict(one))
    if found or release.missing:
        raise click.exceptions.Exit(1)


@taxonomy.command(name="list", epilog="Example:  cpc taxonomy list")
def list_() -> None:
    """List the releases at hand: the packaged structure and those that were imported."""
    packaged = releases.packaged()
    echo_json({"release": packaged.release, "source": "packaged", "symbols": len(packaged)})
    for release in releases.imported():
        symbols = len(releases.load(release))
        echo_json({"release": release, "source": "imported", "symbols": symbols})


@taxonomy.command(epilog="Example:  cpc taxonomy diff 2022.08 2025.05 --report changes.html")
@click.argument("old")
@click.argument("new")
@click.option(
    "--format",
    "form",
    type=click.Choice(["jsonl", "table"]),
    default="jsonl",
    show_default=True,
    help="All changes as JSON lines, or the counts to read.",
)
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write a page to read, with a picture, to this HTML file.",
)
def diff(old: str, new: str, form: str, report: Path | None) -> None:
    """Print what changed from release OLD to release NEW, the counts first.

    OLD and NEW are imported releases, such as 2025.05, or official files.
    """
    found = compare(_release(old), _release(new))
    if report is not None:
        from taxonomy import report as page

        report.write_text(page.report(found), "utf-8")
    if form == "table":
        _print(found)
    else:
        counts = found.counts()
        echo_json(
            {
                "old": found.old,
                "new": found.new,
                "counts": counts,
                "uncompared": list(found.uncompared),
            }
        )
        for change in _changes(found):
            echo_json(change)


def _release(text: str) -> Taxonomy:
    """An imported release, or the one in official files."""
    if Path(text).exists():
        from taxonomy.readers.release_files import read_parts
        from taxonomy.release import merge

        return merge(read_parts([Path(text)])).taxonomy
    return releases.load(text)


def _changes(found: TaxonomyDiff) -> Iterator[dict[str, Any]]:
    for kind in KINDS:
        for change in getattr(found, kind):
            told = {"symbol": change} if isinstance(change, str) else asdict(change)
            if kind == "reflagged":
                told |= {"old": named(change.old), "new": named(change.new)}
            yield {"change": kind, **told}


def _print(found: TaxonomyDiff) -> None:
    echo_table([[f"{count:,}".rjust(7), kind] for kind, count in found.counts().items()])
    click.echo()
    places = list(found.by_subclass().items())[:20]
    if places:
        rows = [[name, *(f"{t[k]:,}".rjust(len(k)) for k in KINDS)] for name, t in places]
        echo_table([["", *KINDS], *rows])
    if found.uncompared:
        click.echo(f"not compared, one release lacks them: {', '.join(found.uncompared)}")
