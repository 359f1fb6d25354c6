"""Makes the index that titles are searched with, in one SQLite file.

The file holds:
    titles      FTS5, contentless, rowid = row of the tree: the words of each title, without its
                references to other places, and of our own labels, English and Korean. SQLite's
                Porter stemmer cuts their endings.
    definitions the same for the definitions of those that have one.
    names       what a symbol is called: the stems of each part of its title and labels.
    facts       arrays and word lists as blobs: where subtrees end, ranks, lengths of titles; the
                words of titles and labels with their stems and how many titles have them.

Words of titles above are not stored again: a subtree is a slice of rows, so that they are found
from the rows that have them (see `search`). The titles themselves are not stored either.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from taxonomy.errors import SnapshotError
from taxonomy.flags import Flag
from taxonomy.labels import LANGUAGES, labels
from taxonomy.symbol import Rank
from taxonomy.title_text import PARENTHESES, SYMBOL_LIKE
from taxonomy.words import STOP_WORDS, words

if TYPE_CHECKING:
    from taxonomy.definition import Definition
    from taxonomy.tree import Taxonomy

__all__ = ["FORMAT", "build_index", "definition_text", "digest", "fill"]

FORMAT = 1
"""`user_version` of the file; another one is another format."""
_DEFINITION_WORDS = 400  # of each definition; what comes later is detail
_TOKENIZER = "porter unicode61 remove_diacritics 2"
_PART = re.compile(r";|\be\.g\.|\bi\.e\.", re.IGNORECASE)
_LABEL_PART = re.compile(r",|;| and | 및 ")
_TABLES = f"""
    PRAGMA user_version = {FORMAT};
    CREATE TABLE facts (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE names (row INTEGER PRIMARY KEY, parts TEXT NOT NULL);
    CREATE VIRTUAL TABLE titles USING fts5(
        words, content='', columnsize=0, tokenize='{_TOKENIZER}'
    );
    CREATE VIRTUAL TABLE definitions USING fts5(
        words, content='', columnsize=0, tokenize='{_TOKENIZER}'
    );
"""


def build_index(taxonomy: Taxonomy, definitions: Mapping[str, str] | None, path: Path) -> None:
    """Writes the index of a release; what was at `path` stays whole until the new file is.

    Args:
        taxonomy: the release, with its titles.
        definitions: symbol -> text that finds it as well (see `definition_text`); symbols that the
            release does not have are left out. None where there are none.
        path: the file.

    Raises:
        SnapshotError: the file cannot be written.
    """
    written = path.with_name(f".{path.name}.{uuid.uuid4().hex}.part")
    try:
        with closing(sqlite3.connect(written)) as connection:
            connection.execute("PRAGMA journal_mode = OFF")  # a part that fails is thrown away
            fill(connection, taxonomy, definitions or {})
        written.replace(path)
    except (OSError, sqlite3.Error) as error:
        raise SnapshotError(f"{path} cannot be written: {error}") from error
    finally:
        written.unlink(missing_ok=True)


def definition_text(definition: Definition) -> str:
    """What of a definition finds its symbol: synonyms, terms of the glossary, the statement."""
    told = [f"{synonym.term} {synonym.meaning}" for synonym in definition.synonyms]
    told += [term for term, _ in definition.glossary]
    return " ".join((*told, definition.statement))


def fill(
    connection: sqlite3.Connection, taxonomy: Taxonomy, definitions: Mapping[str, str]
) -> None:
    """Makes the tables in an empty database and fills them."""
    titles = map(taxonomy.titles.__getitem__, range(len(taxonomy)))
    parts = [[_said(part) for part in _PART.split(_title(title))] for title in titles]
    lengths = [sum(map(len, row)) for row in parts]
    for row, more in _labels(taxonomy):
        parts[row] += more
    counts = Counter(word for row in parts for word in {word for part in row for word in part})
    vocabulary = sorted(counts)
    stems = _stems(vocabulary)
    facts = {
        "digest": digest(taxonomy),
        "ends": taxonomy.ends.astype("<i4").tobytes(),
        "ranks": taxonomy.ranks.astype("<i1").tobytes(),
        "lengths": np.minimum(lengths, 255).astype("<u1").tobytes(),
        "additional": _additional(taxonomy).tobytes(),
        "words": "\n".join(vocabulary).encode(),
        "stems": "\n".join(stems[word] for word in vocabulary).encode(),
        "counts": np.array([counts[word] for word in vocabulary], "<i4").tobytes(),
    }
    connection.executescript(_TABLES)
    with connection:
        connection.executemany("INSERT INTO facts VALUES (?, ?)", facts.items())
        connection.executemany("INSERT INTO names VALUES (?, ?)", _names(parts, stems))
        connection.executemany(
            "INSERT INTO titles (rowid, words) VALUES (?, ?)",
            ((row, " ".join(chain.from_iterable(said))) for row, said in enumerate(parts)),
        )
        connection.executemany(
            "INSERT INTO definitions (rowid, words) VALUES (?, ?)",
            (
                (taxonomy.row(symbol), " ".join(_said(text)[:_DEFINITION_WORDS]))
                for symbol, text in definitions.items()
                if symbol in taxonomy
            ),
        )
        for table in ("titles", "definitions"):
            connection.execute(f"INSERT INTO {table} ({table}) VALUES ('optimize')")


def digest(taxonomy: Taxonomy) -> bytes:
    """What tells a tree from another: a sha256 of its symbols and titles."""
    told = hashlib.sha256("\n".join(taxonomy.symbols).encode())
    told.update(taxonomy.titles.block)
    return told.digest()


def _additional(taxonomy: Taxonomy) -> NDArray[np.uint8]:
    """1 for groups that only add information, else 0: uint8 (n,)."""
    additional = (taxonomy.flags & Flag.ADDITIONAL_ONLY) > 0
    return np.asarray(additional & (taxonomy.ranks >= Rank.MAIN_GROUP), np.uint8)


def _title(title: str) -> str:
    """A title without braces, and without the parentheses that name symbols."""
    text = title.replace("{", "").replace("}", "")
    while "(" in text and (shorter := PARENTHESES.sub(_kept, text)) != text:
        text = shorter
    return text


def _kept(parenthesis: re.Match[str]) -> str:
    return " " if SYMBOL_LIKE.search(parenthesis[0]) else parenthesis[0]


def _labels(taxonomy: Taxonomy) -> Iterator[tuple[int, list[list[str]]]]:
    """Rows, and the words of each part of their labels; Hangul also across its blanks."""
    for language in LANGUAGES:
        for symbol, label in labels(language).items():
            if symbol in taxonomy:
                yield (
                    taxonomy.row(symbol),
                    [
                        list(dict.fromkeys([*_said(part), *_said("".join(part.split()))]))
                        if language == "ko"
                        else _said(part)
                        for part in _LABEL_PART.split(label)
                    ],
                )


def _said(text: str) -> list[str]:
    """The words of a text that say something."""
    return [word for word in words(text) if word not in STOP_WORDS]


def _names(parts: list[list[list[str]]], stems: Mapping[str, str]) -> Iterator[tuple[int, str]]:
    """Rows, and what they are called: a line for each part, of stems."""
    for row, said in enumerate(parts):
        yield row, "\n".join(" ".join([stems[word] for word in part]) for part in said if part)


def _stems(vocabulary: list[str]) -> dict[str, str]:
    """The stem of each word, as FTS5 cuts it."""
    with closing(sqlite3.connect(":memory:")) as stemmer:
        stemmer.execute(f"CREATE VIRTUAL TABLE given USING fts5(word, tokenize='{_TOKENIZER}')")
        stemmer.execute("CREATE VIRTUAL TABLE cut USING fts5vocab(given, instance)")
        stemmer.executemany("INSERT INTO given (rowid, word) VALUES (?, ?)", enumerate(vocabulary))
        found = stemmer.execute("SELECT doc, term FROM cut WHERE offset = 0").fetchall()
    return dict(zip(vocabulary, vocabulary, strict=True)) | {
        vocabulary[i]: stem for i, stem in found
    }
