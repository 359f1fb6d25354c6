"""What a step of stage 1 sees: filings, the texts they belong to, and unrelated texts.

Every draw depends on the seed and the step alone, so a run that was killed goes on as if it had
not been.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from cpc_classifier.encoder import filing_text
from cpc_classifier.filing import Filing
from cpc_classifier.hierarchy import Hierarchy
from taxonomy.symbol import Rank
from taxonomy.tree import Taxonomy
from training.corpus import Example, Known, filing_weights, text_weights
from training.label_texts import LabelText
from training.recipe import Adapt, Corpus

__all__ = ["Batch", "Batches", "dense", "drop_fields", "label_rows"]

Item = tuple[str, np.ndarray, Known, bool]
"""A text, its label rows, what it knows to be false, and whether it is a label text."""


@dataclass(frozen=True, slots=True)
class Batch:
    """One step.

    Attributes:
        texts: filings first, then as many positives, then unrelated label texts.
        rows: label rows of each text, closed under ancestors.
        known: which unlisted rows of each are negatives.
        filings: how many of the texts are filings' queries.
        labels: which texts are label texts, bool.
        pairs: of unlabelled filings, one field and the others; of symbols, a label in another
            language and the title path.
    """

    texts: list[str]
    rows: list[np.ndarray]
    known: list[Known]
    filings: int
    labels: list[bool]
    pairs: list[tuple[str, str]]


def label_rows(symbols: Sequence[str], taxonomy: Taxonomy, hierarchy: Hierarchy) -> np.ndarray:
    """The label row (a main group or above) in which each symbol lies: int32 (n,)."""
    row_of = {symbol: row for row, symbol in enumerate(hierarchy.symbols)}
    at = np.empty(len(taxonomy), np.int32)
    for i, symbol in enumerate(taxonomy.symbols):
        at[i] = row_of[symbol] if symbol in row_of else at[taxonomy.parent_rows[i]]
    return at[[taxonomy.row(s) for s in symbols]]


def drop_fields(filing: Filing, chance: float, rng: np.random.Generator) -> Filing:
    """The filing with only some of its fields, with probability ``chance``; never with none."""
    if len(filing.filled) < 2 or rng.random() >= chance:
        return filing
    keep = rng.choice([f for f in filing.filled if f != "title"])
    return replace(filing, **{f: "" for f in filing.filled if f != keep})


def dense(rows: Sequence[np.ndarray], n: int) -> np.ndarray:
    """Label rows of a batch as float32 (batch, n), 1 where a row is listed."""
    matrix = np.zeros((len(rows), n), np.float32)
    for i, listed in enumerate(rows):
        matrix[i, listed] = 1.0
    return matrix


class Batches:
    """Draws the batches of stage 1.

    Args:
        examples: the training filings.
        unlabelled: filings with two or more texts, for the pairs.
        texts: label texts, and ``rows``: the label row of each.
        fields, max_chars: how a filing is read (the bundle's own way).
        corpus: how often each kind of example is drawn.
    """

    def __init__(
        self,
        examples: Sequence[Example],
        unlabelled: Sequence[Filing],
        texts: Sequence[LabelText],
        rows: np.ndarray,
        hierarchy: Hierarchy,
        recipe: Adapt,
        seed: int,
        fields: tuple[str, ...],
        max_chars: int,
        corpus: Corpus = Corpus(),  # noqa: B008 - frozen
    ) -> None:
        self.examples, self.unlabelled, self.texts, self.rows = examples, unlabelled, texts, rows
        self.hierarchy, self.recipe, self.seed = hierarchy, recipe, seed
        self.fields, self.max_chars = fields, max_chars
        self.text_at: dict[str, list[int]] = {}
        for i, text in enumerate(texts):
            self.text_at.setdefault(text.symbol, []).append(i)
        self.translations = [
            (i, self.text_at[text.symbol][0])
            for i, text in enumerate(texts)
            if text.kind == "label"
        ]
        full = np.asarray([bool(e.filing.abstract or e.filing.claims) for e in examples])
        self.worth = filing_weights(examples, corpus)
        self.text_worth = text_weights(texts, corpus)
        self.bare_share = min(1.0, recipe.title_only_share * corpus.title_only)
        weight = self._weights() * self.worth
        self.full, self.bare = np.flatnonzero(full), np.flatnonzero(~full)
        self.full_weight, self.bare_weight = weight[self.full], weight[self.bare]
        self.partners: dict[int, list[int]] = {}
        for i in self.full.tolist():
            for row in examples[i].deepest:
                if hierarchy.rank[row] == Rank.MAIN_GROUP:
                    self.partners.setdefault(int(row), []).append(i)

    def _weights(self) -> np.ndarray:
        """float64 (examples,): how often each is drawn, rarer subclasses more often."""
        n = len(self.hierarchy.symbols)
        count = np.bincount(np.concatenate([e.rows for e in self.examples]), minlength=n)
        subclass = self.hierarchy.rank == Rank.SUBCLASS
        rarest = [
            count[at].min() if (at := e.rows[subclass[e.rows]]).size else count.max()
            for e in self.examples
        ]
        return np.asarray(rarest, np.float64) ** -self.recipe.balance

    def __getitem__(self, step: int) -> Batch:
        """The batch of a step; the same for the same seed, whatever ran before."""
        rng = np.random.default_rng([self.seed, step])
        bare = round(self.recipe.batch * self.bare_share) if len(self.bare) else 0
        chosen = np.concatenate(
            [
                _draw(rng, self.full, self.full_weight, self.recipe.batch - bare),
                _draw(rng, self.bare, self.bare_weight, bare),
            ]
        )
        queries = [self.examples[i] for i in chosen]
        items = [self._filing(e, rng) for e in queries]
        items += [self._positive(int(i), e, rng) for i, e in zip(chosen, queries, strict=True)]
        extra = self.recipe.extra_titles if self.text_worth.any() else 0
        items += [self._label(i) for i in _pick(rng, self.text_worth, extra)]
        texts, rows, known, labels = zip(*items, strict=True)
        paired = rng.choice(len(self.unlabelled), size=self.recipe.pairs, replace=False)
        pairs = [self._pair(self.unlabelled[i], rng) for i in paired]
        told = rng.choice(len(self.translations), size=self.recipe.bilingual, replace=False)
        pairs += [self._translation(*self.translations[i]) for i in told]
        return Batch(list(texts), list(rows), list(known), len(queries), list(labels), pairs)

    def _translation(self, label: int, title: int) -> tuple[str, str]:
        return self.texts[label].text, self.texts[title].text

    def _pair(self, filing: Filing, rng: np.random.Generator) -> tuple[str, str]:
        """One field at random, and the others."""
        one = str(rng.choice(filing.filled))
        alone = replace(filing, **{f: "" for f in filing.filled if f != one})
        others = replace(filing, **{one: ""})
        return (
            filing_text(alone, self.fields, self.max_chars),
            filing_text(others, self.fields, self.max_chars),
        )

    def _filing(self, e: Example, rng: np.random.Generator) -> Item:
        seen = drop_fields(e.filing, self.recipe.field_drop, rng)
        return filing_text(seen, self.fields, self.max_chars), e.rows, e.known, False

    def _label(self, i: int) -> Item:
        rows = self.hierarchy.closure(self.rows[i : i + 1])
        return self.texts[i].text, rows, Known.ALL, True

    def _positive(self, index: int, e: Example, rng: np.random.Generator) -> Item:
        """Another filing of the same main group, or a text of one of the symbols."""
        if rng.random() < self.recipe.partner_share:
            row = int(rng.choice(e.deepest))
            partners = self.partners.get(row, [])
            other = partners[_pick(rng, self.worth[partners], 1)[0]] if partners else index
            if other != index:
                return self._filing(self.examples[other], rng)
        own = self.text_at[str(rng.choice(e.symbols))]
        return self._label(own[_pick(rng, self.text_worth[own], 1)[0]])


def _draw(
    rng: np.random.Generator, from_: np.ndarray, weight: np.ndarray, count: int
) -> np.ndarray:
    if not count:
        return np.empty(0, np.int64)
    return rng.choice(from_, size=count, p=weight / weight.sum(), replace=count > len(from_))


def _pick(rng: np.random.Generator, weight: np.ndarray, count: int) -> list[int]:
    """Places drawn by weight, with replacement; where all weigh the same or nothing, evenly."""
    even = not weight.any() or bool((weight == weight[0]).all())
    p = None if even else weight / weight.sum()
    return [int(i) for i in rng.choice(len(weight), size=count, p=p)]
