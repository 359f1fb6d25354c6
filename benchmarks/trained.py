"""What a finished run of `cpc train fit` left in its folder, to try other heads and memories on.

Nothing is embedded again, and no test file is read: every choice is made on validation filings.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from machine import SHARED, stop
from safetensors.numpy import load_file
from tokenizers import Tokenizer
from torch.nn import functional

from cpc_classifier.bundle import TOKENIZER
from cpc_classifier.calibration import Calibration
from cpc_classifier.memory import Memory
from cpc_classifier.passages import cut
from cpc_classifier.scoring import Evidence, Scoring
from taxonomy.symbol import Rank
from training.checkpoint import read_tensors
from training.corpus import Example, Known, filing_weights, text_weights
from training.fit_head import Embedded, fit_head
from training.head import TreeHead
from training.memory_items import build_memory, deep_rows
from training.passage_vectors import PassageVectors
from training.pooling import AttentionPool
from training.recipe import Memory as MemorySpec
from training.recipe import Recipe, Serve
from training.recipe_file import find_recipe, load_recipe
from training.sources import Sources, example_readings, read_sources

__all__ = ["Trained", "guesses", "options", "read_trained"]


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """Sources and embeddings of a run.

    Attributes:
        train: float32 (len(sources.train), dim), of unit length; so are `valid` and `texts`.
        projection: float32 (dim, memory dim).
    """

    recipe: Recipe
    sources: Sources
    train: np.ndarray
    valid: np.ndarray
    texts: np.ndarray
    projection: np.ndarray

    def short(self, vectors: np.ndarray) -> np.ndarray:
        """As the memory has them: float32 (n, memory dim), of unit length."""
        found = functional.normalize(torch.from_numpy(vectors @ self.projection), dim=-1)
        return np.ascontiguousarray(found.numpy(), np.float32)

    def label_texts(self) -> Embedded:
        """All label texts as examples of their symbols, with the recipe's weights."""
        sources = self.sources
        closed = {int(r): sources.hierarchy.closure([int(r)]) for r in np.unique(sources.text_rows)}
        return Embedded(
            self.texts,
            [closed[int(r)] for r in sources.text_rows],
            np.full(len(sources.texts), Known.ALL, np.int8),
            text_weights(sources.texts, self.recipe.corpus),
        )

    def head(
        self, filings: np.ndarray, texts: np.ndarray | None = None, epochs: int = 0
    ) -> TreeHead:
        """A head fitted as the recipe says, on some of the filings and label texts.

        Args:
            filings: bool (len(train),), which are learnt; where none is, all are drawn without
                weight, so that the label texts are met as often.
            texts: bool (len(texts),), which label texts are; the others are drawn without weight,
                as where ``[corpus]`` says 0. None: all.
            epochs: 0: the recipe's.
        """
        sources, recipe = self.sources, self.recipe
        head = TreeHead(sources.hierarchy, self.train.shape[1])
        at = [sources.taxonomy.row(s) for s in sources.hierarchy.symbols]
        head.text.copy_(torch.from_numpy(self.texts[at]))
        weight = filing_weights(sources.train, recipe.corpus) * filings
        learnt = Embedded.of(self.train, sources.train, weight)
        told = self.label_texts()
        fit_head(
            head,
            learnt.take(np.flatnonzero(filings)) if filings.any() else learnt,
            told if texts is None else replace(told, weight=told.weights * texts),
            Embedded.of(self.valid, sources.valid),
            sources.hierarchy,
            replace(recipe.fit, epochs=epochs or recipe.fit.epochs),
            recipe.seed,
        )
        return head

    def memory(self, filings: np.ndarray, texts: np.ndarray | None = None) -> Memory:
        """All titles, the other label texts, and some of the training filings.

        Args:
            filings: bool (len(train),), which become items.
            texts: bool (len(texts),), which definitions and labels do; None: all.
        """
        sources, at = self.sources, np.flatnonzero(filings)
        told = np.ones(len(sources.texts), bool) if texts is None else texts
        kept = [i for i, t in enumerate(sources.texts) if told[i] or t.kind == "title"]
        return build_memory(
            [sources.texts[i] for i in kept],
            self.short(self.texts[kept]),
            [sources.train[i] for i in at],
            self.short(self.train[at]),
            deep_rows(sources.labels, sources.subgroups),
        )

    def scores(
        self,
        logits: np.ndarray,
        vectors: np.ndarray,
        memory: Memory,
        calibration: Calibration,
        *,
        titles: bool = True,
    ) -> np.ndarray:
        """Scores of all label rows, float32 (n, rows): head, memory and a bundle's own numbers.

        Without `titles` those of the memory are no neighbours.
        """
        sources = self.sources
        scoring = Scoring(sources.hierarchy, sources.subgroups, memory, calibration)
        asked, first = (memory, 0) if titles else (_untitled(memory), memory.titles)
        queries, found = self.short(vectors), []
        for start in range(0, len(logits), 64):
            part = slice(start, start + 64)
            similarity, items = asked.search(queries[part], calibration.k)
            evidence = Evidence(logits[part], queries[part], similarity, items + first)
            found.append(scoring.label_scores(evidence))
        return np.concatenate(found)


