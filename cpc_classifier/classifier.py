"""The classifier: filings in, results out. Puts encoder, memory, calibration and decoding together.

Three steps, which a server may take in threads of its own: `prepare` (read and tokenise), `run`
(one batch through the graph), `conclude` (memory, scores, decoding). `suggest` takes all three.
Knows no file format of filings and no web. Never logs what a filing says.
"""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cpc_classifier.bundle import CALIBRATION, LABELS, ModelBundle, starter
from cpc_classifier.calibration import Calibration
from cpc_classifier.decode import SuggestionBatch, decode, decode_subgroups
from cpc_classifier.encoder import OnnxEncoder
from cpc_classifier.errors import BadRequestError, BundleError, EmptyFilingError
from cpc_classifier.filing import ClassifiedFiling, Filing, Item, Unreadable
from cpc_classifier.labels import LabelIndex
from cpc_classifier.memory import Memory
from cpc_classifier.passages import Piece, Reading, passages, plain
from cpc_classifier.presentation import Presenter
from cpc_classifier.result import FilingResult, Provenance, Route, failed
from cpc_classifier.routing import best_places, route
from cpc_classifier.scoring import Evidence, Scoring
from cpc_classifier.subgroups import SUBGROUPS_FILE, Subgroups
from taxonomy.errors import CpcError
from taxonomy.symbol import Rank

__all__ = ["STEPS", "Classifier", "Prepared"]

log = logging.getLogger(__name__)

Floats = NDArray[np.float32]

CHUNK = 256
"""Filings encoded and looked up together: enough of like length, and one pass over the memory."""
BLOCK = 32
"""Filings decoded together: their scores of all rows fit the cache."""
STEPS = ("tokenise", "run", "postprocess")
"""Names of the three steps, for times and traces."""


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """A filing as the graph takes it: its id, and its pieces, at least one."""

    id: str
    pieces: Sequence[Piece] = field(repr=False)

    @property
    def tokens(self) -> int:
        """Of the longest piece."""
        return max(len(piece.ids) for piece in self.pieces)


