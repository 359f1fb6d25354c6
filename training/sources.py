"""Everything that a recipe learns from, read once: the release, its texts, the examples."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cpc_classifier.encoder import filing_text
from cpc_classifier.filing import Filing
from cpc_classifier.hierarchy import Hierarchy
from cpc_classifier.labels import LabelIndex
from cpc_classifier.subgroups import Subgroups
from taxonomy.readers.definitions import read_definitions
from taxonomy.readers.title_list import read_title_list
from taxonomy.tree import Taxonomy
from training.batches import label_rows
from training.corpus import Example, Known, read_examples, read_unlabelled, refuse_overlap
from training.errors import RecipeError
from training.label_texts import LabelText, label_texts
from training.recipe import Recipe

__all__ = ["Sources", "example_texts", "read_sources"]


@dataclass(frozen=True, slots=True, eq=False)
class Sources:
    """All that is learnt from."""

    taxonomy: Taxonomy
    labels: LabelIndex
    hierarchy: Hierarchy
    subgroups: Subgroups
    train: list[Example]
    valid: list[Example]
    unlabelled: list[Filing]
    texts: list[LabelText]
    text_rows: np.ndarray
    """int32 (len(texts),): the label row in which each text's symbol lies."""
    digest: str
    """sha256 of the corpus files."""


def read_sources(recipe: Recipe, data: Path, labels: LabelIndex | None = None) -> Sources:
    """Read and check what a recipe names.

    Args:
        recipe: how.
        data: folder that its paths are relative to.
        labels: of a bundle that is gone on from; None: those of the release.

    Raises:
        RecipeError: a file that is not there, or fewer unlabelled filings than a step wants.
        OverlapError: a filing to learn from or to validate with that is held out for tests.
        CorpusError: a line that is not a record.
    """
    train, valid = _files(data, recipe.data.train), _files(data, recipe.data.valid)
    bare = _files(data, recipe.data.unlabelled)
    refuse_overlap(train + valid + bare, _files(data, recipe.data.held_out), recipe.data.exclude)
    taxonomy = read_title_list(data / recipe.data.titles)
    written = recipe.data.definitions
    told = read_definitions(data / written) if written else {}
    definitions = {symbol: d.statement for symbol, d in told.items() if d.statement}
    labels = labels or LabelIndex.from_taxonomy(taxonomy)
    hierarchy = labels.to_hierarchy()
    texts = label_texts(taxonomy, definitions, recipe.data.languages)
    read = (taxonomy, hierarchy, recipe.data.languages, recipe.data.exclude)
    unlabelled = read_unlabelled(bare, recipe.data.languages, recipe.data.exclude)
    if len(unlabelled) < recipe.adapt.pairs:
        raise RecipeError(
            f"adapt.pairs asks for {recipe.adapt.pairs} filings a step, but data.unlabelled has "
            f"{len(unlabelled)} with two texts in {', '.join(recipe.data.languages)}"
        )
    if recipe.adapt.bilingual > sum(text.kind == "label" for text in texts):
        raise RecipeError(
            f"adapt.bilingual asks for {recipe.adapt.bilingual} labels a step, but there are none "
            f"in another language of data.languages ({', '.join(recipe.data.languages)})"
        )
    learnt, held = _hold_out(read_examples(train, *read), recipe.data.calibrate)
    held += [e for e in read_examples(valid, *read) if e.filing.abstract or e.filing.claims]
    digest = hashlib.sha256()
    for path in train + valid + bare:
        digest.update(path.read_bytes())
    return Sources(
        taxonomy,
        labels,
        hierarchy,
        Subgroups.of(taxonomy, labels),
        learnt,
        held,
        unlabelled,
        texts,
        label_rows([t.symbol for t in texts], taxonomy, hierarchy),
        digest.hexdigest(),
    )


def _hold_out(examples: list[Example], share: float) -> tuple[list[Example], list[Example]]:
    """Examples to learn from, and those with a text and complete labels that validate instead.

    Who is held out depends on the record alone, not on the others of its file.
    """
    learnt: list[Example] = []
    held: list[Example] = []
    for e in examples:
        own = "\n".join((e.filing.id, e.filing.title, e.filing.abstract))
        drawn = int.from_bytes(hashlib.sha256(own.encode()).digest()[:4]) / 2**32
        tells = e.known == Known.ALL and (e.filing.abstract or e.filing.claims)
        (held if tells and drawn < share else learnt).append(e)
    return learnt, held


def _files(data: Path, patterns: Sequence[str]) -> list[Path]:
    found = []
    for pattern in patterns:
        matching = sorted(data.glob(pattern))
        if not matching:
            raise RecipeError(f"no file {data / pattern}: give the data folder with --data")
        found += matching
    return found


def example_texts(recipe: Recipe, examples: Sequence[Example]) -> list[str]:
    """What the encoder reads of each filing."""
    return [filing_text(e.filing, recipe.serve.fields, recipe.serve.max_chars) for e in examples]
