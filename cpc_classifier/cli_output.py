"""How results are written to standard output: JSON lines, a table to read, or CSV.

Owns the columns. JSON lines are the contract; table and CSV are for people and spreadsheets.
"""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TextIO

import click

from cpc_classifier.result import PLACES, FilingResult, to_json

__all__ = ["CSV_COLUMNS", "echo_json", "echo_table", "writer"]

CSV_COLUMNS = (
    "id",
    "place",
    "symbol",
    "rank",
    "score",
    "title",
    "kind",
    "decision",
    "error_code",
    "error_message",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def echo_json(value: dict[str, Any]) -> None:
    """Writes one object as one line."""
    click.echo(json.dumps(value, ensure_ascii=False))


def echo_table(rows: Sequence[Sequence[str]]) -> None:
    """Writes rows as columns; the last one is not padded."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)][:-1]
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        click.echo("  ".join([*cells, row[-1]]).rstrip())


@contextmanager
def writer(form: str) -> Iterator[Callable[[FilingResult], None]]:
    """Gives a function that writes one result.

    Args:
        form: "jsonl", "table" or "csv".
    """
    if form == "table":
        yield _write_table
    elif form == "csv":
        yield _csv_writer(sys.stdout)
    else:
        yield lambda result: echo_json(to_json(result))


def _write_table(result: FilingResult) -> None:
    if result.error is not None:
        click.echo(f"{result.id}  error {result.error.code}: {result.error}\n")
        return
    click.echo(f"{result.id}  {result.route.decision}: {result.route.reason}")
    if result.suggestions:
        # From the digits that JSON lines have: a result that came over REST looks the same.
        rows = [
            ["", f"{round(s.score, PLACES):.3f}", s.symbol, s.rank.label, s.kind, s.title]
            for s in result.suggestions
        ]
        echo_table(rows)
    click.echo()


def _csv_writer(stream: TextIO) -> Callable[[FilingResult], None]:
    table = csv.writer(stream, lineterminator="\n")
    table.writerow(CSV_COLUMNS)

    def write(result: FilingResult) -> None:
        decision = result.route.decision
        if result.error is not None:
            error = (result.error.code, str(result.error))
            table.writerow(_cells(result.id, "", "", "", "", "", "", decision, *error))
        elif not result.suggestions:
            table.writerow(_cells(result.id, "", "", "", "", "", "", decision, "", ""))
        for place, s in enumerate(result.suggestions, 1):
            score = f"{s.score:.6f}"
            head = (result.id, str(place), s.symbol, s.rank.label, score)
            table.writerow(_cells(*head, s.title, s.kind, decision, "", ""))

    return write


def _cells(*values: str) -> list[str]:
    """Cells that a spreadsheet does not take for formulas."""
    return [f"'{value}" if value.startswith(_FORMULA) else value for value in values]
