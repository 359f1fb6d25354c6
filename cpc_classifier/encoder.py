"""The encoder: texts to what the model says of them, in three steps: tokenise, run, postprocess.

Owns the ONNX session and how a filing becomes text; training uses the same `filing_text`. Length
costs more than number here, so texts of like length share a batch that is bounded in tokens.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from tokenizers import Tokenizer

from cpc_classifier.bundle import MODEL, TOKENIZER, ModelBundle
from cpc_classifier.errors import BundleError
from cpc_classifier.filing import Filing

__all__ = ["OnnxEncoder", "available_cores", "filing_text"]

log = logging.getLogger(__name__)

Floats = NDArray[np.float32]

PROVIDERS = ("CUDAExecutionProvider", "CPUExecutionProvider")
TOKEN_BUDGET = 4096
"""Most tokens of a batch, padding included."""
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


def available_cores() -> int:
    """Physical cores this process may run on, at least 1."""
    if not hasattr(os, "sched_getaffinity"):
        return os.cpu_count() or 1
    allowed = os.sched_getaffinity(0)
    siblings = "/sys/devices/system/cpu/cpu{}/topology/thread_siblings_list"
    try:
        return len({Path(siblings.format(cpu)).read_text(encoding="ascii") for cpu in allowed})
    except OSError:
        return len(allowed)


class OnnxEncoder:
    """A bundle's tokenizer and graph.

    Attributes:
        provider: the execution provider in use, e.g. "CPUExecutionProvider".
        threads: of the graph's operators.
    """

    def __init__(self, bundle: ModelBundle, threads: int = 0) -> None:
        """Load both.

        Args:
            bundle: verified.
            threads: 0: the physical cores at hand.

        Raises:
            BundleError: a file that does not load, or a graph without the outputs needed.
        """
        self.threads = threads or available_cores()
        self._max_tokens = bundle.manifest.encoder.max_tokens
        self._tokenizer = _tokenizer(bundle.folder / TOKENIZER, self._max_tokens)
        self._pad = self._tokenizer.token_to_id("[PAD]") or 0
        self._session = _session(bundle.folder / MODEL, self.threads)
        self._widths = {o.name: o.shape[-1] for o in self._session.get_outputs()}
        missing = {"memory_query", "logits"} - set(self._widths)
        if missing:
            raise BundleError(f"{bundle.folder / MODEL}: has no output {sorted(missing)[0]!r}")
        self.provider: str = self._session.get_providers()[0]
        log.info("bundle %s on %s with %d threads", bundle.label, self.provider, self.threads)

    def width(self, output: str) -> int:
        """Columns of an output."""
        return int(self._widths[output])

    def encode(
        self, texts: Sequence[str], outputs: Sequence[str] = ("memory_query", "logits")
    ) -> dict[str, Floats]:
        """What the graph says of each text.

        Args:
            texts: any number, any length.
            outputs: names of the graph's outputs; only those are computed.

        Returns:
            For each name float32 (len(texts), width), rows in the order of the texts.
        """
        tokens = self.tokenise(texts)
        found = {name: np.empty((len(texts), self.width(name)), np.float32) for name in outputs}
        for rows in batches([len(ids) for ids in tokens], TOKEN_BUDGET):
            for name, values in self.run([tokens[row] for row in rows], outputs).items():
                found[name][rows] = values
        return found

    def tokenise(self, texts: Sequence[str]) -> list[list[int]]:
        """Token ids of each text, cut to what the encoder reads, not padded."""
        return [e.ids for e in self._tokenizer.encode_batch(list(texts))]

    def run(self, tokens: Sequence[Sequence[int]], outputs: Sequence[str]) -> dict[str, Floats]:
        """One batch through the graph.

        Args:
            tokens: ids of each text; padded here to the longest.
            outputs: names of the graph's outputs.

        Returns:
            For each name float32 (len(tokens), width).
        """
        lengths = np.array([len(ids) for ids in tokens])
        mask = np.arange(max(lengths.max(), 1)) < lengths[:, None]
        ids = np.full(mask.shape, self._pad, np.int64)
        ids[mask] = np.concatenate([np.asarray(t, np.int64) for t in tokens])
        feed = {"input_ids": ids, "attention_mask": mask.astype(np.int64)}
        return dict(zip(outputs, self._session.run(list(outputs), feed), strict=True))

    def warm_up(self) -> float:
        """Run a short and a full-length batch once; the seconds that took."""
        start = time.perf_counter()
        for length in (8, self._max_tokens):
            self.run([[self._pad] * length], ("memory_query", "logits"))
        return time.perf_counter() - start


def batches(lengths: Sequence[int], budget: int) -> Iterator[NDArray[np.int64]]:
    """Texts grouped by length, longest first.

    Args:
        lengths: tokens of each text.
        budget: most tokens of a group, padding included; a longer text is a group of its own.

    Yields:
        int64 (b,): indices into `lengths`; each comes exactly once.
    """
    order = np.argsort(-np.asarray(lengths, np.int64), kind="stable")
    start = 0
    while start < len(order):
        size = max(1, budget // max(1, lengths[order[start]]))
        yield order[start : start + size]
        start += size


def _tokenizer(path: Path, max_tokens: int) -> Tokenizer:
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises nothing more precise
        raise BundleError(f"{path}: cannot be read as a tokenizer: {error}") from error
    tokenizer.enable_truncation(max_tokens)
    tokenizer.no_padding()
    return tokenizer


def _session(path: Path, threads: int) -> Any:
    ort.disable_telemetry_events()
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    # The cores are the memory search's as soon as a batch is through.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    usable = [name for name in PROVIDERS if name in ort.get_available_providers()]
    try:
        return ort.InferenceSession(str(path), options, providers=usable)
    except Exception as error:  # the library's errors have no other root
        raise BundleError(f"{path}: cannot be loaded as a graph: {error}") from error
