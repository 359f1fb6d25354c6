"""The ONNX graph of a bundle: token ids in, arrays out, in batches of like length.

A text is one or several pieces, which the graph reads one by one and pools into one embedding.
Length costs more than number, so texts of like length share a batch that is bounded in tokens. On
a CPU each core takes a batch of its own: that wastes less than all cores at one product. A text
that is alone has all cores: a second session, on the same file, is for that.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray

from cpc_classifier.errors import BundleError
from cpc_classifier.passages import Piece

__all__ = ["Graph", "available_cores", "batches", "feed"]

Floats = NDArray[np.float32]

CPU, CUDA = "CPUExecutionProvider", "CUDAExecutionProvider"
TOKEN_BUDGET = {CPU: 1024, CUDA: 16384}
"""Most tokens of a batch, padding included: on a CPU what its caches hold."""
SLOW_ON_CPU = ["SkipLayerNormFusion", "BiasSkipLayerNormFusion"]
"""The fused operator takes seven times as long there as Add and LayerNormalization do."""


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


class Graph:
    """A session and how batches go through it. Safe to call from several threads.

    Attributes:
        provider: the execution provider in use, e.g. "CPUExecutionProvider".
        threads: batches that run side by side.
        widths: columns of each output, by name.
    """

    def __init__(self, path: Path, threads: int = 0, pad: int = 0) -> None:
        """Load the graph.

        Args:
            path: an ONNX file with the inputs `input_ids`, `attention_mask`, `kinds`, `member`.
            threads: batches that run side by side on a CPU; 0: as many as physical cores are at
                hand.
            pad: token id that fills a row up.

        Raises:
            BundleError: it does not load.
        """
        self._pad = pad
        self._session = _session(path, 1)
        self.provider: str = self._session.get_providers()[0]
        self.threads = (threads or available_cores()) if self.provider == CPU else 1
        self._wide = self._session if self.threads == 1 else _session(path, self.threads)
        self._pool = ThreadPoolExecutor(self.threads, thread_name_prefix="cpc-graph")
        self.widths: dict[str, int] = {
            o.name: int(o.shape[-1]) for o in self._session.get_outputs()
        }

    def run_all(
        self, texts: Sequence[Sequence[Piece]], outputs: Sequence[str]
    ) -> dict[str, Floats]:
        """Any number of texts through the graph.

        Args:
            texts: the pieces of each, at least one.
            outputs: names of the graph's outputs; only those are computed.

        Returns:
            For each name float32 (len(texts), width), rows in the order of the texts.
        """
        found = {name: np.empty((len(texts), self.widths[name]), np.float32) for name in outputs}

        def work(rows: NDArray[np.int64]) -> None:
            for name, values in self.run([texts[row] for row in rows], outputs).items():
                found[name][rows] = values

        if len(texts) == 1:
            return self.run(texts, outputs, alone=True)
        longest = [max(len(piece.ids) for piece in text) for text in texts]
        sizes = [n * len(text) for n, text in zip(longest, texts, strict=True)]
        share = -(-sum(sizes) // self.threads)  # few texts leave no core idle
        budget = min(share, TOKEN_BUDGET[self.provider])
        list(self._pool.map(work, batches(longest, [len(text) for text in texts], budget)))
        return found

    def run(
        self, texts: Sequence[Sequence[Piece]], outputs: Sequence[str], *, alone: bool = False
    ) -> dict[str, Floats]:
        """One batch through the graph.

        Args:
            texts: the pieces of each; padded here to the longest.
            outputs: names of the graph's outputs.
            alone: no other batch is at work, so that it may have all threads.

        Returns:
            For each name float32 (len(texts), width).
        """
        session = self._wide if alone else self._session
        found = session.run(list(outputs), feed(texts, self._pad))
        return dict(zip(outputs, found, strict=True))


def feed(texts: Sequence[Sequence[Piece]], pad: int) -> dict[str, NDArray[Any]]:
    """What the graph is given of some texts with P pieces together.

    Returns:
        `input_ids` and `attention_mask` int64 (P, tokens), `kinds` int64 (P,), and `member`
        float32 (len(texts), P), 1 where a piece is one of the text's.
    """
    pieces = [piece for text in texts for piece in text]
    lengths = np.array([len(piece.ids) for piece in pieces])
    mask = np.arange(max(lengths.max(), 1)) < lengths[:, None]
    ids = np.full(mask.shape, pad, np.int64)
    ids[mask] = np.concatenate([np.asarray(piece.ids, np.int64) for piece in pieces])
    owner = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
    return {
        "input_ids": ids,
        "attention_mask": mask.astype(np.int64),
        "kinds": np.array([piece.kind for piece in pieces], np.int64),
        "member": (owner == np.arange(len(texts))[:, None]).astype(np.float32),
    }


def batches(
    lengths: Sequence[int], counts: Sequence[int], budget: int
) -> Iterator[NDArray[np.int64]]:
    """Texts grouped by length, longest first.

    Args:
        lengths: tokens of the longest piece of each text.
        counts: pieces of each text.
        budget: most tokens of a group, padding included; a larger text is a group of its own.

    Yields:
        int64 (b,): indices into `lengths`; each comes exactly once.
    """
    order = np.argsort(-np.asarray(lengths, np.int64), kind="stable")
    start, pieces = 0, 0
    for end, text in enumerate(order.tolist()):
        if end > start and (pieces + counts[text]) * max(1, lengths[order[start]]) > budget:
            yield order[start:end]
            start, pieces = end, 0
        pieces += counts[text]
    if start < len(order):
        yield order[start:]


def _session(path: Path, threads: int) -> Any:
    ort.disable_telemetry_events()
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    # its threads wait for each other within a run, and leave the cores to others after it
    options.add_session_config_entry("session.force_spinning_stop", "1")
    usable = [name for name in (CUDA, CPU) if name in ort.get_available_providers()]
    unwanted = SLOW_ON_CPU if usable[0] == CPU else []
    try:
        return ort.InferenceSession(
            str(path), options, providers=usable, disabled_optimizers=unwanted
        )
    except Exception as error:  # the library's errors have no other root
        raise BundleError(f"{path}: cannot be loaded as a graph: {error}") from error
