"""Everything that a recipe learns from, read once: the release, its texts, the examples."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cpc_classifier.encoder import filing_text
from cpc_classifier.filing import Filing
from cpc_classifier.hierarchy import Hierarchy
from cpc_classifier.labels import LabelIndex
from cpc_classifier.passages import Reading, passages
from cpc_classifier.subgroups import Subgroups
from taxonomy.readers.definitions import read_definitions
from taxonomy.readers.ipc_concordance import read_ipc_concordance
from taxonomy.readers.title_list import read_title_list
from taxonomy.tree import Taxonomy
from training.batches import label_rows
from training.corpus import (
    Example,
    Places,
    chosen,
    read_examples,
    read_unlabelled,
    refuse_overlap,
    split,
)
from training.corpus.card import Told, write_card
from training.corpus.migration import migrated, read_older, read_transfers
from training.corpus.records import cpc_symbols
from training.errors import RecipeError
from training.evaluation.labelled import read_labelled
from training.label_texts import LabelText, label_texts
from training.recipe import Data, Recipe

__all__ = ["Sources", "data_card", "example_readings", "example_texts", "read_sources"]


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
    removed: dict[str, int]
    """Training records left out, and why."""
    fates: dict[str, dict[str, dict[str, int]]]
    """What became of the symbols of all records read: see `training.corpus.Places.fates`."""


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
    tested = _files(data, recipe.data.held_out)
    refuse_overlap(train + valid + bare, tested, recipe.data.exclude)
    taxonomy = read_title_list(data / recipe.data.titles)
    written = recipe.data.definitions
    defined = read_definitions(data / written) if written else {}
    definitions = {symbol: d.statement for symbol, d in defined.items() if d.statement}
    labels = labels or LabelIndex.from_taxonomy(taxonomy)
    hierarchy = labels.to_hierarchy()
    weights = recipe.corpus
    languages = recipe.data.languages if weights.labels else ()
    texts = label_texts(taxonomy, definitions if weights.definitions else {}, languages)
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
    places = _places(recipe.data, data, taxonomy, train + valid)
    read = (hierarchy, recipe.data.languages, places, recipe.data.exclude)
    left_out: Counter[str] = Counter()
    learnt, held = split(read_examples(train, *read, left_out), recipe.data)
    held += [e for e in read_examples(valid, *read) if e.filing.abstract or e.filing.claims]
    tests = [e.filing for path in tested for e in read_labelled(path)]
    learnt, removed = chosen(learnt, [e.filing for e in held] + tests, recipe)
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
        dict(left_out) | removed,
        places.fates(),
    )


def _places(recipe: Data, data: Path, taxonomy: Taxonomy, paths: Sequence[Path]) -> Places:
    """Where symbols lie, by the concordance and the older releases that a recipe names."""
    told = recipe.concordance
    concordance = read_ipc_concordance(data / told) if told else None
    older = read_older(_files(data, recipe.older))
    transfers = read_transfers(_files(data, recipe.transfers))
    moved = migrated(cpc_symbols(paths), older, taxonomy, transfers) if older or transfers else {}
    return Places(taxonomy, concordance, moved)


def data_card(recipe: Recipe, data: Path, folder: Path | None) -> dict[str, Any]:
    """What a recipe would learn from, in counts; see `training.corpus.card.write_card`.

    Args:
        recipe, data: as in `read_sources`.
        folder: where the card is written; None: nowhere.

    Raises:
        TrainingError: as `read_sources` does.
    """
    found = read_sources(recipe, data)
    texts = dict(Counter(text.kind for text in found.texts))
    told = Told(found.removed, found.fates, texts, asdict(recipe.corpus))
    return write_card(found.train, found.valid, told, found.taxonomy, found.hierarchy, folder)


def _files(data: Path, patterns: Sequence[str]) -> list[Path]:
    found = []
    for pattern in patterns:
        matching = sorted(data.glob(pattern))
        if not matching:
            raise RecipeError(f"no file {data / pattern}: give the data folder with --data")
        found += matching
    return found


def example_texts(recipe: Recipe, examples: Sequence[Example]) -> list[str]:
    """Each filing as one text."""
    return [filing_text(e.filing, recipe.serve.fields, recipe.serve.max_chars) for e in examples]


def example_readings(recipe: Recipe, examples: Sequence[Example]) -> list[Reading]:
    """What the encoder reads of each filing."""
    return [passages(e.filing, recipe.serve.fields, recipe.serve.max_chars) for e in examples]
