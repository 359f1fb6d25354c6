"""What the official files say of a symbol beside its place and title, kept in one SQLite file.

It stands beside the snapshot of a release; one symbol is looked up in it without reading the rest.
Nothing in it is executed when it is read.
"""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from taxonomy.definition import Definition, Reference, Synonym
from taxonomy.errors import SnapshotError
from taxonomy.release import Release
from taxonomy.scheme import Note
from taxonomy.transfer import Transfer
from taxonomy.validity import Period, Validity

__all__ = ["Details", "SymbolDetails", "write_details"]

FORMAT = 1
_TABLES = """
create table place (symbol text primary key, revised integer, ipc text) without rowid;
create table note (symbol text, kind text, about text, text text, symbols text);
create table reference (symbol text, target text);
create table period (symbol text, start text, end text);
create table definition (symbol text primary key, said text) without rowid;
create table transfer (symbol text, target text, source text, confidence real, reason text);
create table missing (file text);
"""
_INDEXES = """
create index note_of on note (symbol);
create index reference_of on reference (symbol);
create index period_of on period (symbol);
"""


@dataclass(frozen=True, slots=True)
class SymbolDetails:
    """What is known of one symbol.

    Attributes:
        revised: when it was last revised, as YYYYMMDD; 0 where it is not said.
        ipc: its IPC symbol, `CPCONLY`, or "" where it is not said.
        notes: notes and warnings at it.
        references: symbols that its title refers to.
        validity: when it holds, None where it is not said.
        definition: what it covers, None where it has none.
    """

    revised: int
    ipc: str
    notes: tuple[Note, ...]
    references: tuple[str, ...]
    validity: Validity | None
    definition: Definition | None


def write_details(release: Release, path: Path) -> None:
    """Writes a release's details; what was at `path` stays whole until the new file is.

    Raises:
        SnapshotError: the file cannot be written.
    """
    written = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    try:
        with closing(sqlite3.connect(written)) as store:
            store.executescript(f"pragma user_version = {FORMAT}; {_TABLES}")
            _fill(store, release)
            store.executescript(_INDEXES)
            store.commit()
        written.replace(path)
    except (OSError, sqlite3.Error) as error:
        raise SnapshotError(f"{path} cannot be written: {error}") from error
    finally:
        written.unlink(missing_ok=True)


def _fill(store: sqlite3.Connection, release: Release) -> None:
    rows: dict[str, Iterator[tuple[Any, ...]]] = {
        "place": (
            (symbol, release.revised.get(symbol, 0), release.ipc.get(symbol, ""))
            for symbol in dict.fromkeys((*release.revised, *release.ipc))
        ),
        "note": (
            (symbol, note.kind, note.about, note.text, " ".join(note.symbols))
            for symbol, notes in release.notes.items()
            for note in notes
        ),
        "reference": (
            (symbol, target) for symbol, told in release.references.items() for target in told
        ),
        "period": (
            (symbol, period.start.isoformat(), period.end.isoformat() if period.end else "")
            for symbol, validity in release.validity.items()
            for period in validity.periods
        ),
        "definition": (
            (symbol, json.dumps(asdict(said), ensure_ascii=False))
            for symbol, said in release.definitions.items()
        ),
        "transfer": (
            (t.symbol, t.target, t.source, t.confidence, t.reason) for t in release.transfers
        ),
        "missing": ((file,) for file in release.missing),
    }
    for table, values in rows.items():
        width = len(store.execute(f"pragma table_info({table})").fetchall())
        store.executemany(f"insert into {table} values ({', '.join('?' * width)})", values)


class Details:
    """A file that `write_details` wrote, opened to read; each call opens it anew."""

    def __init__(self, path: Path) -> None:
        """Takes a file.

        Raises:
            SnapshotError: it is missing, damaged or of another format.
        """
        self._path = path
        ((found,),) = self._rows("pragma user_version")
        if found != FORMAT:
            raise SnapshotError(f"{path} is of another format; import the release again")

    def _rows(self, query: str, *values: str) -> list[tuple[Any, ...]]:
        try:
            with closing(
                sqlite3.connect(f"{self._path.absolute().as_uri()}?mode=ro", uri=True)
            ) as store:
                return store.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise SnapshotError(
                f"{self._path} cannot be read ({error}); import the release again"
            ) from error

    def of(self, symbol: str) -> SymbolDetails:
        """What is known of a symbol, as the official files print it."""
        place = self._rows("select revised, ipc from place where symbol = ?", symbol)
        notes = self._rows("select kind, about, text, symbols from note where symbol = ?", symbol)
        told = self._rows("select target from reference where symbol = ?", symbol)
        periods = self._rows("select start, end from period where symbol = ?", symbol)
        said = self._rows("select said from definition where symbol = ?", symbol)
        revised, ipc = place[0] if place else (0, "")
        return SymbolDetails(
            revised,
            ipc,
            tuple(Note(kind, about, text, tuple(s.split())) for kind, about, text, s in notes),
            tuple(target for (target,) in told),
            Validity(tuple(_period(*row) for row in periods)) if periods else None,
            _definition(said[0][0]) if said else None,
        )

    def transfers(self) -> tuple[Transfer, ...]:
        """What the warnings announce."""
        return tuple(Transfer(*row) for row in self._rows("select * from transfer"))

    def targets(self, symbol: str) -> tuple[str, ...]:
        """Where the warnings say that documents of a symbol go."""
        query = "select target from transfer where symbol = ? and target != symbol"
        return tuple(target for (target,) in self._rows(query, symbol))

    def ipc(self) -> dict[str, str]:
        """IPC symbol, or `CPCONLY`, by CPC symbol."""
        return dict(self._rows("select symbol, ipc from place where ipc != ''"))

    def validity(self) -> dict[str, Validity]:
        """When symbols hold."""
        found: dict[str, list[Period]] = {}
        for symbol, start, end in self._rows("select symbol, start, end from period"):
            found.setdefault(symbol, []).append(_period(start, end))
        return {symbol: Validity(tuple(periods)) for symbol, periods in found.items()}

    def statements(self) -> dict[str, str]:
        """What the definitions say that each symbol covers."""
        query = "select symbol, json_extract(said, '$.covers') from definition"
        return dict(self._rows(query))

    def missing(self) -> tuple[str, ...]:
        """Files that were not there when the release was imported."""
        return tuple(file for (file,) in self._rows("select file from missing"))


def _period(start: str, end: str) -> Period:
    return Period(date.fromisoformat(start), date.fromisoformat(end) if end else None)


def _definition(said: str) -> Definition:
    read = json.loads(said)
    references = tuple(
        Reference(r["kind"], r["text"], r["place"], tuple(r["symbols"])) for r in read["references"]
    )
    return Definition(
        **read
        | {
            "references": references,
            "glossary": tuple((term, meaning) for term, meaning in read["glossary"]),
            "synonyms": tuple(Synonym(**synonym) for synonym in read["synonyms"]),
        }
    )