class Classifier:
    """A loaded bundle, ready to suggest. Safe to call from several threads.

    Attributes:
        bundle: what was loaded.
        labels: its label rows.
        hierarchy: the same as arrays.
        subgroups: those below them.
        calibration: its fitted numbers.
        encoder: its tokenizer and graph.
        memory: its items.
        scoring: all of these put together.
    """

    def __init__(self, bundle: ModelBundle, threads: int = 0) -> None:
        """Load the parts of a verified bundle.

        Raises:
            BundleError: a part does not load, or the parts do not fit each other.
        """
        self.bundle = bundle
        self.labels = LabelIndex.read(bundle.folder / LABELS)
        self.hierarchy = self.labels.to_hierarchy()
        self.subgroups = Subgroups.read(bundle.folder / SUBGROUPS_FILE, self.labels)
        self.calibration = Calibration.load(bundle.folder / CALIBRATION)
        self.memory = Memory.load(bundle.folder)
        self.encoder = OnnxEncoder(bundle, threads)
        self._check()
        self.scoring = Scoring(self.hierarchy, self.subgroups, self.memory, self.calibration)
        self._presenter = Presenter(
            self.labels, self.hierarchy, self.subgroups, bundle.manifest.release
        )
        self._provenance = Provenance(bundle.label, bundle.sha256, bundle.manifest.release)

    @classmethod
    def load(cls, folder: Path | None = None, threads: int = 0) -> Classifier:
        """Load the bundle in a folder.

        Args:
            folder: None: the starter that ships with the package.
            threads: of the graph; 0: as many as physical cores are at hand.

        Raises:
            BundleError: no whole bundle there.
        """
        return cls(ModelBundle.load(folder or starter()), threads)

    @property
    def levels(self) -> tuple[Rank, ...]:
        """The ranks this bundle scores, section first."""
        return self.scoring.ranks

    def suggest(
        self,
        filings: Sequence[Item],
        level: Rank | None = None,
        limit: int = 10,
        threshold: float = 0.0,
    ) -> list[FilingResult]:
        """Suggest symbols for filings; one that cannot be read gets a result with an error.

        Args:
            filings: as read.
            level: suggest symbols of this rank only; None: the deepest that clear the threshold,
                and without a threshold those of the deepest rank.
            limit: most suggestions a filing, at least 1.
            threshold: least score of a suggestion, in [0, 1].

        Returns:
            One result a filing, in their order.

        Raises:
            BadRequestError: a level, limit or threshold that makes no sense.
        """
        return list(self.suggest_stream(filings, level, limit, threshold))

    def suggest_stream(
        self,
        filings: Iterable[Item],
        level: Rank | None = None,
        limit: int = 10,
        threshold: float = 0.0,
        chunk: int = CHUNK,
    ) -> Iterator[FilingResult]:
        """As `suggest`, for any number of filings in bounded memory.

        Args:
            filings: as read; drawn `chunk` at a time.
            level: as in `suggest`.
            limit: as in `suggest`.
            threshold: as in `suggest`.
            chunk: filings held at once, at least 1.

        Returns:
            Results in the order of the filings.

        Raises:
            BadRequestError: at once, before any filing is drawn.
        """
        self.check(level, limit, threshold)
        return self._stream(iter(filings), level, limit, threshold, max(1, chunk))

    def read(self, filing: Filing) -> Reading:
        """What this bundle reads of a filing; nothing of one without a text."""
        spec = self.bundle.manifest.text
        return passages(filing, spec.fields, spec.max_chars)

    def scores(self, filings: Sequence[Filing]) -> Floats:
        """Calibrated scores of all label rows: float32 (len(filings), n), in [0, 1]."""
        if not filings:
            return np.zeros((0, len(self.hierarchy)), np.float32)
        return self.scoring.label_scores(self.evidence(filings))

    def evidence(self, filings: Sequence[Filing]) -> Evidence:
        """What the graph and the memory say of filings, of which there is at least one."""
        return self._evidence([self.read(filing) or plain("") for filing in filings])

    def _evidence(self, readings: Sequence[Reading]) -> Evidence:
        encoded = self.encoder.encode(readings)
        return self.scoring.evidence(encoded["logits"], encoded["memory_query"])

    def prepare(self, filings: Sequence[Item]) -> list[Prepared | FilingResult]:
        """The first step: what is read of filings, as tokens.

        Args:
            filings: as read.

        Returns:
            For each filing what the graph takes, or its result where it cannot be read.
        """
        found: list[Prepared | FilingResult | None] = []
        readings: list[Reading] = []
        ids: list[str] = []
        for item in filings:
            if isinstance(item, Unreadable):
                found.append(self.failed(item.id, item.error))
                continue
            filing = item.filing if isinstance(item, ClassifiedFiling) else item
            if reading := self.read(filing):
                readings.append(reading)
                ids.append(filing.id)
                found.append(None)
            else:
                found.append(self.failed(filing.id, _empty(self.bundle.manifest.text.fields)))
        tokenised = self.encoder.tokenise(readings) if readings else []
        prepared = map(Prepared, ids, tokenised)
        return [next(prepared) if own is None else own for own in found]

    def run(self, filings: Sequence[Prepared], *, alone: bool = False) -> dict[str, Floats]:
        """The second step: one batch through the graph.

        Args:
            filings: prepared, at least one; padded to the longest.
            alone: as in `OnnxEncoder.run`.

        Returns:
            `logits` and `memory_query`, float32 (len(filings), width).
        """
        return self.encoder.run([filing.pieces for filing in filings], alone=alone)

    def conclude(
        self,
        ids: Sequence[str],
        encoded: Mapping[str, Floats],
        level: Rank | None = None,
        limit: int = 10,
        threshold: float = 0.0,
    ) -> list[FilingResult]:
        """The third step: memory, scores and decoding.

        Args:
            ids: of the filings, at least one.
            encoded: what `run` says of them.
            level: as in `suggest`.
            limit: as in `suggest`.
            threshold: as in `suggest`.
        """
        if level is None and not threshold:
            level = self.levels[-1]
        evidence = self.scoring.evidence(encoded["logits"], encoded["memory_query"])
        results: list[FilingResult] = []
        for start in range(0, len(ids), BLOCK):
            block = evidence[start : start + BLOCK]
            scores = self.scoring.label_scores(block)
            places = best_places(scores, self.hierarchy, self.calibration.assign_rank)
            chosen, below = self._chosen(block, scores, level, limit, threshold)
            results += [
                self._result(name, scores[i], below[i], *chosen.filing(i), int(places[i]))
                for i, name in enumerate(ids[start : start + BLOCK])
            ]
        return results

    def failed(self, name: str, error: CpcError) -> FilingResult:
        """The result of a filing that has none: its error."""
        return failed(name, error, self._provenance)

    def check(self, level: Rank | None, limit: int, threshold: float) -> None:
        """Refuses what `suggest` cannot be asked for.

        Raises:
            BadRequestError: a level, limit or threshold that makes no sense.
        """
        if level is not None and level > self.levels[-1]:
            raise BadRequestError(
                f"level {level.label}: this bundle scores down to {self.levels[-1].label}"
            )
        if limit < 1:
            raise BadRequestError(f"limit {limit}: at least 1 is needed")
        if not 0.0 <= threshold <= 1.0:
            raise BadRequestError(f"threshold {threshold}: it must lie between 0 and 1")

    def warm_up(self) -> dict[str, float]:
        """Run a filing of full length twice; milliseconds of each of `STEPS` the second time."""
        long = Filing("warm-up", title="warm-up " * self.bundle.manifest.encoder.max_tokens)
        marks: list[float] = []
        for _ in range(2):
            marks = [time.perf_counter()]
            prepared = [own for own in self.prepare([long]) if isinstance(own, Prepared)]
            marks.append(time.perf_counter())
            encoded = self.run(prepared)
            marks.append(time.perf_counter())
            self.conclude([long.id], encoded)
            marks.append(time.perf_counter())
        spans = zip(STEPS, marks, marks[1:], strict=False)
        found = {step: 1e3 * (end - start) for step, start, end in spans}
        told = ", ".join(f"{step} {ms:.1f} ms" for step, ms in found.items())
        log.info("warm: %s for %d tokens", told, prepared[0].tokens)
        return found

    def info(self) -> dict[str, Any]:
        """What serves here, as plain values."""
        manifest = self.bundle.manifest
        rows = {rank.label: len(self.hierarchy.rows_at(rank)) for rank in self.levels}
        if len(self.subgroups):
            rows[Rank.SUBGROUP.label] = len(self.subgroups)
        return {
            "bundle": manifest.name,
            "version": manifest.version,
            "sha256": self.bundle.sha256,
            "release": manifest.release,
            "created": manifest.created,
            "labels": rows,
            "memory": len(self.memory),
            "provider": self.encoder.provider,
            "threads": self.encoder.threads,
            "encoder": {
                "id": manifest.encoder.id,
                "licence": manifest.encoder.licence,
                "dim": manifest.encoder.dim,
                "max_tokens": manifest.encoder.max_tokens,
                "passages": manifest.text.passages,
            },
            "figures": dict(manifest.figures),
        }

    def _check(self) -> None:
        """The parts fit each other."""
        pairs = (
            ("logits", len(self.labels), "rows of labels.tsv"),
            ("memory_query", self.memory.dim, "dimensions of the memory"),
        )
        for output, wanted, what in pairs:
            if self.encoder.width(output) != wanted:
                raise BundleError(
                    f"{self.bundle.folder}: the graph's {output} has "
                    f"{self.encoder.width(output)} columns, but there are {wanted} {what}"
                )
        deep = len(self.labels) + len(self.subgroups)
        if self.memory.titles != deep:
            raise BundleError(
                f"{self.bundle.folder}: the memory holds {self.memory.titles} titles, but there "
                f"are {deep} symbols"
            )

    def _stream(
        self, filings: Iterator[Item], level: Rank | None, limit: int, threshold: float, chunk: int
    ) -> Iterator[FilingResult]:
        while held := list(itertools.islice(filings, chunk)):
            yield from self._chunk(held, level, limit, threshold)

    def _chunk(
        self, filings: Sequence[Item], level: Rank | None, limit: int, threshold: float
    ) -> list[FilingResult]:
        prepared = self.prepare(filings)
        read = [own for own in prepared if isinstance(own, Prepared)]
        if not read:
            return [own for own in prepared if isinstance(own, FilingResult)]
        encoded = self.encoder.run_all([own.pieces for own in read])
        concluded = iter(self.conclude([o.id for o in read], encoded, level, limit, threshold))
        return [next(concluded) if isinstance(own, Prepared) else own for own in prepared]

    def _chosen(
        self,
        evidence: Evidence,
        scores: Floats,
        level: Rank | None,
        limit: int,
        threshold: float,
    ) -> tuple[SuggestionBatch, list[dict[int, float]]]:
        """The suggested rows, and the scores of the subgroups' subtrees by filing."""
        if self.levels[-1] != Rank.SUBGROUP or level not in (None, Rank.SUBGROUP):
            chosen = decode(scores, self.hierarchy, level, limit, threshold)
            return chosen, [{} for _ in scores]
        deep = self.scoring.subgroup_scores(evidence, scores)
        chosen = decode_subgroups(
            scores, deep, self.hierarchy, self.subgroups, level, limit, threshold
        )
        found = (deep.filing(i) for i in range(len(scores)))
        return chosen, [dict(zip(at.tolist(), s.tolist(), strict=True)) for at, _, s in found]

    def _result(
        self,
        name: str,
        scores: Floats,
        below: Mapping[int, float],
        rows: NDArray[np.int32],
        values: Floats,
        place: int,
    ) -> FilingResult:
        suggestions = tuple(
            self._presenter.suggestion(row, value, scores, below)
            for row, value in zip(rows.tolist(), values.tolist(), strict=True)
        )
        if not suggestions or place < 0:
            where = Route("review", "no symbol clears the threshold asked for")
        else:
            where = route(self.labels.symbols[place], float(scores[place]), self.calibration)
        return FilingResult(name, suggestions, where, None, self._provenance)


def _empty(fields: Sequence[str]) -> EmptyFilingError:
    return EmptyFilingError(f"the filing has no text in {', '.join(fields)}: nothing to classify")
