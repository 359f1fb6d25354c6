"""The same graph as anyone would serve it: BentoML's adaptive batching, for `service.py`.

    CPC_BUNDLE=FOLDER bentoml serve adaptive:Adaptive

Texts in, what the memory is asked out; no memory, no scores, no decoding. ONNX Runtime takes the
threads that it takes by default.
"""

from __future__ import annotations

import os
from pathlib import Path

os.environ.setdefault("BENTOML_DO_NOT_TRACK", "True")

import bentoml
import onnxruntime as ort

from cpc_classifier.bundle import MODEL, ModelBundle, starter
from cpc_classifier.encoder import OnnxEncoder
from cpc_classifier.graph import feed
from cpc_classifier.passages import plain


@bentoml.service(workers=1, traffic={"timeout": 120})
class Adaptive:
    """One method; BentoML gathers its calls into batches."""

    def __init__(self) -> None:
        bundle = ModelBundle.load(Path(os.environ.get("CPC_BUNDLE") or starter()))
        self._encoder = OnnxEncoder(bundle)  # for its tokens
        self._session = ort.InferenceSession(
            str(bundle.folder / MODEL), providers=["CPUExecutionProvider"]
        )

    @bentoml.api(batchable=True, max_batch_size=32, max_latency_ms=60_000)
    def encode(self, texts: list[str]) -> list[list[float]]:
        """What the memory would be asked for each text."""
        pieces = self._encoder.tokenise([plain(text) for text in texts])
        [found] = self._session.run(["memory_query"], feed(pieces, 0))
        return [[float(value) for value in own] for own in found]
