"""`cpc key`: keys for those who call the service."""

from __future__ import annotations

import click

from cpc_classifier.service_keys import Role, new_key

__all__ = ["key"]


@click.group()
def key() -> None:
    """Make keys for those who call the service."""


@key.command(epilog="Example:  cpc key new examiner e.noether >> keys.txt")
@click.argument("role", type=click.Choice([role.label for role in Role]))
@click.argument("name")
def new(role: str, name: str) -> None:
    """Make a key of a ROLE for the holder NAME.

    The line for the service ($CPC_KEYS_FILE, or an entry of $CPC_KEYS) goes to standard output; it
    holds a hash only. The key itself is shown once, on standard error, and kept nowhere: its holder
    sends it as `Authorization: Bearer KEY`.
    """
    token, made = new_key(Role[role.upper()], name)
    click.echo(str(made))
    click.echo(f"The key of {name}, shown this once: {token}", err=True)
