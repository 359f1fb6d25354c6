"""Filings that are the same but for a few words: families, republications, copies in two sources.

Candidates come from MinHash over runs of words with locality-sensitive hashing (Broder, "On the
resemblance and containment of documents", 1997), by the library datasketch; their share of common
runs is then counted. Abstracts are compared with abstracts and claims with claims, since two
sources of one filing often have different fields of it. Two filings that resemble each other are
put into one group, and so are those that resemble one of the group.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from datasketch import MinHash, MinHashLSH
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from tqdm import tqdm

from cpc_classifier.filing import Filing
from training.corpus.examples import Example
from training.corpus.families import number
from training.corpus.trust import Trust

__all__ = ["Removed", "near_duplicates", "similar_pairs", "without_duplicates"]

PERMUTATIONS = 64
RUN = 4
"""Words of a shingle."""
FEWEST = 12
"""Words below which a text is too short to tell: titles are often the same by chance."""
MOST_CHARS = 4096
COMPARED = ("abstract", "claims")
MISSED = (0.2, 0.8)
"""What a candidate too many and one too few cost, for the bands of the index."""
ORDER = tuple(Trust)

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Removed:
    """How many examples were left out, and why."""

    families: int
    """Another publication of the filing is learnt."""
    copies: int
    """Another filing that resembles it is learnt."""
    held: int
    """It resembles, or is, a filing held for validation or tests."""


def similar_pairs(filings: Sequence[Filing], threshold: float) -> list[tuple[int, int, float]]:
    """Pairs of filings whose abstracts or claims resemble each other.

    The texts are looked at again for the few candidates; only signatures are kept of all.

    Args:
        threshold: share of common shingles (Jaccard) from which two resemble each other, in (0, 1).

    Returns:
        Later filing, earlier filing, share of common shingles; a pair once, the higher share.
    """
    found: dict[Pair, float] = {}
    for field in COMPARED:
        index = MinHashLSH(threshold=threshold, num_perm=PERMUTATIONS, weights=MISSED)
        for i, filing in enumerate(tqdm(filings, desc=f"copies by {field}", disable=None)):
            own = _shingles(filing, field)
            if not own:
                continue
            sketch = MinHash(num_perm=PERMUTATIONS, seed=1, hashfunc=zlib.crc32)
            sketch.update_batch([s.encode() for s in own])
            for other in index.query(sketch):
                theirs = _shingles(filings[other], field)
                share = len(own & theirs) / len(own | theirs)
                if share >= threshold:
                    found[i, other] = max(share, found.get((i, other), 0.0))
            index.insert(i, sketch, check_duplication=False)
    return [(i, other, share) for (i, other), share in found.items()]


def near_duplicates(filings: Sequence[Filing], threshold: float) -> np.ndarray:
    """Groups of filings whose texts resemble each other.

    Args:
        threshold: as in `similar_pairs`.

    Returns:
        int32 (n,), the group of each; a filing that resembles no other is alone in its own.
    """
    return _groups([(i, other) for i, other, _ in similar_pairs(filings, threshold)], len(filings))


def without_duplicates(
    examples: Sequence[Example], held: Sequence[Filing], threshold: float
) -> tuple[list[Example], Removed]:
    """One example of each filing, and none that is, or resembles, one held for validation or tests.

    Of the publications and copies of a filing the one with the most trusted symbols stays, then
    the one with the longest text.

    Args:
        examples: to learn from.
        held: filings that may not be learnt.
        threshold: as in `similar_pairs`.

    Returns:
        The examples left, in their order, and how many went.
    """
    filings = [e.filing for e in examples] + list(held)
    families, n = _family_pairs(filings), len(filings)
    alike = [(i, other) for i, other, _ in similar_pairs(filings, threshold)]
    groups = _groups([*families, *alike], n)
    mine = groups[: len(examples)]
    told = np.isin(mine, groups[len(examples) :])
    best: dict[int, int] = {}
    for i in np.flatnonzero(~told).tolist():
        rival = best.get(int(mine[i]))
        if rival is None or _worth(examples[i]) > _worth(examples[rival]):
            best[int(mine[i])] = i
    kept = sorted(best.values())
    left = np.flatnonzero(~told)
    by_family = len(left) - len(np.unique(_groups(families, n)[left]))
    removed = Removed(by_family, len(left) - len(kept) - by_family, int(told.sum()))
    return [examples[i] for i in kept], removed


def _family_pairs(filings: Sequence[Filing]) -> list[Pair]:
    """Each publication of a filing with the first one."""
    first: dict[str, int] = {}
    own = [(i, name) for i, filing in enumerate(filings) if (name := number(filing))]
    return [(i, at) for i, name in own if (at := first.setdefault(name, i)) != i]


def _groups(pairs: Sequence[Pair], n: int) -> np.ndarray:
    """int32 (n,): the connected component of each."""
    ends = np.array(pairs, np.int64).reshape(-1, 2)
    joined = coo_array((np.ones(len(ends), np.int8), (ends[:, 0], ends[:, 1])), shape=(n, n))
    return np.asarray(connected_components(joined, directed=False)[1], np.int32)


def _worth(example: Example) -> tuple[int, int]:
    filing = example.filing
    length = len(filing.title) + len(filing.abstract) + len(filing.claims) + len(filing.description)
    return -ORDER.index(example.trust), length


def _shingles(filing: Filing, field: str) -> set[str]:
    """Runs of words of a field; none of a text that is too short."""
    text: str = getattr(filing, field)
    words = re.findall(r"\w+", text[:MOST_CHARS].casefold())
    return set(_runs(words)) if len(words) >= FEWEST else set()


def _runs(words: Sequence[str]) -> Iterator[str]:
    for i in range(len(words) - RUN + 1):
        yield " ".join(words[i : i + RUN])
