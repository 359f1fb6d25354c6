"""Settings of the memory: one at a time changed from the deployed ones, on validation filings.

    .venv/bin/python benchmarks/memories.py RUN [--bundle FOLDER]

How many neighbours vote, how sharply, vectors of how many dimensions and bits, and which items
there are; alone (masses ranked) and with the run's finished head. Nothing is trained: all variants
are mixed by the same fitted numbers, which fit the deployed setting best. Every variant is searched
exactly; a bundle's own search finds 99.9 % of the same neighbours. Fewer dimensions are the first
of the run's projection, which begins as principal directions; the most are the embedding's own.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import faiss
import numpy as np
import torch
from torch.nn import functional
from trained import Trained, guesses, options, read_trained

from cpc_classifier.bundle import CALIBRATION, starter
from cpc_classifier.calibration import Calibration
from cpc_classifier.int4 import pack_int4, unpack_int4
from cpc_classifier.memory import vote
from cpc_classifier.votes import Votes
from taxonomy.symbol import Rank
from training.checkpoint import read_tensors
from training.head import TreeHead
from training.label_texts import LabelText
from training.memory_items import deep_rows, symbol_rows

NEIGHBOURS = (10, 20, 50, 100, 200)
TEMPERATURES = (0.01, 0.02, 0.03, 0.05, 0.1)
BITS = (32, 8, 4)
KINDS = {
    "titles": ("title",),
    "filings": ("filing",),
    "titles and filings": ("title", "filing"),
    "titles, filings and definitions": ("title", "filing", "definition"),
    "all": ("title", "filing", "definition", "label"),
}
"""Name of a choice of items -> their kinds; labels are our own, in other languages."""
ASKED = ((Rank.SUBCLASS, 1), (Rank.SUBCLASS, 3), (Rank.MAIN_GROUP, 3))
BLOCK = 256


@dataclass(frozen=True, slots=True)
class Setting:
    """A memory: ``items`` is a key of KINDS, ``bits`` are those of a dimension."""

    k: int
    temperature: float
    dim: int
    bits: int = 4
    items: str = "all"

    def changes(self, other: Setting) -> str:
        """What another one has in place of this one's, in words."""
        names = {
            "k": f"K {other.k}",
            "temperature": f"temperature {other.temperature:g}",
            "dim": f"{other.dim} dimensions",
            "bits": "float32" if other.bits == 32 else f"{other.bits} bits",
            "items": f"items: {other.items}",
        }
        told = [text for name, text in names.items() if getattr(self, name) != getattr(other, name)]
        return ", ".join(told) or "as deployed"


