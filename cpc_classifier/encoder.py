"""The encoder: texts to what the model says of them, in two steps: tokenise, run the graph.

Owns how a filing becomes one text, for whoever reads it so (the first stage of training, peers in
benchmarks); what the graph reads of a filing are its `passages`.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from cpc_classifier.bundle import MODEL, TOKENIZER, ModelBundle
from cpc_classifier.errors import BundleError
from cpc_classifier.filing import Filing
from cpc_classifier.graph import Graph
from cpc_classifier.passages import Piece, Reading, cut

__all__ = ["OnnxEncoder", "filing_text"]

log = logging.getLogger(__name__)

Floats = NDArray[np.float32]

OUTPUTS = ("memory_query", "logits")
"""Of the graph, that scores are made of."""
BLANKS = 4
"""Characters looked at for each one kept: as much white space is survived."""


def filing_text(filing: Filing, fields: Sequence[str], max_chars: int) -> str:
    """The text of a filing as the encoder reads it; "" for a filing without any.

    Fields follow each other in the order given, white space is one blank, and everything is cut
    before it is worked on, so that 10 MB of text cost no more than a page.

    Args:
        filing: the document.
        fields: names of its text fields.
        max_chars: most characters of the result.
    """
    parts: list[str] = []
    room = max_chars
    for name in fields:
        if room <= 0:
            break
        value: str = getattr(filing, name)
        part = " ".join(value[: BLANKS * max_chars].split())[:room]
        if not part and value and not value.isspace():
            part = " ".join(value.lstrip()[: BLANKS * max_chars].split())[:room]
        if part:
            parts.append(part)
            room -= len(part) + 2
    # A lone surrogate, which JSON can carry, is no text: the tokenizer would refuse the batch.
    return ". ".join(parts).encode("utf-8", "replace").decode("utf-8")


class OnnxEncoder:
    """A bundle's tokenizer and graph.

    Attributes:
        provider: the execution provider in use, e.g. "CPUExecutionProvider".
        threads: batches that run side by side.
    """

    def __init__(self, bundle: ModelBundle, threads: int = 0) -> None:
        """Load both.

        Args:
            bundle: verified.
            threads: batches that run side by side; 0: as many as physical cores are at hand.

        Raises:
            BundleError: a file that does not load, or a graph without the outputs needed.
        """
        self._max_tokens = bundle.manifest.encoder.max_tokens
        self._passages = bundle.manifest.text.passages
        self._tokenizer = _tokenizer(bundle.folder / TOKENIZER, self._max_tokens)
        self._pad = self._tokenizer.token_to_id("[PAD]") or 0
        self._graph = Graph(bundle.folder / MODEL, threads, self._pad)
        missing = set(OUTPUTS) - set(self._graph.widths)
        if missing:
            raise BundleError(f"{bundle.folder / MODEL}: has no output {sorted(missing)[0]!r}")
        self.provider, self.threads = self._graph.provider, self._graph.threads
        log.info("bundle %s on %s with %d threads", bundle.label, self.provider, self.threads)

    def width(self, output: str) -> int:
        """Columns of an output."""
        return self._graph.widths[output]

    def encode(
        self,
        readings: Sequence[Reading],
        outputs: Sequence[str] = OUTPUTS,
        max_tokens: int = 0,
        most: int = 0,
    ) -> dict[str, Floats]:
        """What the graph says of each text.

        Args:
            readings: the passages of each text, any number of texts, any length.
            outputs: names of the graph's outputs; only those are computed.
            max_tokens: of a piece, if fewer than the encoder could read; 0: as many.
            most: pieces of a text, if fewer than the bundle reads of a filing; 0: as many.

        Returns:
            For each name float32 (len(readings), width), rows in the order of the texts.
        """
        return self.run_all(self.tokenise(readings, max_tokens, most), outputs)

    def tokenise(
        self, readings: Sequence[Reading], max_tokens: int = 0, most: int = 0
    ) -> list[list[Piece]]:
        """The pieces of each text, not padded; arguments as in `encode`."""
        length = min(max_tokens or self._max_tokens, self._max_tokens)
        return cut(self._tokenizer, readings, length, most or self._passages)

    def run_all(
        self, texts: Sequence[Sequence[Piece]], outputs: Sequence[str] = OUTPUTS
    ) -> dict[str, Floats]:
        """Any number of tokenised texts, in batches of like length; returns as `encode`."""
        return self._graph.run_all(texts, outputs)

    def run(
        self,
        texts: Sequence[Sequence[Piece]],
        outputs: Sequence[str] = OUTPUTS,
        *,
        alone: bool = False,
    ) -> dict[str, Floats]:
        """One batch of tokenised texts, at least one; returns as `encode`.

        Args:
            texts: the pieces of each.
            outputs: as in `encode`.
            alone: no other batch is at work: this one may have all threads, not this one only.
        """
        return self._graph.run(texts, outputs, alone=alone)


def _tokenizer(path: Path, max_tokens: int) -> Tokenizer:
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises nothing more precise
        raise BundleError(f"{path}: cannot be read as a tokenizer: {error}") from error
    tokenizer.enable_truncation(max_tokens)
    tokenizer.no_padding()
    return tokenizer
