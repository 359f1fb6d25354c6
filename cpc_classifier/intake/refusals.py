"""One refusal for a file, or an archive, of which nothing is in a supported format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cpc_classifier.errors import UnsupportedFormatError
from cpc_classifier.filing import ClassifiedFiling, Unreadable

__all__ = ["merge_refusals"]


def merge_refusals(
    results: Iterable[ClassifiedFiling | Unreadable], name: str
) -> Iterator[ClassifiedFiling | Unreadable]:
    """Holds refusals back until something else appears; if nothing does, they become one.

    So a weekly file of a foreign format gives one sentence, not thousands, while a foreign
    document among readable ones keeps its own place and error.

    Args:
        results: of one file, in order.
        name: of the file: the id of the one refusal.
    """
    held: list[Unreadable] = []
    waiting = True
    for result in results:
        match result:
            case Unreadable(error=UnsupportedFormatError()) if waiting:
                held.append(result)
                continue
        if waiting:
            waiting = False
            yield from held
        yield result
    if not waiting or not held:
        return
    if len(held) > 1:
        sentence = f"{held[0].error.message} The same holds for the other {len(held) - 1:,} parts."
        yield Unreadable(name, UnsupportedFormatError(f"{name}: nothing in it is read. {sentence}"))
    else:
        yield held[0]
