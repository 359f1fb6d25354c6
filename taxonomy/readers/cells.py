"""What stands in a cell or an element of an official file, told from what it should be."""

from __future__ import annotations

from taxonomy.errors import BadSymbolError, ReleaseFileError
from taxonomy.symbol import Symbol

__all__ = ["symbol_in"]


def symbol_in(text: str, where: str) -> Symbol:
    """A symbol.

    Args:
        text: in any usual spelling.
        where: file and line, for the message.

    Raises:
        ReleaseFileError: it is none.
    """
    try:
        return Symbol.parse(text)
    except BadSymbolError as error:
        raise ReleaseFileError(f"{where}: {error}") from error
