"""Transfers that the scheme itself announces: its reclassification warnings.

A `reclass-source` warning says that documents of its place go into other groups, a
`reclass-destination` warning that those of other groups come to its place. They are read sentence
by sentence ("... is incomplete pending reclassification of documents from groups A and B", "...
is being reclassified into group C"); the last sentence of a warning only says what to search.
Source: notes and warnings of the CPC scheme XML; `C12N5/0037 - C12N5/0056` stands for all between.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

import numpy as np

from taxonomy.scheme import Note, Scheme
from taxonomy.transfer import WARNING, Transfer
from taxonomy.tree import Taxonomy

__all__ = ["announced"]

MOST_TARGETS = 50
"""A sentence that names more says nothing of any one of them, and is left out."""
_SYMBOL = r"[A-HY][0-9]{2}[A-Z][0-9]{1,4}/[0-9]{2,6}"
_NAMED = re.compile(rf"({_SYMBOL})(?:\s*[-–]\s*({_SYMBOL}))?")
_SENTENCE = re.compile(r"\.\s*(?=[A-Z])|\s(?=All groups)")
_FROM = re.compile(r"(.*?)incomplete pending reclassification\b.*?\bfrom\b(.*)", re.DOTALL)
_INTO = re.compile(r"(.*?)reclassifi(?:cation|ed)\b.*?\b(?:into|to)\b(.*)", re.DOTALL)


def announced(scheme: Scheme) -> tuple[Transfer, ...]:
    """What the warnings of a scheme say, in the order of the scheme, each transfer once."""
    found: dict[tuple[str, str], Transfer] = {}
    for place, notes in scheme.notes.items():
        for note in notes:
            if note.about.startswith("reclass-"):
                for symbol, target in _pairs(place, note, scheme.taxonomy):
                    if symbol != target:
                        transfer = Transfer(symbol, target, WARNING, 1.0, note.about)
                        found.setdefault((symbol, target), transfer)
    return tuple(found.values())


def _pairs(place: str, note: Note, tree: Taxonomy) -> Iterator[tuple[str, str]]:
    for sentence in _SENTENCE.split(note.text):
        if "complete search" in sentence:
            continue
        if (told := _FROM.match(sentence)) is not None:
            symbols, targets = _named(told[2], tree), _named(told[1], tree) or [place]
        elif (told := _INTO.match(sentence)) is not None:
            symbols, targets = _named(told[1], tree) or [place], _named(told[2], tree)
        else:
            continue
        if len(targets) <= MOST_TARGETS:
            yield from product(symbols, targets)


def _named(text: str, tree: Taxonomy) -> list[str]:
    """The symbols that a text names, each once; a range is all between its ends that is no deeper.

    Of a range whose ends are unknown, or of two subclasses, only the ends.
    """
    found: list[str] = []
    for match in _NAMED.finditer(text):
        first, last = match[1], match[2] or match[1]
        start, end = tree.find((first, last)).tolist()
        if 0 <= start <= end and first[:4] == last[:4]:
            rows = np.arange(start, end + 1)
            deepest = tree.depths[rows[[0, -1]]].max()
            found += [tree.symbols[row] for row in rows[tree.depths[rows] <= deepest]]
        else:
            found += (first, last)
    return list(dict.fromkeys(found))
