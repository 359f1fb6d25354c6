"""What a query asks for: its words, and for each one what else would do.

A word stands for itself and, by its stem, for its other endings. The last word may be unfinished:
words that begin with it do too. Two words that are one elsewhere do as one (`ink jet`, `inkjet`),
and one word that is two elsewhere as two. A word that no title or label has, and that is no
beginning, is also looked for as the nearest words that they have.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from rapidfuzz.distance import OSA
from rapidfuzz.process import extract

from taxonomy.words import STOP_WORDS, typed_words

__all__ = ["Alternative", "Term", "Vocabulary", "understood"]

_MOST_TERMS = 10
_MOST_BEGINNINGS = 12
_MOST_NEAREST = 4
_MOST_CORRECTED = 4  # words of a query; each takes about 2 ms in 55,000 words
_LONGEST_QUERY = 500  # characters; what comes later is not read
_CHOICE = 24  # nearest words among which the more frequent ones are taken

Side = Callable[[tuple[str, ...]], bool]


@dataclass(frozen=True, slots=True)
class Alternative:
    """What may stand for a word of a query.

    Attributes:
        words: folded words that must stand side by side.
        weight: in (0, 1], how well they stand for it.
    """

    words: tuple[str, ...]
    weight: float


@dataclass(frozen=True, slots=True)
class Term:
    """A word of a query, folded, and what may stand for it, itself first."""

    word: str
    alternatives: tuple[Alternative, ...]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The words of the titles and labels.

    Attributes:
        words: folded, sorted.
        stems: the stem of each.
        counts: how many titles and labels have each.
    """

    words: list[str]
    stems: list[str]
    counts: list[int]
    _by_length: dict[int, list[str]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        lengths: dict[int, list[str]] = defaultdict(list)
        for word in self.words:
            if word.isalpha():
                lengths[len(word)].append(word)
        object.__setattr__(self, "_by_length", dict(lengths))

    def count(self, word: str) -> int:
        """How many titles and labels have a word, 0 for an unknown one."""
        at = bisect_left(self.words, word)
        known = at < len(self.words) and self.words[at] == word
        return self.counts[at] if known else 0

    def stem(self, word: str) -> str:
        """The stem of a word, an unknown one as it is."""
        at = bisect_left(self.words, word)
        return self.stems[at] if at < len(self.words) and self.words[at] == word else word

    def beginning(self, start: str, limit: int) -> list[str]:
        """The most frequent words that begin with a text, without itself."""
        first = bisect_left(self.words, start)
        end = bisect_left(self.words, start + "\U0010ffff", first)
        places = sorted(range(first, end), key=self.counts.__getitem__, reverse=True)
        found = (self.words[at] for at in places[: limit + 1])
        return [word for word in found if word != start][:limit]

    def nearest(self, word: str, limit: int) -> list[tuple[str, int]]:
        """The nearest words and their distances, the nearest and then the most frequent first.

        A distance counts letters that are wrong, missing, too many, or swapped with their
        neighbour (optimal string alignment): at most 1 in words of 4 or 5 letters, 2 in longer
        ones. Words with figures and words of 3 letters and less have
        no near ones.
        """
        if len(word) < 4 or not word.isalpha():
            return []
        most = 1 if len(word) < 6 else 2
        ranked: list[tuple[int, bool, int, str]] = []
        for length in range(len(word) - most, len(word) + most + 1):
            pool = self._by_length.get(length, [])
            for near, distance, _ in extract(
                word, pool, scorer=OSA.distance, score_cutoff=most, limit=_CHOICE
            ):
                ranked.append((int(distance), near[0] != word[0], -self.count(near), near))
        return [(near, distance) for distance, _, _, near in sorted(ranked)[:limit]]


def understood(query: str, vocabulary: Vocabulary, found: Side) -> list[Term]:
    """The terms of a query, none for one without words.

    Args:
        query: any text.
        vocabulary: of the titles and labels.
        found: whether these words stand side by side, in any of their endings, in any title.
    """
    read = query[:_LONGEST_QUERY]
    typed = typed_words(read)
    kept = list(dict.fromkeys(w for w in typed if w not in STOP_WORDS) or typed)[:_MOST_TERMS]
    terms: list[Term] = []
    corrected = 0
    for i, word in enumerate(kept):
        unfinished = word == typed[-1] and not read[-1].isspace()
        own = _known(word, unfinished, vocabulary, found)
        if corrected < _MOST_CORRECTED and not any(
            vocabulary.count(w) for a in own for w in a.words
        ):
            corrected += 1
            own += _corrected(word, vocabulary, found)
        for pair in (kept[max(i - 1, 0) : i + 1], kept[i : i + 2]):
            if len(pair) == 2 and vocabulary.count("".join(pair)):
                own.append(Alternative(("".join(pair),), 0.95))
        terms.append(Term(word, tuple(own)))
    return terms


def _known(word: str, unfinished: bool, vocabulary: Vocabulary, found: Side) -> list[Alternative]:
    """The word itself, what it may become, and its halves."""
    own = [Alternative((word,), 1.0)]
    if unfinished:
        weight = 0.6 if vocabulary.count(word) else 0.8
        longer = vocabulary.beginning(word, _MOST_BEGINNINGS)
        own += [Alternative((w,), weight) for w in longer]
    halves = (pair for pair in _halves(word, vocabulary) if found(pair))
    return own + [Alternative(pair, 0.9) for pair in halves]


def _corrected(word: str, vocabulary: Vocabulary, found: Side) -> list[Alternative]:
    """The nearest words; two letters off only where no title has the stem of the word either."""
    near = vocabulary.nearest(word, _MOST_NEAREST)
    most = 1 if near and found((word,)) else 2
    weights = {1: 0.9, 2: 0.75}
    return [Alternative((w,), weights[d]) for w, d in near if d <= most]


def _halves(word: str, vocabulary: Vocabulary) -> list[tuple[str, str]]:
    """The ways to part a word into two known words of three letters and more."""
    if not word.isascii():
        return []
    pairs = ((word[:i], word[i:]) for i in range(3, len(word) - 2))
    return [pair for pair in pairs if all(vocabulary.count(half) for half in pair)]
