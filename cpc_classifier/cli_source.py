"""What answers `cpc suggest`: a bundle in this process, or a service elsewhere.

Owns which options exclude each other. What is not used is not imported: with a service, no ONNX
runtime need be here.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from cpc_classifier.errors import BadRequestError
from cpc_classifier.result import FilingResult
from cpc_classifier.settings import Settings

if TYPE_CHECKING:
    from cpc_classifier.client import Client

__all__ = ["client_of", "suggester"]

_KEY = "CPC_KEY"


@contextmanager
def suggester(
    bundle: Path | None, server: str | None, key_file: Path | None, insecure: bool
) -> Iterator[Callable[..., Iterator[FilingResult]]]:
    """Gives `suggest_stream` of a `Classifier` or of a `Client`.

    Args:
        bundle: to load; None is the starter.
        server: address of a service; None where the bundle is used.
        key_file: holds the key of the service; None: `CPC_KEY` of the environment, if any.
        insecure: whether the key may go over plain http to another machine.

    Raises:
        click.UsageError: options that exclude each other, or make no sense.
    """
    if server is None:
        if key_file is not None or insecure:
            raise click.UsageError("--key-file and --insecure are of use with --server only.")
        from cpc_classifier.classifier import Classifier

        threads = Settings.from_environment().threads
        yield Classifier.load(bundle, threads=threads).suggest_stream
        return
    given = click.get_current_context().get_parameter_source("bundle")
    if given is ParameterSource.COMMANDLINE:
        raise click.UsageError("--bundle and --server exclude each other: a service has its own.")
    with client_of(server, key_file, insecure) as client:
        yield client.suggest_stream


def client_of(server: str, key_file: Path | None, insecure: bool) -> Client:
    """A client of a service.

    Args:
        server: its address.
        key_file: as in `suggester`.
        insecure: as in `suggester`.

    Raises:
        click.UsageError: an address or key that makes no sense.
    """
    from cpc_classifier.client import Client

    try:
        return Client(server, _key(key_file), insecure=insecure)
    except BadRequestError as error:
        raise click.UsageError(error.message) from None


def _key(file: Path | None) -> str | None:
    if file is None:
        return os.environ.get(_KEY, "").strip() or None
    return file.read_bytes().decode("utf-8", "replace").strip()
