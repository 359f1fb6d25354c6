"""`cpc symbol show` and `cpc symbol search`: what the scheme says about symbols."""

from __future__ import annotations

from typing import Any

import click

from cpc_classifier.cli_output import echo_json, echo_table
from cpc_classifier.symbol_view import search_view, symbol_view
from taxonomy import releases
from taxonomy.errors import BadSymbolError, UnknownSymbolError

__all__ = ["symbol"]

_FORMAT = click.option(
    "--format",
    "form",
    type=click.Choice(["jsonl", "table"]),
    default="jsonl",
    show_default=True,
    help="JSON lines, or a table to read.",
)
_RELEASE = click.option(
    "--release", default="", help="An imported release. Default: the newest, else the packaged."
)


@click.group()
def symbol() -> None:
    """Look symbols up in the scheme."""


def _print(view: dict[str, Any]) -> None:
    steps = [*view["path"], view]
    rows = [[s["symbol"], s["rank"], "  " * i + s["title"]] for i, s in enumerate(steps)]
    rows += [[c["symbol"], c["rank"], "  " * len(steps) + c["title"]] for c in view["children"]]
    echo_table(rows)


@symbol.command(epilog="Example:  cpc symbol show H01M10/0525 --format table")
@click.argument("symbols", nargs=-1, required=True, metavar="SYMBOL...")
@_RELEASE
@_FORMAT
def show(symbols: tuple[str, ...], release: str, form: str) -> None:
    """Show what is known of each SYMBOL, in any usual spelling: title, path, children, notes."""
    taxonomy = releases.load(release)
    unknown = False
    for text in symbols:
        try:
            view = symbol_view(taxonomy, text)
        except (BadSymbolError, UnknownSymbolError) as error:
            click.echo(f"cpc: {error}", err=True)
            unknown = True
            continue
        if form == "table":
            _print(view)
        else:
            echo_json(view)
    if unknown:
        raise click.exceptions.Exit(1)


@symbol.command(epilog='Example:  cpc symbol search "lithium battery" --limit 5')
@click.argument("query")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True)
@_RELEASE
@_FORMAT
def search(query: str, limit: int, release: str, form: str) -> None:
    """Find symbols by the words of their titles, labels and definitions, mistyped ones too."""
    found = search_view(releases.load(release), query, limit)
    if form == "table":
        if found:
            echo_table([[s["symbol"], s["rank"], s["title"]] for s in found])
        return
    for view in found:
        echo_json(view)
