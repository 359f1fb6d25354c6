"""`cpc bundle`: what a bundle is, that it is whole, a release for it, and which one serves."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from cpc_classifier.bundle import ModelBundle, starter
from cpc_classifier.cli_output import echo_json
from cpc_classifier.cli_promote import COMMANDS
from cpc_classifier.deepen import deepen as deepen_bundle
from cpc_classifier.settings import Settings
from taxonomy import releases

__all__ = ["bundle"]

_FOLDER = click.argument(
    "folder",
    required=False,
    envvar="CPC_BUNDLE",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
)


@click.group()
def bundle() -> None:
    """Show and verify a model bundle, give it the symbols of a release, let a service use it."""


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


@bundle.command(epilog="Example:  cpc bundle deepen ./my-bundle --release 2026.01")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--release", required=True, help="An imported CPC release, such as 2025.05.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="Folder of the new bundle.  [default: FOLDER itself]",
)
def deepen(folder: Path, release: str, out: Path | None) -> None:
    """Let the bundle in FOLDER suggest the subgroups of RELEASE.

    Its encoder reads the titles of the release; those that read the same in the bundle's own
    release, if that is imported too, stay as they are. After an interruption the same command goes
    on where it was. What was trained stays.
    """
    loaded = ModelBundle.load(folder)
    taxonomy = releases.load(release)
    target = (out or folder).absolute()
    work = target.with_name(f".{target.name}.{release}.{loaded.sha256[:12]}")
    own = loaded.manifest.release
    before = releases.load(own) if own in releases.imported() else None
    threads = Settings.from_environment().threads
    found = deepen_bundle(loaded, taxonomy, before, target, work, threads)
    echo_json({"bundle": str(target)} | asdict(found))


for command in COMMANDS:
    bundle.add_command(command)
