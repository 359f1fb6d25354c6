"""The data card: what a corpus holds, in counts. No text and no title is in it."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cpc_classifier.filing import TEXT_FIELDS
from cpc_classifier.hierarchy import Hierarchy
from taxonomy.symbol import Rank
from taxonomy.tree import Taxonomy
from training.corpus.card_text import markdown
from training.corpus.examples import Example

__all__ = ["FEW", "Told", "card", "write_card"]

FEW = 10
"""Examples below which a subclass is in the tail."""


def card(examples: Sequence[Example], taxonomy: Taxonomy, hierarchy: Hierarchy) -> dict[str, Any]:
    """Counts of some examples: by trust, source, language, decade, field and rank.

    Args:
        examples: as read.
        taxonomy: the release that their symbols are of.
        hierarchy: the label rows.
    """
    return {
        "release": taxonomy.release,
        "filings": len(examples),
        "trust": _counted(str(e.trust) for e in examples),
        "source": _counted(e.source for e in examples),
        "language": _counted(e.filing.language or "unknown" for e in examples),
        "decade": _counted(_decade(e.filing.publication_date) for e in examples),
        "fields": {name: _field(examples, name) for name in TEXT_FIELDS},
        "title_only": sum(e.is_title_only for e in examples),
        "ranks": _ranks(examples, taxonomy),
        "subclasses": _subclasses(examples, hierarchy),
    }


@dataclass(frozen=True, slots=True)
class Told:
    """What reading a corpus told beside its examples.

    Attributes:
        removed: how many records were left out, by reason.
        fates: what became of symbols: see `training.corpus.Places.fates`.
        texts: how many label texts there are, by kind.
        weights: of each kind of example: the recipe's ``[corpus]``.
    """

    removed: Mapping[str, int]
    fates: Mapping[str, Mapping[str, Mapping[str, int]]]
    texts: Mapping[str, int]
    weights: Mapping[str, float]


def write_card(
    learnt: Sequence[Example],
    held: Sequence[Example],
    told: Told,
    taxonomy: Taxonomy,
    hierarchy: Hierarchy,
    folder: Path | None,
) -> dict[str, Any]:
    """The card of a whole corpus, as `corpus.json` and `corpus.md` in a folder where one is given.

    Args:
        learnt: examples to learn from.
        held: those that validate.
        told: what else is known of the corpus.
        folder: None: nothing is written.
    """
    found = {
        "learnt": card(learnt, taxonomy, hierarchy),
        "validate": card(held, taxonomy, hierarchy),
        "removed": dict(told.removed),
        "symbols": {scheme: dict(fates) for scheme, fates in told.fates.items()},
        "label_texts": dict(told.texts),
        "weights": dict(told.weights),
    }
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in (
            ("corpus.json", json.dumps(found, indent=1, ensure_ascii=False) + "\n"),
            ("corpus.md", markdown(found)),
        ):
            part = folder / f"{name}.part"
            part.write_text(text, encoding="utf-8")
            os.replace(part, folder / name)
    return found


def _counted(values: Any) -> dict[str, int]:
    return dict(Counter(values).most_common())


def _decade(date: str) -> str:
    return f"{date[:3]}0s" if date[:4].isdigit() else "unknown"


def _field(examples: Sequence[Example], name: str) -> dict[str, int]:
    """How many have it, and its median and longest length in characters."""
    lengths = [len(text) for e in examples if (text := getattr(e.filing, name))]
    if not lengths:
        return {"filings": 0}
    return {
        "filings": len(lengths),
        "median_chars": int(np.median(lengths)),
        "most_chars": max(lengths),
    }


def _ranks(examples: Sequence[Example], taxonomy: Taxonomy) -> dict[str, dict[str, int]]:
    """Of each rank: its symbols in the release, those with an example, filings known down to it."""
    found: dict[str, dict[str, int]] = {}
    ranks = np.asarray(taxonomy.ranks)
    for rank in Rank:
        own = [
            {taxonomy.roll_up(s, rank) for s in e.symbols if taxonomy.rank(s) >= rank}
            for e in examples
        ]
        found[rank.label] = {
            "symbols": int((ranks == rank).sum()),
            "with_examples": len(set().union(*own)) if own else 0,
            "filings": sum(bool(symbols) for symbols in own),
        }
    return found


def _subclasses(examples: Sequence[Example], hierarchy: Hierarchy) -> dict[str, Any]:
    """How evenly the subclasses are covered; the tail are those with few examples."""
    rows = hierarchy.rows_at(Rank.SUBCLASS)
    count = np.zeros(len(hierarchy.symbols), np.int64)
    for e in examples:
        count[e.rows] += 1
    own = count[rows]
    few = [hierarchy.symbols[row] for row in rows[own < FEW].tolist()]
    return {
        "without_examples": int((own == 0).sum()),
        "median_examples": int(np.median(own)),
        "most_examples": int(own.max()),
        "few": FEW,
        "tail": few,
    }