def _untitled(memory: Memory) -> Memory:
    """The items after the titles, as they are stored."""
    indptr, rows = memory.item_rows()
    first = memory.titles
    return Memory(
        memory.codes[first:],
        memory.low,
        memory.step,
        indptr[first:] - first,
        rows[first:],
        memory.names,
    )


def options(text: str) -> argparse.ArgumentParser:
    """The arguments that all who use this have."""
    parser = argparse.ArgumentParser(description=text)
    parser.add_argument("run", type=Path, help="run folder of a finished `cpc train fit`")
    parser.add_argument("--recipe", default="starter")
    parser.add_argument("--data", type=Path, default=SHARED / "data")
    return parser


def read_trained(run: Path, recipe: str, data: Path) -> Trained:
    """Read it; stops with a sentence where something is missing."""
    told = load_recipe(find_recipe(recipe))
    sources = read_sources(told, data)
    found = {
        "train": _filings(run, "train", sources.train, told, told.memory),
        "valid": _filings(run, "valid", sources.valid, told, told.serve),
        "texts": _vectors(run, "texts", len(sources.texts)),
    }
    stage = load_file(run / "adapt.safetensors")
    return Trained(told, sources, **found, projection=stage["param.encoder.projection"])


def _filings(
    run: Path, name: str, examples: list[Example], recipe: Recipe, spec: MemorySpec | Serve
) -> np.ndarray:
    """Embeddings of filings, their passages pooled as the run learnt to."""
    tokenizer = Tokenizer.from_file(str(run / "bundle" / TOKENIZER))
    readings = example_readings(recipe, examples)
    pieces = cut(tokenizer, readings, spec.max_tokens, spec.passages)
    passages = PassageVectors.of(_vectors(run, name, sum(map(len, pieces))), pieces)
    pool = AttentionPool(passages.vectors.shape[1])
    pool.load_state_dict(read_tensors(run / "pool.safetensors")[0])
    return passages.pooled(pool).astype(np.float32)


def _vectors(run: Path, name: str, count: int) -> np.ndarray:
    parts = {
        int(re.findall(r"-(\d+)-", path.name)[0]): path
        for path in (run / "embeddings").glob(f"{name}-*.npy")
    }
    vectors = [np.load(parts[start], allow_pickle=False) for start in sorted(parts)]
    if sum(map(len, vectors)) != count:
        stop(f"{run}/embeddings: {sum(map(len, vectors))} vectors of {name}, not {count}")
    return np.concatenate(vectors).astype(np.float32)


def guesses(
    scores: np.ndarray, examples: Sequence[Example], sources: Sources, rank: Rank, k: int
) -> float:
    """Share of filings with a true symbol of the rank, of whose k best guesses one is true."""
    rows = sources.hierarchy.rows_at(rank)
    told = [np.intersect1d(e.rows, rows) for e in examples]
    at = np.array([i for i, own in enumerate(told) if len(own)])
    best = rows[np.argsort(-scores[at][:, rows], axis=1)[:, :k]]
    return float(np.mean([bool(np.isin(b, told[i]).any()) for b, i in zip(best, at, strict=True)]))
