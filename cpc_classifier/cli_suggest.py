"""`cpc suggest`: filings in, result lines out, in the order of the files.

Owns the progress bar. Results are written as they are ready, so a weekly file needs no memory for
its results.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

from cpc_classifier.cli_output import writer
from cpc_classifier.cli_source import suggester
from cpc_classifier.filing import Filing, Unreadable
from cpc_classifier.intake import read_filings
from cpc_classifier.numbering import numbered
from taxonomy.symbol import Rank

if TYPE_CHECKING:
    from click._termui_impl import ProgressBar

__all__ = ["LEVELS", "suggest"]

LEVELS = tuple(rank.label for rank in Rank)

_EXAMPLES = """\b
Examples:
  cpc suggest ipg250107.zip > results.jsonl
  cpc suggest filings.jsonl --level subclass --limit 3 --format table
  curl -s https://example.org/filing.xml | cpc suggest -
  cpc suggest ipg250107.zip --server https://cpc.example.org --key-file intake.key
"""


class Bar:
    """Progress over the bytes of all files, on standard error, on a terminal only.

    Args:
        files: paths; "-" has no known size and hides the bar.
    """

    def __init__(self, files: tuple[str, ...]) -> None:
        self._sizes = [0 if name == "-" else Path(name).stat().st_size for name in files]
        # Result lines on the same terminal would tear the bar apart.
        self.shown = sys.stderr.isatty() and not sys.stdout.isatty() and all(self._sizes)
        self._done = 0
        self._filings = 0
        self._bar: ProgressBar[int] = click.progressbar(
            length=max(sum(self._sizes), 1),
            label="suggesting",
            file=sys.stderr,
            item_show_func=lambda _: f"{self._filings:,} filings",
            hidden=not self.shown,
        )

    def __enter__(self) -> Bar:
        self._bar.__enter__()
        return self

    def __exit__(self, *exception: object) -> None:
        self._bar.render_finish()

    def advance(self, file: int, stream: BinaryIO) -> None:
        """Counts one filing read from `stream`, the file number `file`."""
        self._filings += 1
        if self.shown and not stream.closed:
            done = sum(self._sizes[:file]) + min(stream.tell(), self._sizes[file])
            # A zip is read from its end first; the bar never steps back.
            self._bar.update(max(done - self._done, 0))
            self._done = max(self._done, done)


def _filings(files: tuple[str, ...], bar: Bar) -> Iterator[Filing | Unreadable]:
    for number, name in enumerate(files):
        with ExitStack() as stack:
            stream: BinaryIO = (
                sys.stdin.buffer if name == "-" else stack.enter_context(Path(name).open("rb"))
            )
            label = "stdin" if name == "-" else Path(name).name
            for item in read_filings(stream, name=label):
                # With several files the file's name stays in the id, which is then unique.
                yield numbered(item, label if len(files) == 1 else "")
                bar.advance(number, stream)


def _unique(files: Iterable[str]) -> tuple[str, ...]:
    chosen = tuple(files)
    if chosen.count("-") > 1:
        raise click.UsageError("standard input ('-') can be read only once.")
    return chosen


@click.command(epilog=_EXAMPLES)
@click.argument(
    "files",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, readable=True, allow_dash=True),
)
@click.option("--level", type=click.Choice(LEVELS), help="Rank to suggest. Default: the deepest.")
@click.option(
    "--limit", type=click.IntRange(1, 1000), default=10, show_default=True, help="Most symbols."
)
@click.option(
    "--threshold",
    type=click.FloatRange(0.0, 1.0),
    default=0.0,
    show_default=True,
    help="Least score of a suggestion.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["jsonl", "table", "csv"]),
    default="jsonl",
    show_default=True,
    help="Output: JSON lines, a table to read, or CSV with one row a suggestion.",
)
@click.option(
    "--bundle",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    envvar="CPC_BUNDLE",
    help="Model bundle. Default: $CPC_BUNDLE, else the starter.",
)
@click.option(
    "--server",
    metavar="URL",
    help="Send the filings to the service at this address instead of loading a bundle.",
)
@click.option(
    "--key-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File that holds the key of the service. Default: $CPC_KEY, else no key.",
)
@click.option("--insecure", is_flag=True, help="Let the key go over plain http to another machine.")
def suggest(
    files: tuple[str, ...],
    level: str | None,
    limit: int,
    threshold: float,
    form: str,
    bundle: Path | None,
    server: str | None,
    key_file: Path | None,
    insecure: bool,
) -> int:
    """Suggest CPC symbols for the filings in FILES ('-' is standard input).

    Formats are told by content: USPTO and EPO XML, single or many in one file, zips of them,
    JSON lines, CSV. A filing without a number gets its place in the file, from 0. One that cannot
    be read gives a line with an error; the others go on, and the exit status is 1. With --server
    the files are read here as well, and only the filings in them are sent.
    """
    chosen = _unique(files)
    rank = Rank.parse(level) if level else None
    failed = 0
    with (
        suggester(bundle, server, key_file, insecure) as answers,
        Bar(chosen) as bar,
        writer(form) as write,
    ):
        filings = _filings(chosen, bar)
        for result in answers(filings, level=rank, limit=limit, threshold=threshold):
            write(result)
            failed += result.error is not None
    return 1 if failed else 0
