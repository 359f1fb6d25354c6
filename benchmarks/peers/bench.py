"""A peer on the work: features of its examples, training, and its figures on labelled filings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.peers import neighbours, omikuji_trees, pecos_tree, svm, zero_shot
from benchmarks.peers.corpus import Corpus
from benchmarks.peers.embeddings import embedded
from benchmarks.peers.examples import Choice, Examples, take
from benchmarks.peers.scoring import hits, predictions
from benchmarks.peers.words import Words
from cpc_classifier.encoder import filing_text
from taxonomy.symbol import Rank
from training.evaluation.labelled import Labelled
from training.evaluation.tree import Tree

__all__ = ["PEERS", "Bench", "Sets"]

Sets = Mapping[str, Sequence[Labelled]]
Read = Callable[[str, Sequence[str]], Any]
"""Name and texts of a set -> their features."""

FILING_TOKENS, LABEL_TOKENS, QUERY_TOKENS = 128, 36, 256


@dataclass(frozen=True, slots=True)
class Peer:
    """How it learns: (examples, its settings, threads) -> a model with ``scores``.

    Attributes:
        vectors: whether it reads embeddings, not words.
    """

    fit: Callable[[Examples, Mapping[str, Any], int], Any]
    vectors: bool = False


PEERS: dict[str, Peer] = {
    "zero-shot": Peer(zero_shot.fit),
    "Parabel": Peer(omikuji_trees.fit),
    "Bonsai": Peer(omikuji_trees.fit),
    "XR-Linear": Peer(pecos_tree.fit),
    "SVM": Peer(svm.fit),
    "neighbours": Peer(neighbours.fit, vectors=True),
}
"""By the name that settings have them under."""


@dataclass(slots=True, eq=False)
class Bench:
    """The work, and features made before."""

    corpus: Corpus
    work: Path
    threads: int = 1
    _words: tuple[Any, Any, Any] = field(default=(None, None, None), init=False)

    def measured(
        self,
        name: str,
        settings: Mapping[str, Any],
        rank: Rank,
        sets: Sets,
        share: float = 1.0,
        validated: bool = False,
    ) -> dict[str, dict[str, float | int]]:
        """Train a peer for the labels of one rank, and measure it.

        Args:
            name: of the peer.
            settings: what it learns from (`Choice`), ``pairs`` of words, and its own.
            rank: of its labels.
            sets: labelled filings, by name.
            share: of the training filings.
            validated: as in `Choice`.

        Returns:
            For each set, as `hits`.
        """
        peer, taxonomy = PEERS[name], self.corpus.taxonomy
        choice, own = Choice.of(settings, share=share, validated=validated)
        rows = choice.rows(self.corpus)
        features, read = (
            self._vectors(rows) if peer.vectors else self._tfidf(rows, own.pop("pairs", False))
        )
        kept, names, y = take(self.corpus, rows, rank)
        examples = Examples(features[np.searchsorted(rows, kept)], y, names, taxonomy)
        model = peer.fit(examples, own, self.threads)
        tree = Tree.of(taxonomy.symbols, taxonomy.parent_rows)
        found = {}
        for key, data in sets.items():
            scores = model.scores(read(key, [self._text(d) for d in data]))
            found[key] = hits(predictions(names, scores), data, tree, rank)
        return found

    def _text(self, labelled: Labelled) -> str:
        """What is read of a filing, as our bundle reads it."""
        serve = self.corpus.recipe.serve
        return filing_text(labelled.filing, serve.fields, serve.max_chars)

    def _tfidf(self, rows: np.ndarray, pairs: bool) -> tuple[Any, Read]:
        key = (pairs, rows.tobytes())
        if self._words[0] != key:
            self._words = (None, None, None)
            words, items = Words(pairs), self.corpus.items
            self._words = (key, words.learn([items[i].text for i in rows.tolist()]), words)
        words = self._words[2]
        return self._words[1], lambda name, texts: words.read(texts)

    def _vectors(self, rows: np.ndarray) -> tuple[np.ndarray, Read]:
        """Embeddings of the groups that are wanted; labels of subgroups are a group of their own,
        as they are most of the work."""
        items, taxonomy = self.corpus.items, self.corpus.taxonomy
        filed = len(self.corpus.train)
        rest = filed + len(self.corpus.validated)
        below = [taxonomy.rank(i.symbols[0]) == Rank.SUBGROUP for i in items[rest:]]
        labels = np.arange(rest, len(items))
        groups = {
            "train": (np.arange(filed), FILING_TOKENS),
            "validated": (np.arange(filed, rest), FILING_TOKENS),
            "labels": (labels[~np.array(below, np.bool_)], LABEL_TOKENS),
            "subgroups": (labels[np.array(below, np.bool_)], LABEL_TOKENS),
        }
        found = np.empty((0, 0), np.float16)
        for name, (own, tokens) in groups.items():
            wanted = np.isin(own, rows, assume_unique=True)
            if wanted.any():
                vectors = self._embed(name, [items[i].text for i in own.tolist()], tokens)
                if not found.size:
                    found = np.zeros((len(rows), vectors.shape[1]), np.float16)
                found[np.searchsorted(rows, own[wanted])] = vectors[wanted]
        return found, lambda name, texts: self._embed(name, texts, QUERY_TOKENS)

    def _embed(self, name: str, texts: Sequence[str], max_tokens: int) -> np.ndarray:
        return embedded(texts, max_tokens, self.work, name, self.corpus.taxonomy)
