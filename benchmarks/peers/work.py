"""The work that every peer does: the texts and labels that our bundle learns from, as matrices.

Filings come from `training.sources`, through the recipe of the starter, so that duplicates of test
filings are refused here too. A peer sees each text as TF-IDF over words, and the labels of one rank
at a time as a sparse 0/1 matrix; what a record does not list is a negative to it, as none of them
knows of incomplete labels.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

from cpc_classifier.encoder import filing_text
from taxonomy.symbol import Rank
from taxonomy.title_text import title_path
from taxonomy.tree import Taxonomy
from training.corpus import Example
from training.evaluation.judged import judge
from training.evaluation.labelled import Labelled, read_labelled
from training.evaluation.predictions import Predictions
from training.evaluation.tree import Tree
from training.recipe import Recipe
from training.recipe_file import find_recipe, load_recipe
from training.sources import Sources, read_sources

__all__ = ["FIGURES", "Features", "Work", "labels_of", "read_work", "share_of", "vectorizer"]

FIGURES = ((Rank.SUBCLASS, 1), (Rank.SUBCLASS, 3), (Rank.MAIN_GROUP, 3), (Rank.SUBGROUP, 10))
"""Rank and how many guesses, as in the table of the README."""


@dataclass(frozen=True, slots=True)
class Features:
    """How texts become numbers: settings that are tuned.

    Attributes:
        pairs: whether pairs of words count beside single ones.
        titles: down to which rank the titles of symbols are examples of them; "": none.
    """

    pairs: bool = False
    titles: str = "main group"


@dataclass(frozen=True, slots=True, eq=False)
class Work:
    """Everything, read once."""

    recipe: Recipe
    sources: Sources
    data: Path

    def examples(self, share: float) -> list[Example]:
        """The training filings, or a share of them."""
        return [e for e in self.sources.train if share_of(e, self.recipe.seed) < share]

    def titles(self, deepest: str, rank: Rank) -> list[tuple[str, str]]:
        """Symbols down to a rank, at least as deep as the labels, with their title paths."""
        if not deepest:
            return []
        taxonomy = self.sources.taxonomy
        most = Rank[deepest.replace(" ", "_").upper()]
        return [
            (s, title_path(s, taxonomy))
            for s in taxonomy.symbols
            if rank <= taxonomy.rank(s) <= most
        ]

    def text(self, example: Example | Labelled) -> str:
        """What is read of a filing, as our bundle reads it."""
        return filing_text(example.filing, self.recipe.serve.fields, self.recipe.serve.max_chars)

    def tests(self) -> dict[str, list[Labelled]]:
        """Every test set, by name."""
        paths = sorted((self.data / "patents").glob("test_*.jsonl.gz"))
        return {path.name.removesuffix(".jsonl.gz"): read_labelled(path) for path in paths}

    def valid(self) -> list[Labelled]:
        """Validation filings, which settings are chosen on."""
        return read_labelled(self.data / "patents" / "valid.jsonl.gz")

    def hits(
        self, rank: Rank, symbols: Sequence[str], scores: np.ndarray, data: Sequence[Labelled]
    ) -> dict[str, float]:
        """The figures of one rank: shares of filings one of whose guesses is right."""
        judged = judge(Predictions.best(symbols, scores, 10, False), data, self.tree(), rank)
        return {
            f"{rank.label} {k}": round(float(judged.hit(k).mean()), 4) if len(judged) else 0.0
            for r, k in FIGURES
            if r == rank
        }

    def tree(self) -> Tree:
        """The release, as figures want it."""
        taxonomy = self.sources.taxonomy
        return Tree.of(taxonomy.symbols, taxonomy.parent_rows)


def read_work(data: Path, recipe: str = "starter") -> Work:
    """Read what the recipe of a bundle learns from."""
    told = load_recipe(find_recipe(recipe))
    return Work(told, read_sources(told, data), data)


def share_of(example: Example, seed: int) -> float:
    """In [0, 1), from filing and seed alone: those below a share lie in every larger one."""
    own = "\n".join((str(seed), example.filing.id, example.filing.title, example.filing.abstract))
    return int.from_bytes(hashlib.sha256(own.encode()).digest()[8:12]) / 2**32


def labels_of(
    rank: Rank, symbols: Sequence[Sequence[str]], taxonomy: Taxonomy
) -> tuple[list[str], sp.csr_matrix]:
    """The labels of some texts at one rank.

    Args:
        symbols: of each text, known to the release.

    Returns:
        The label of each column, and a 0/1 matrix float32 (texts, labels); a text whose symbols
        all lie above the rank has an empty row.
    """
    own = [
        sorted({taxonomy.roll_up(s, rank) for s in listed if taxonomy.rank(s) >= rank})
        for listed in symbols
    ]
    names = sorted({symbol for listed in own for symbol in listed})
    column = {symbol: i for i, symbol in enumerate(names)}
    indices = np.array([column[s] for listed in own for s in listed], np.int32)
    starts = np.cumsum([0, *(len(listed) for listed in own)])
    data = np.ones(len(indices), np.float32)
    return names, sp.csr_matrix((data, indices, starts), shape=(len(own), len(names)))


def vectorizer(features: Features) -> Any:
    """TF-IDF over words and, for Korean, over whatever stands between blanks."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    return TfidfVectorizer(
        sublinear_tf=True,
        min_df=2,
        max_features=600_000,
        ngram_range=(1, 2 if features.pairs else 1),
        dtype=np.float32,
    )
