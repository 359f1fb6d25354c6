"""`cpc taxonomy import` and `cpc taxonomy list`: the CPC releases on this machine."""

from __future__ import annotations

from pathlib import Path

import click

from cpc_classifier.cli_output import echo_json
from taxonomy import releases

__all__ = ["taxonomy"]


@click.group()
def taxonomy() -> None:
    """Import and list CPC releases."""


@taxonomy.command(name="import", epilog="Example:  cpc taxonomy import CPCTitleList202505.zip")
@click.argument("file", type=click.Path(exists=True, path_type=Path))
def import_(file: Path) -> None:
    """Read the official title list FILE (zip or folder) and keep its release.

    Releases are kept in $CPC_HOME, by default ~/.local/share/cpc-classifier.
    """
    imported = releases.import_release(file)
    echo_json({"release": imported.release, "symbols": len(imported), "home": str(releases.home())})


@taxonomy.command(name="list", epilog="Example:  cpc taxonomy list")
def list_() -> None:
    """List the releases at hand: the packaged structure and those that were imported."""
    packaged = releases.packaged()
    echo_json({"release": packaged.release, "source": "packaged", "symbols": len(packaged)})
    for release in releases.imported():
        symbols = len(releases.load(release))
        echo_json({"release": release, "source": "imported", "symbols": symbols})
