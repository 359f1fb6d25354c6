"""Finds symbols by the words of their titles.

A row is found when every word of the query stands in its own title or in one above it, and at
least one in its own. Words match whole, with or without an English plural ending; the last one
also as the beginning of a word. What stands in parentheses refers to other places, so a match
there counts no more than one in a title above.

Ranking: more words in the row's own title first, whole words before beginnings, own words before
inherited ones, then the higher rank, the fewer dots, the shorter title, the earlier row.
"""

from __future__ import annotations

import re
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from taxonomy.titles import Titles

__all__ = ["TitleSearch"]

_OWN_WHOLE, _OWN_START, _ABOVE = 8, 6, 1  # points of one word
_MAX_WORDS = 12
_SPACES = (b"\xc2\xa0", b"\xe2\x80\x93", b"\xe2\x80\x94", b"\xe2\x80\x98", b"\xe2\x80\x99")
_WORD_BYTES = np.array([chr(b).isalnum() or b >= 0x80 for b in range(256)])


class TitleSearch:
    """The titles of a tree, folded for search when the first query comes."""

    def __init__(
        self,
        titles: Titles,
        parent: NDArray[np.int32],
        rank: NDArray[np.int8],
        ends: NDArray[np.int32],
    ) -> None:
        """Takes the arrays of a tree.

        Args:
            titles: n titles.
            parent: int32 (n,), rows of parents, -1 for a section.
            rank: int8 (n,), values of `Rank`.
            ends: int32 (n,), where the subtree of each row ends, exclusive.
        """
        self._titles = titles
        self._parent = parent
        self._rank = rank
        self._ends = ends

    def rows(self, query: str, limit: int) -> list[int]:
        """The best rows for a query, at most `limit`; none for a query without a word."""
        words = re.findall(r"[^\W_]+", query.casefold())[:_MAX_WORDS]
        if not words or not len(self._titles):
            return []
        n = len(self._titles)
        points = np.zeros(n, np.int64)
        everywhere, somewhere = np.ones(n, np.bool_), np.zeros(n, np.bool_)
        for number, word in enumerate(words):
            own = self._points(word, unfinished=number == len(words) - 1)
            titled = own > _ABOVE
            within = self._below(titled) | (own > 0)
            everywhere &= within
            somewhere |= titled
            points += np.maximum(own, np.where(within, _ABOVE, 0))
        found = np.flatnonzero(everywhere & somewhere)
        order = np.sort(self._keys(found, points[found]))[:limit]
        return [int(key) & 0xFFFFFFFF for key in order]

    def _keys(self, rows: NDArray[np.int64], points: NDArray[np.int64]) -> NDArray[np.int64]:
        """One number a row that sorts as the ranking does; its low 32 bits are the row."""
        starts = self._titles.starts
        length = np.minimum(starts[rows + 1] - starts[rows], 1023)
        depth = np.minimum(self._depth[rows], 31)
        key = (((127 - points) << 3 | self._rank[rows]) << 5 | depth) << 10 | length
        return np.asarray(key << 32 | rows, np.int64)

    def _points(self, word: str, unfinished: bool) -> NDArray[np.int64]:
        """Points of one word in each row's own title: int64 (n,)."""
        points = np.zeros(len(self._titles), np.int64)
        for form in _forms(word):
            at = self._occurrences(_fold(form.encode()))
            if not at.size:
                continue
            whole = ~_WORD_BYTES[self._folded[at + len(form.encode())]]
            value = np.where(whole, _OWN_WHOLE, _OWN_START if unfinished and form == word else 0)
            value = np.where(self._referring(at) & (value > 0), _ABOVE, value)
            rows = np.searchsorted(self._titles.starts, at, "right") - 1
            np.maximum.at(points, rows, value)
        return points

    def _occurrences(self, needle: bytes) -> NDArray[np.int64]:
        """Where words begin with a text, as positions in the folded block, ascending."""
        if len(needle) <= 3:
            text, last = self._folded, len(self._folded) - len(needle) + 1
            hit = text[:last] == needle[0]
            for i in range(1, len(needle)):
                hit &= text[i : last + i] == needle[i]
            at = np.flatnonzero(hit)
        else:
            pieces = self._block.split(needle)
            lengths = np.fromiter(map(len, pieces), np.int64, len(pieces))
            at = np.cumsum(lengths[:-1] + len(needle)) - len(needle)
        before = np.where(at > 0, self._folded[np.maximum(at, 1) - 1], ord("\n"))
        return np.asarray(at[~_WORD_BYTES[before]], np.int64)

    def _referring(self, at: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Whether a position lies within parentheses of its title."""
        start = self._titles.starts[np.searchsorted(self._titles.starts, at, "right") - 1]
        opened, closed = (
            np.searchsorted(marks, at) - np.searchsorted(marks, start) for marks in self._brackets
        )
        return np.asarray(opened > closed)

    def _below(self, rows: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """The rows that are marked or lie below a marked one: bool (n,)."""
        marked = np.flatnonzero(rows)
        change = np.bincount(marked, minlength=len(rows) + 1)
        change -= np.bincount(self._ends[marked], minlength=len(rows) + 1)
        return np.asarray(np.cumsum(change)[:-1] > 0)

    @cached_property
    def _block(self) -> bytes:
        return _fold(self._titles.block)

    @cached_property
    def _folded(self) -> NDArray[np.uint8]:
        return np.frombuffer(self._block, np.uint8)

    @cached_property
    def _brackets(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        return np.flatnonzero(self._folded == ord("(")), np.flatnonzero(self._folded == ord(")"))

    @cached_property
    def _depth(self) -> NDArray[np.int64]:
        starts = np.bincount(np.arange(len(self._ends)), minlength=len(self._ends) + 1)
        return np.asarray(
            np.cumsum(starts - np.bincount(self._ends, minlength=len(starts)))[:-1], np.int64
        )


def _forms(word: str) -> tuple[str, ...]:
    """A word and its English plural or singular."""
    forms = [word]
    if len(word) > 2 and word.isascii() and word.isalpha():
        if word.endswith("ies"):
            forms.append(word[:-3] + "y")
        elif word.endswith("s") and not word.endswith("ss"):
            forms.append(word[:-1])
        elif word.endswith("y") and word[-2] not in "aeiou":
            forms.append(word[:-1] + "ies")
        else:
            forms.append(word + "s")
        if word.endswith(("ches", "shes", "xes", "sses")):
            forms.append(word[:-2])
        elif word.endswith(("ch", "sh", "x", "ss")):
            forms[-1] = word + "es"
    return tuple(forms)


def _fold(text: bytes) -> bytes:
    """Case-folds UTF-8 without moving a byte; odd spaces, dashes and quotes become blanks."""
    lower = text.lower()
    if lower.isascii():
        return lower
    codes = np.frombuffer(lower, np.uint8).copy()
    high = np.flatnonzero(codes >= 0x80)
    for lead, length in ((0xC2, 2), (0xE2, 3)):  # letters of two bytes; signs of three
        at = high[(codes[high] >= lead) & (codes[high] < (0xE0 if length == 2 else 0xE3))]
        places = at[:, None] + np.arange(length)
        letters, which = np.unique(codes[places], axis=0, return_inverse=True)
        folded = [_fold_letter(letter.tobytes()) for letter in letters]
        codes[places] = np.frombuffer(b"".join(folded), np.uint8).reshape(-1, length)[
            which.reshape(-1)
        ]
    return codes.tobytes()


def _fold_letter(letter: bytes) -> bytes:
    """One letter of several bytes, folded if that takes as many bytes."""
    if letter in _SPACES:
        return b" " * len(letter)
    folded = letter.decode().casefold().encode()
    return folded if len(folded) == len(letter) else letter
