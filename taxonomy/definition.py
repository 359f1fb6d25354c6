"""What the definitions of the CPC say of a symbol: what it covers, and where its neighbours lie.

Source: the sections of the CPC definition XML, which are those of the IPC definitions (Guide to
the IPC, chapter on definitions). Knows no file format (see `readers.definitions`).
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Definition", "Reference", "Synonym"]


@dataclass(frozen=True, slots=True)
class Reference:
    """A place that a definition points to.

    Attributes:
        kind: `limiting` (not covered here, but there), `application-oriented` (examples of
            places for this matter when it is adapted to a use), `residual` (this place takes what
            those do not) or `informative` (of interest for a search).
        text: what is found there.
        place: where, as it is written: with ranges, "and subgroups", or a place outside the CPC;
            "" where text and place are not told apart.
        symbols: the CPC symbols of the place, in order, each once; a range gives its two ends.
    """

    kind: str
    text: str
    place: str
    symbols: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Synonym:
    """A word of patent documents that the scheme puts in other words.

    Attributes:
        kind: `synonyms`, `abbreviations`, `instead-of-words` (the term stands in documents where
            the scheme says the meaning), `special-meanings`, or "" where the file does not tell.
        term: the word; for synonyms of one another, all of them.
        meaning: what it stands for, "" where the file does not tell it apart from the term.
    """

    kind: str
    term: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Definition:
    """The definition of a symbol; a section that it does not have is empty.

    Texts are plain: a paragraph, an item of a list or a row of a table is a line, the columns of
    a row stand between tabs. Pictures are not told of.

    Attributes:
        symbol: as the official files print it.
        title: as the definition repeats it, with references in parentheses.
        statement: what the symbol covers, the paragraphs alone, on one line: running text, as
            models read it.
        covers: what the symbol covers, whole, with headings, lists and tables.
        relationships: how it is told from other places.
        references: to other places, in the order of the file.
        special_rules: how to classify here.
        glossary: terms and their meanings; the term is "" where it is not told apart.
        synonyms: words of patent documents, in the order of the file.
    """

    symbol: str
    title: str
    statement: str
    covers: str
    relationships: str
    references: tuple[Reference, ...]
    special_rules: str
    glossary: tuple[tuple[str, str], ...]
    synonyms: tuple[Synonym, ...]
