"""Embeddings of many texts with the graph that will serve, kept on disk and resumed in parts.

Stage 2, the memory and the calibration all see what the deployed int8 graph sees, not what torch
would have said.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer
from tqdm import tqdm

from cpc_classifier.graph import Graph

__all__ = ["embed_texts"]

PART = 8192
"""Texts between two files on disk."""


def embed_texts(
    graph: Path,
    tokenizer: Tokenizer,
    texts: Sequence[str],
    max_tokens: int,
    folder: Path,
    name: str,
    key: str,
) -> np.ndarray:
    """The embedding of each text.

    Args:
        graph: ONNX with an output ``embedding``.
        texts: any number.
        max_tokens: each is cut to.
        folder: where finished parts are kept.
        name: of this set of texts, for the files and the progress bar.
        key: fingerprint of everything the result depends on; parts of another one are not used.

    Returns:
        float16 (len(texts), dim), unit length up to rounding.
    """
    folder.mkdir(parents=True, exist_ok=True)
    encoder = Graph(graph)
    found = np.empty((len(texts), encoder.widths["embedding"]), np.float16)
    for start in tqdm(range(0, len(texts), PART), desc=f"embed {name}"):
        part = folder / f"{name}-{start}-{key}.npy"
        if not part.exists():
            tokenizer.enable_truncation(max_tokens)
            rows = [e.ids for e in tokenizer.encode_batch(list(texts[start : start + PART]))]
            temporary = part.with_suffix(".tmp.npy")
            vectors = encoder.run_all(rows, ("embedding",))["embedding"]
            np.save(temporary, vectors.astype(np.float16), allow_pickle=False)
            os.replace(temporary, part)
        found[start : start + PART] = np.load(part, allow_pickle=False)
    return found
