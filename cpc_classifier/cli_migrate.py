"""`cpc taxonomy migrate`: the allocations of filings in terms of another release."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from cpc_classifier.cli_output import echo_json
from cpc_classifier.filing import Unreadable
from cpc_classifier.intake import read_filings
from taxonomy import releases
from taxonomy.allocation import Allocation
from taxonomy.migrate import Migrated, applied, fates
from taxonomy.readers.revision import read_revision
from taxonomy.readers.transfer_table import read_transfer_table
from taxonomy.transfer import Transfer

__all__ = ["migrate"]


@click.command(
    epilog="Example:  cpc taxonomy migrate 2022.08 2025.05 filings.jsonl --work-only",
)
@click.argument("old")
@click.argument("new")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option(
    "--transfers",
    multiple=True,
    type=click.Path(exists=True, path_type=Path),
    help="Where symbols went: a revision concordance list (XML, zip) or a CSV of one's own with "
    "the columns from and to. May be given several times.",
)
@click.option("--work-only", is_flag=True, help="Only filings that a person must look at.")
def migrate(
    old: str, new: str, files: tuple[Path, ...], transfers: tuple[Path, ...], work_only: bool
) -> int:
    """Say what becomes of the CPC symbols of the filings in FILES from release OLD to NEW.

    One line a filing: each symbol with its outcome (unchanged, transferred, retired or unknown),
    where it went, and why a person must look at it, if one must; `applied` holds the symbols that
    are right in NEW without one. Inferred targets are offered, never applied. An inventive symbol
    that went to a place for additional information only is applied as additional, and a person
    must look at it. The last line counts.
    """
    before, after = releases.load(old), releases.load(new)
    said = [
        *_announced(before.release),
        *(t for t in _announced(after.release) if t.symbol not in after),
        *(t for path in transfers for t in _transfers(path)),
    ]
    filings = list(_classified(files))
    known = fates(
        (a.symbol for _, one in filings if isinstance(one, tuple) for a in one),
        before,
        after,
        said,
        definitions=releases.statements(after.release),
    )
    counts: Counter[str] = Counter()
    for name, one in filings:
        if isinstance(one, Unreadable):
            counts["unreadable"] += 1
            echo_json({"id": one.id, "error": {"code": one.error.code, "message": str(one.error)}})
            continue
        migrated = [Migrated(a, known[a.symbol]) for a in one]
        counts["filings"] += 1
        work = any(m.look for m in migrated)
        counts["work"] += work
        counts.update(m.fate.outcome.value for m in migrated)
        if work or not work_only:
            echo_json({"id": name, **_told(migrated)})
    echo_json({"old": before.release, "new": after.release, "counts": dict(counts)})
    return 1 if counts["unreadable"] else 0


def _announced(release: str) -> tuple[Transfer, ...]:
    """What the warnings of an imported release say, if its scheme XML was imported."""
    details = releases.details(release)
    return details.transfers() if details else ()


def _transfers(path: Path) -> tuple[Transfer, ...]:
    if path.suffix.lower() == ".csv":
        return read_transfer_table(path)
    return read_revision(path).transfers


def _classified(
    files: tuple[Path, ...],
) -> Iterator[tuple[str, tuple[Allocation, ...] | Unreadable]]:
    """The name and the allocations of each filing; their texts are not kept."""
    for path in files:
        with path.open("rb") as stream:
            for number, one in enumerate(read_filings(stream, name=path.name)):
                name = f"{path.name}#{number}"
                if isinstance(one, Unreadable):
                    yield name, one
                else:
                    yield one.filing.id or name, tuple(one.allocations)


def _told(migrated: list[Migrated]) -> dict[str, Any]:
    return {
        "symbols": [_symbol(one) for one in migrated],
        "applied": [{"symbol": a.symbol, "kind": a.kind} for a in applied(migrated)],
    }


def _symbol(one: Migrated) -> dict[str, Any]:
    return {
        "symbol": one.allocation.symbol,
        "kind": one.allocation.kind,
        "outcome": one.fate.outcome.value,
        "targets": [
            {"symbol": t.target, "confidence": t.confidence, "source": t.source}
            for t in one.fate.targets
        ],
        "look": one.look,
    }
