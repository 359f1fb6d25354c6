"""The data card for people: Markdown tables of the counts that `card` makes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["markdown"]

SHOWN = 30
"""Rows of a long table; the others are added up."""


def markdown(found: Mapping[str, Any]) -> str:
    """The card of a whole corpus, as `card.write_card` gives it."""
    learnt, held = found["learnt"], found["validate"]
    lines = [
        f"# Corpus for release {learnt['release']}",
        "",
        f"{learnt['filings']:,} filings to learn from, {held['filings']:,} to validate with.",
    ]
    lines += _table(("left out, as", "records"), found["removed"].items())
    for title in ("trust", "language", "decade", "source"):
        both = _beside(learnt[title], held[title])
        lines += _table((title, "learnt", "validate"), _shortened(both))
    lines += _fields(learnt)
    lines += ["", f"{learnt['title_only']:,} have a title and nothing else."]
    lines += _ranks(learnt)
    own = learnt["subclasses"]
    lines += [
        "",
        f"Of the subclasses {own['without_examples']} have no example and {len(own['tail'])} fewer "
        f"than {own['few']}; the median has {own['median_examples']}, the largest "
        f"{own['most_examples']:,}. The tail: {', '.join(own['tail']) or 'none'}.",
    ]
    for scheme, fates in found["symbols"].items():
        rows = ((fate, told["symbols"], told["mentions"]) for fate, told in fates.items())
        lines += _table((f"{scheme.upper()} symbols as written", "symbols", "mentions"), rows)
    lines += _table(("label texts", "number"), found["label_texts"].items())
    lines += _table(("kind of example", "weight"), found["weights"].items())
    return "\n".join(lines) + "\n"


def _table(head: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> list[str]:
    """A table after an empty line; nothing where it would have no row."""
    cells = ["| " + " | ".join(_cell(value) for value in row) + " |" for row in rows]
    if not cells:
        return []
    return ["", "| " + " | ".join(head) + " |", "|---" * len(head) + "|", *cells]


def _cell(value: Any) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    return str(value).replace("|", "\\|")


def _beside(learnt: Mapping[str, int], held: Mapping[str, int]) -> list[tuple[str, int, int]]:
    return [(key, learnt.get(key, 0), held.get(key, 0)) for key in {**learnt, **held}]


def _shortened(rows: list[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    if len(rows) <= SHOWN:
        return rows
    rest = rows[SHOWN:]
    sums = (sum(learnt for _, learnt, _ in rest), sum(held for _, _, held in rest))
    return [*rows[:SHOWN], (f"{len(rest)} others", *sums)]


def _fields(found: Mapping[str, Any]) -> list[str]:
    rows = (
        (name, told["filings"], told.get("median_chars", ""), told.get("most_chars", ""))
        for name, told in found["fields"].items()
    )
    return _table(("field", "filings", "median characters", "most"), rows)


def _ranks(found: Mapping[str, Any]) -> list[str]:
    rows = (
        (name, told["symbols"], told["with_examples"], told["filings"])
        for name, told in found["ranks"].items()
    )
    return _table(("rank", "symbols", "with examples", "filings known so deep"), rows)
