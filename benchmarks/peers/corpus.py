"""What every peer learns from: the filings and label texts that our bundle learns from.

They come from `training.sources`, through the recipe of the starter, so that a filing of a test set
is refused here too. Reading takes minutes, most of them for near-duplicates, so the result is kept
in the work folder, which git does not take.
"""

from __future__ import annotations

import dataclasses
import gzip
import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cpc_classifier.encoder import filing_text
from taxonomy.readers.title_list import read_title_list
from taxonomy.tree import Taxonomy
from training.corpus import Example, Known
from training.recipe import Recipe
from training.recipe_file import find_recipe, load_recipe
from training.sources import read_sources

__all__ = ["FILING", "Corpus", "Item", "draw", "read_corpus", "share_of"]

FILING = "filing"


@dataclass(frozen=True, slots=True)
class Item:
    """One text with its symbols.

    Attributes:
        kind: "filing", or that of a label text: "title", "definition", "label".
        complete: whether the symbols that are not listed are known to be false.
        drawn: in [0, 1), the least share of the filings that has it.
    """

    text: str
    symbols: tuple[str, ...]
    kind: str = FILING
    complete: bool = True
    drawn: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Corpus:
    """Everything to learn from, and the tree.

    Attributes:
        train: filings to learn from.
        validated: filings that our recipe validates with, and puts into its memory at the end.
        labels: titles of all symbols in tree order, definitions, labels in other languages.
    """

    recipe: Recipe
    taxonomy: Taxonomy
    train: tuple[Item, ...]
    validated: tuple[Item, ...]
    labels: tuple[Item, ...]

    @property
    def items(self) -> tuple[Item, ...]:
        """All of them, in the order of the attributes."""
        return self.train + self.validated + self.labels


def draw(example: Example, seed: int) -> float:
    """In [0, 1), from filing and seed alone: those below a share lie in every larger one."""
    own = "\n".join((str(seed), example.filing.id, example.filing.title, example.filing.abstract))
    return int.from_bytes(hashlib.sha256(own.encode()).digest()[8:12]) / 2**32


def share_of(examples: Sequence[Example], share: float, seed: int) -> list[Example]:
    """A share of the examples, in their order; a smaller share lies in every larger one.

    Args:
        share: in (0, 1]; 1 keeps all.
        seed: another one draws others.

    Raises:
        ValueError: a share that is none.
    """
    if not 0 < share <= 1:
        raise ValueError(f"share {share} is not in (0, 1]: give 0.25 for a quarter")
    return [e for e in examples if draw(e, seed) < share]


def read_corpus(data: Path, work: Path, name: str = "starter") -> Corpus:
    """Read what a recipe learns from, or what an earlier call kept of it.

    Args:
        data: the folder that the recipe's paths are relative to.
        work: folder for what is kept.
        name: of the recipe.
    """
    recipe = load_recipe(find_recipe(name))
    kept = work / f"corpus-{_fingerprint(recipe, data)}.jsonl.gz"
    if not kept.exists():
        _keep(_read(recipe, data), kept)
    parts: dict[str, list[Item]] = {"train": [], "validated": [], "labels": []}
    with gzip.open(kept, "rt", encoding="utf-8") as file:
        for line in file:
            own: dict[str, Any] = json.loads(line)
            part = own.pop("part")
            parts[part].append(Item(**own | {"symbols": tuple(own["symbols"])}))
    taxonomy = read_title_list(data / recipe.data.titles)
    return Corpus(recipe, taxonomy, *(tuple(part) for part in parts.values()))


def _fingerprint(recipe: Recipe, data: Path) -> str:
    told = {"data": recipe.as_dict()["data"], "serve": recipe.as_dict()["serve"]}
    digest = hashlib.sha256(json.dumps(told | {"seed": recipe.seed}, sort_keys=True).encode())
    for path in sorted((data / "patents").glob("*.jsonl.gz")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _read(recipe: Recipe, data: Path) -> dict[str, list[Item]]:
    sources = read_sources(recipe, data)

    def items(examples: Sequence[Example]) -> list[Item]:
        return [
            Item(
                filing_text(e.filing, recipe.serve.fields, recipe.serve.max_chars),
                e.symbols,
                FILING,
                e.known != Known.POSITIVES,
                draw(e, recipe.seed),
            )
            for e in examples
        ]

    labels = [Item(t.text, (t.symbol,), t.kind) for t in sources.texts]
    return {"train": items(sources.train), "validated": items(sources.valid), "labels": labels}


def _keep(parts: dict[str, list[Item]], path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".part")
    with gzip.open(temporary, "wt", encoding="utf-8", compresslevel=3) as file:
        for name, items in parts.items():
            for item in items:
                told = {"part": name} | dataclasses.asdict(item)
                file.write(json.dumps(told, ensure_ascii=False) + "\n")
    os.replace(temporary, path)
