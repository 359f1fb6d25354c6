"""Filings that are the same but for a few words: families, republications, copies in two sources.

MinHash over runs of words with locality-sensitive hashing (Broder, "On the resemblance and
containment of documents", 1997), by the library datasketch. Two filings that resemble each other
are put into one group, and so are those that resemble one of the group.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
from datasketch import MinHash, MinHashLSH
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from tqdm import tqdm

from cpc_classifier.filing import Filing
from training.corpus.examples import Example, Trust

__all__ = ["near_duplicates", "without_duplicates"]

PERMUTATIONS = 64
RUN = 4
"""Words of a shingle."""
FEWEST = 12
"""Words below which a text is too short to tell: titles are often the same by chance."""
MOST_CHARS = 4096
ORDER = (Trust.COMPLETE_CPC, Trust.PARTIAL_CPC, Trust.COMPLETE_IPC, Trust.PARTIAL_IPC)


def near_duplicates(filings: Sequence[Filing], threshold: float) -> np.ndarray:
    """Groups of filings whose texts resemble each other.

    Args:
        filings: title, abstract and claims are looked at.
        threshold: share of common shingles (Jaccard) from which two resemble each other, in (0, 1).

    Returns:
        int32 (n,), the group of each; a filing that resembles no other is alone in its own.
    """
    index = MinHashLSH(threshold=threshold, num_perm=PERMUTATIONS)
    first, second = [], []
    for i, shingles in enumerate(tqdm(map(_shingles, filings), total=len(filings), desc="copies")):
        if not shingles:
            continue
        sketch = MinHash(num_perm=PERMUTATIONS, seed=1)
        sketch.update_batch([s.encode() for s in shingles])
        for other in index.query(sketch):
            first.append(i)
            second.append(other)
        index.insert(i, sketch, check_duplication=False)
    n = len(filings)
    pairs = coo_array((np.ones(len(first), np.int8), (first, second)), shape=(n, n))
    return np.asarray(connected_components(pairs, directed=False)[1], np.int32)


def without_duplicates(
    examples: Sequence[Example], held: Sequence[Filing], threshold: float
) -> tuple[list[Example], int, int]:
    """One example of each group, and none that resembles a filing held for validation or tests.

    Of a group the one with the most trusted symbols stays, then the one with the longest text.

    Args:
        examples: to learn from.
        held: filings that may not be learnt.
        threshold: as in `near_duplicates`.

    Returns:
        The examples left, in their order; how many were copies of others; how many of held ones.
    """
    filings = [e.filing for e in examples] + list(held)
    groups = near_duplicates(filings, threshold)
    mine = groups[: len(examples)]
    told = np.isin(mine, groups[len(examples) :])
    best: dict[int, int] = {}
    for i in np.flatnonzero(~told).tolist():
        rival = best.get(int(mine[i]))
        if rival is None or _worth(examples[i]) > _worth(examples[rival]):
            best[int(mine[i])] = i
    kept = sorted(best.values())
    return [examples[i] for i in kept], int((~told).sum()) - len(kept), int(told.sum())


def _worth(example: Example) -> tuple[int, int]:
    filing = example.filing
    length = len(filing.title) + len(filing.abstract) + len(filing.claims) + len(filing.description)
    return -ORDER.index(example.trust), length


def _shingles(filing: Filing) -> set[str]:
    """Runs of words of what tells a filing; none of a text that is too short."""
    body = filing.abstract or filing.claims
    words = re.findall(r"\w+", f"{filing.title} {body}"[:MOST_CHARS].casefold())
    return set(_runs(words)) if len(words) >= FEWEST else set()


def _runs(words: Sequence[str]) -> Iterator[str]:
    for i in range(len(words) - RUN + 1):
        yield " ".join(words[i : i + RUN])
