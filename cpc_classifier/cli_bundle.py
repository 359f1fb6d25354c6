"""`cpc bundle show` and `cpc bundle verify`: what a model bundle is, and that it is whole."""

from __future__ import annotations

import json
from pathlib import Path

import click

from cpc_classifier.bundle import ModelBundle, starter
from cpc_classifier.cli_output import echo_json

__all__ = ["bundle"]

_FOLDER = click.argument(
    "folder",
    required=False,
    envvar="CPC_BUNDLE",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
)


@click.group()
def bundle() -> None:
    """Show and verify a model bundle."""


@bundle.command(epilog="Example:  cpc bundle show")
@_FOLDER
def show(folder: Path | None) -> None:
    """Print the manifest of the bundle in FOLDER ($CPC_BUNDLE, else the starter) as JSON."""
    loaded = ModelBundle.load(folder or starter())
    manifest = json.loads((loaded.folder / "manifest.json").read_text(encoding="utf-8"))
    click.echo(json.dumps(manifest, ensure_ascii=False, indent=2))


@bundle.command(epilog="Example:  cpc bundle verify ./my-bundle")
@_FOLDER
def verify(folder: Path | None) -> None:
    """Check the manifest and every file of the bundle in FOLDER, byte for byte."""
    loaded = ModelBundle.load(folder or starter())
    echo_json(
        {
            "bundle": loaded.manifest.name,
            "version": loaded.manifest.version,
            "sha256": loaded.sha256,
            "files": len(loaded.manifest.files),
            "ok": True,
        }
    )
