"""What a bundle is worth on labelled filings it has never seen."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from cpc_classifier.bundle import ModelBundle, write_manifest
from cpc_classifier.classifier import Classifier
from cpc_classifier.encoder import filing_text
from cpc_classifier.filing import Filing
from cpc_classifier.hierarchy import Hierarchy
from taxonomy.errors import CpcError
from taxonomy.symbol import Rank, Symbol
from training.corpus import filing_of, read_records
from training.metrics import expected_calibration_error, hits, incoherent

__all__ = ["Evaluation", "Labelled", "evaluate", "read_labelled", "record_figures"]

BLOCK = 128
DEPTHS = (1, 3, 10)


@dataclass(frozen=True, slots=True)
class Labelled:
    """A filing with the symbols it was given, as printed; ``complete``: there are no others."""

    filing: Filing
    symbols: tuple[str, ...]
    complete: bool

    def at(self, rank: Rank) -> set[str]:
        """Its symbols rolled up to a rank, by spelling; those given above it are left out."""
        found = set()
        for text in self.symbols:
            symbol = Symbol.parse(text)
            if symbol.rank >= rank:
                found.add(str(symbol if rank == Rank.SUBGROUP else symbol.at(rank)))
        return found


def read_labelled(path: Path) -> list[Labelled]:
    """Labelled filings of a JSON-lines file; those without a text are left out.

    Raises:
        CorpusError: a line that is not a record; names file and line.
    """
    found = []
    for record in read_records(path):
        filing = filing_of(record)
        symbols = tuple(s for s in (record["cpc"] or record["ipc"]) if _is_symbol(s))
        if symbols and not filing.is_empty:
            found.append(Labelled(filing, symbols, record["cpc_complete"]))
    return found


class Evaluation:
    """What a bundle said of labelled filings, and what was true. Several can be put together.

    Attributes:
        filings: how many.
        incoherent: scores above their parent's, over all rows.
    """

    def __init__(self, ranks: Sequence[Rank]) -> None:
        self.filings = self.incoherent = 0
        self._tallies = {rank: _Tally() for rank in ranks}

    def __iadd__(self, other: Evaluation) -> Evaluation:
        """Take in another one, of other filings."""
        self.filings += other.filings
        self.incoherent += other.incoherent
        for rank, tally in other._tallies.items():
            self._tallies[rank].extend(tally)
        return self

    def add(self, scores: np.ndarray, hierarchy: Hierarchy, block: Sequence[Labelled]) -> None:
        """Take in the scores of all rows, float32 (n, n_rows), of n filings."""
        self.filings += len(block)
        self.incoherent += incoherent(scores, hierarchy.parent)
        for rank, tally in self._tallies.items():
            rows = hierarchy.rows_at(rank)
            tally.add(scores[:, rows], [hierarchy.symbols[r] for r in rows], block, rank)

    def figures(self) -> dict[str, Any]:
        """The figures, as plain values.

        Returns:
            ``filings``, ``incoherent``; for each rank that the labels reach ``first``, ``three``,
            ``ten`` (share of filings with a true symbol among so many guesses) and, where the
            labels are complete, ``ece_first`` (calibration error of the first guess) and
            ``ece_all`` (of all rows of that rank), 15 bins.
        """
        found = {r.label: t.figures() for r, t in self._tallies.items() if any(t.wanted)}
        return {"filings": self.filings, "incoherent": self.incoherent} | found


def evaluate(classifier: Classifier, data: Sequence[Labelled]) -> Evaluation:
    """What a bundle is worth on labelled filings."""
    spec = classifier.bundle.manifest.text
    found = Evaluation([r for r in classifier.levels if r > Rank.SECTION])
    for start in tqdm(range(0, len(data), BLOCK), desc="evaluate"):
        block = data[start : start + BLOCK]
        texts = [filing_text(d.filing, spec.fields, spec.max_chars) for d in block]
        found.add(classifier.scores(texts), classifier.hierarchy, block)
    return found


def record_figures(folder: Path, name: str, figures: dict[str, Any]) -> None:
    """Write the figures of a test file into the bundle's manifest, under ``test``.

    Args:
        folder: the bundle; verified before and after.
        name: of the test file.
        figures: as from ``Evaluation.figures``.
    """
    manifest = ModelBundle.load(folder).manifest
    known = dict(manifest.figures)
    known["test"] = dict(known.get("test", {})) | {name: figures}
    write_manifest(
        folder,
        name=manifest.name,
        version=manifest.version,
        release=manifest.release,
        encoder=dataclasses.asdict(manifest.encoder),
        text=dataclasses.asdict(manifest.text),
        recipe=manifest.recipe,
        figures=known,
        created=manifest.created,
    )


class _Tally:
    """Collects one rank's guesses over the blocks."""

    def __init__(self) -> None:
        self.ranked: list[list[str]] = []
        self.wanted: list[set[str]] = []
        self.first: list[tuple[float, bool]] = []
        self.scores: list[np.ndarray] = []
        self.right: list[np.ndarray] = []

    def add(
        self, scores: np.ndarray, symbols: list[str], block: Sequence[Labelled], rank: Rank
    ) -> None:
        best = np.argsort(-scores, axis=1, kind="stable")[:, : max(DEPTHS)]
        for row, order, d in zip(scores, best, block, strict=True):
            wanted = d.at(rank)
            self.ranked.append([symbols[i] for i in order])
            self.wanted.append(wanted)
            if d.complete and wanted:
                self.first.append((float(row[order[0]]), symbols[order[0]] in wanted))
                self.scores.append(row)
                self.right.append(np.isin(symbols, list(wanted)))

    def extend(self, other: _Tally) -> None:
        for name, values in vars(other).items():
            getattr(self, name).extend(values)

    def figures(self) -> dict[str, float]:
        names = ("first", "three", "ten")
        found = {
            name: round(hits(self.ranked, self.wanted, depth), 4)
            for name, depth in zip(names, DEPTHS, strict=True)
        }
        found["filings"] = sum(bool(w) for w in self.wanted)
        if self.first:
            score, right = (np.array(column) for column in zip(*self.first, strict=True))
            found["ece_first"] = round(expected_calibration_error(score, right), 4)
            everything = np.concatenate(self.scores), np.concatenate(self.right)
            found["ece_all"] = round(expected_calibration_error(*everything), 5)
        return found


def _is_symbol(text: str) -> bool:
    try:
        Symbol.parse(text)
    except CpcError:
        return False
    return True
