"""`cpc bundle promote`, `rollback`, `shadow`, `serving`: which bundle a running service uses."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from cpc_classifier.cli_output import echo_json
from cpc_classifier.cli_source import client_of

__all__ = ["COMMANDS"]

_FOLDER = click.argument("folder", type=click.Path(path_type=Path))


def _service(command: Callable[..., None]) -> Callable[..., None]:
    """The options that name a service."""
    for option in (
        click.option("--insecure", is_flag=True, help="Let the key go over plain http elsewhere."),
        click.option(
            "--key-file",
            type=click.Path(exists=True, dir_okay=False, path_type=Path),
            help="File that holds an admin's key. Default: $CPC_KEY, else no key.",
        ),
        click.option(
            "--server",
            metavar="URL",
            default="http://127.0.0.1:3000",
            show_default=True,
            help="Address of the service.",
        ),
    ):
        command = option(command)
    return command


@click.command(epilog="Example:  cpc bundle promote /models/office-8")
@_FOLDER
@_service
def promote(folder: Path, **service: Any) -> None:
    """Let a running service answer with the bundle in FOLDER, a folder on its machine.

    It loads and verifies the bundle beside the one in use, swaps them between two batches, and
    keeps the old one for `cpc bundle rollback`. No request fails.
    """
    with client_of(**service) as client:
        echo_json(client.promote(str(folder.absolute())))


@click.command(epilog="Example:  cpc bundle rollback")
@_service
def rollback(**service: Any) -> None:
    """Let a running service answer with the bundle before again."""
    with client_of(**service) as client:
        echo_json(client.rollback())


@click.command(epilog="Example:  cpc bundle shadow /models/office-8")
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option("--off", is_flag=True, help="End it.")
@_service
def shadow(folder: Path | None, off: bool, **service: Any) -> None:
    """Let a running service ask the bundle in FOLDER as well, and count how its answers differ.

    Answers stay those of the bundle in use. `cpc bundle serving` and the log of the service tell
    what was found; no filing and no symbol is kept.
    """
    if off == (folder is not None):
        raise click.UsageError("give either a FOLDER or --off.")
    with client_of(**service) as client:
        echo_json(client.shadow(None if folder is None else str(folder.absolute())))


@click.command(epilog="Example:  cpc bundle serving")
@_service
def serving(**service: Any) -> None:
    """Print which bundle a running service answers with, as JSON."""
    with client_of(**service) as client:
        echo_json(client.bundles())


COMMANDS = (promote, rollback, shadow, serving)
"""To be added to `cpc bundle`."""