def variants(deployed: Setting, full: int) -> Iterator[Setting]:
    """The deployed setting, then each with one change.

    Args:
        full: dimensions of the embedding.
    """
    yield deployed
    for name, values in (
        ("k", NEIGHBOURS),
        ("temperature", TEMPERATURES),
        ("dim", (full, deployed.dim, deployed.dim // 2)),
        ("bits", BITS),
        ("items", tuple(KINDS)),
    ):
        for value in values:
            if value != getattr(deployed, name):
                yield replace(deployed, **{name: value})


def rounded(vectors: np.ndarray, bits: int) -> np.ndarray:
    """What is left of vectors in so many bits a dimension: float32 (m, d), of unit length.

    4 bits are those of the bundle; 8 have 256 levels from the least to the largest value of each
    dimension; 32 are the vectors as they are.
    """
    if bits == 32:
        return vectors
    if bits == 4:
        return unpack_int4(*pack_int4(vectors))
    low = vectors.min(axis=0)
    step = np.maximum((vectors.max(axis=0) - low) / (2**bits - 1), np.finfo(np.float32).tiny)
    levels = np.rint((vectors - low) / step) * step + low
    return levels / np.linalg.norm(levels, axis=1, keepdims=True)


def layout(
    texts: Sequence[LabelText], row_of: Mapping[str, int], rows: Sequence[np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """The order in which `training.memory_items.build_memory` has its items.

    Args:
        texts: label texts, one title of each symbol among them.
        row_of: symbol -> deep row.
        rows: deep rows of each filing.

    Returns:
        Places of the items among the texts and the filings after them, int64 (m,), and their kinds.
    """
    kinds = np.array([t.kind for t in texts] + ["filing"] * len(rows))
    row = np.array([row_of.get(t.symbol, -1) for t in texts])
    used = np.concatenate((row >= 0, [len(own) > 0 for own in rows]))
    first = np.flatnonzero(used & (kinds == "title"))
    order = np.concatenate(
        (first[np.argsort(row[first])], np.flatnonzero(used & (kinds != "title")))
    )
    return order, kinds[order]


class Memories:
    """All items of a run in any form, and what is near the validation filings in it."""

    def __init__(self, trained: Trained) -> None:
        sources = trained.sources
        row_of = deep_rows(sources.labels, sources.subgroups)
        self._trained = trained
        self._order, self._kinds = layout(sources.texts, row_of, symbol_rows(sources.train, row_of))
        memory = trained.memory(np.ones(len(sources.train), np.bool_))
        self._votes = Votes(memory, sources.hierarchy, sources.subgroups)
        self._near: dict[tuple[int, int, str], tuple[np.ndarray, np.ndarray]] = {}

    def masses(self, setting: Setting) -> np.ndarray:
        """Shares of the vote, float32 (validation filings, rows)."""
        key = (setting.dim, setting.bits, setting.items)
        if key not in self._near:
            self._near[key] = self._search(setting)
        similarity, items = (found[:, : setting.k] for found in self._near[key])
        weights = vote(similarity, setting.temperature)
        parts = [
            self._votes.masses(weights[i : i + BLOCK], items[i : i + BLOCK])
            for i in range(0, len(items), BLOCK)
        ]
        return np.concatenate(parts)

    def megabytes(self, setting: Setting) -> float:
        """Size of the vectors."""
        return int(self._chosen(setting).sum()) * setting.dim * setting.bits / 8e6

    def _chosen(self, setting: Setting) -> np.ndarray:
        return np.isin(self._kinds, KINDS[setting.items])

    def _search(self, setting: Setting) -> tuple[np.ndarray, np.ndarray]:
        """The nearest items of each filing, as many as any setting asks for."""
        at = np.flatnonzero(self._chosen(setting))
        vectors = np.concatenate((self._trained.texts, self._trained.train))[self._order[at]]
        stored = np.ascontiguousarray(rounded(self._short(vectors, setting.dim), setting.bits))
        queries = self._short(self._trained.valid, setting.dim)
        near = faiss.knn(queries, stored, max(NEIGHBOURS), metric=faiss.METRIC_INNER_PRODUCT)
        return near[0], at[near[1]]

    def _short(self, vectors: np.ndarray, dim: int) -> np.ndarray:
        """The first dimensions of the memory's space, or the embedding: of unit length."""
        if dim < vectors.shape[1]:
            vectors = vectors @ self._trained.projection[:, :dim]
        return functional.normalize(torch.from_numpy(vectors), dim=-1).numpy()


def head_logits(trained: Trained, run: Path) -> np.ndarray:
    """What the run's finished head says of the validation filings: float32 (n, rows)."""
    head = TreeHead(trained.sources.hierarchy, trained.valid.shape[1])
    head.load_state_dict(read_tensors(run / "head.safetensors")[0])
    with torch.inference_mode():
        return head(torch.from_numpy(trained.valid)).numpy()


def main() -> None:
    """Search in every form, print the table."""
    parser = options(__doc__ or "")
    parser.add_argument("--bundle", type=Path, default=starter(), help="has the fitted numbers")
    args: argparse.Namespace = parser.parse_args()
    trained = read_trained(args.run, args.recipe, args.data)
    numbers = Calibration.load(args.bundle / CALIBRATION)
    valid, hierarchy = trained.sources.valid, trained.sources.hierarchy
    deployed = Setting(numbers.k, numbers.temperature, trained.projection.shape[1])
    logits, memories = head_logits(trained, args.run), Memories(trained)
    print(f"{len(valid)} validation filings; deployed: {deployed}\n")
    print("| memory | MB | alone: subclass first | three | main group three | with head | | |")
    print("|---|" + "---|" * 7)
    for setting in variants(deployed, trained.valid.shape[1]):
        masses = memories.masses(setting)
        mixed = replace(numbers, k=setting.k, temperature=setting.temperature)
        both = hierarchy.products(mixed.conditionals(logits, masses, hierarchy))
        cells = [
            f"{guesses(scores, valid, trained.sources, rank, k):.3f}"
            for scores in (masses, both)
            for rank, k in ASKED
        ]
        size = f"{memories.megabytes(setting):.0f}"
        print(f"| {deployed.changes(setting)} | {size} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
