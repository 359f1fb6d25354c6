"""The id of a filing that has none: its place in its file, from 0.

The readers call such a filing `name#3`, from 1; a result line carries the place alone, so that it
can be matched with the line it came from.
"""

from __future__ import annotations

from dataclasses import replace

from cpc_classifier.filing import ClassifiedFiling, Filing, Unreadable

__all__ = ["numbered"]


def numbered(item: ClassifiedFiling | Unreadable, name: str) -> Filing | Unreadable:
    """The filing, or why it cannot be read; the id `name#3` becomes "2".

    Args:
        item: as read.
        name: of the file as it was read; "" leaves every id as it is.
    """
    found = item if isinstance(item, Unreadable) else item.filing
    label, mark, number = found.id.rpartition("#")
    if name and mark and label == name and number.isdecimal():
        return replace(found, id=str(int(number) - 1))
    return found
