"""Embeddings of many texts with the graph that will serve, kept on disk and resumed in parts.

Stage 2, the memory and the calibration all see what the deployed int8 graph sees, not what torch
would have said.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import onnxruntime as ort
from tokenizers import Tokenizer
from tqdm import tqdm

from cpc_classifier.encoder import batches

__all__ = ["embed_texts"]

PART = 8192
"""Texts between two files on disk."""
TOKEN_BUDGET = 4096


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
    session = _session(graph)
    dim = next(o.shape[-1] for o in session.get_outputs() if o.name == "embedding")
    found = np.empty((len(texts), dim), np.float16)
    for start in tqdm(range(0, len(texts), PART), desc=f"embed {name}"):
        part = folder / f"{name}-{start}-{key}.npy"
        if not part.exists():
            tokenizer.enable_truncation(max_tokens)
            rows = [e.ids for e in tokenizer.encode_batch(list(texts[start : start + PART]))]
            temporary = part.with_suffix(".tmp.npy")
            np.save(temporary, _embed(session, rows, dim), allow_pickle=False)
            os.replace(temporary, part)
        found[start : start + PART] = np.load(part, allow_pickle=False)
    return found


def _session(graph: Path) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.add_session_config_entry("session.force_spinning_stop", "1")
    usable = [
        p
        for p in ("CUDAExecutionProvider", "CPUExecutionProvider")
        if p in ort.get_available_providers()
    ]
    return ort.InferenceSession(str(graph), options, providers=usable)


def _embed(session: ort.InferenceSession, rows: list[list[int]], dim: int) -> np.ndarray:
    found = np.empty((len(rows), dim), np.float16)
    for chosen in batches([len(r) for r in rows], TOKEN_BUDGET):
        longest = max(len(rows[i]) for i in chosen)
        ids = np.zeros((len(chosen), longest), np.int64)
        mask = np.zeros_like(ids)
        for at, i in enumerate(chosen):
            ids[at, : len(rows[i])] = rows[i]
            mask[at, : len(rows[i])] = 1
        feed = {"input_ids": ids, "attention_mask": mask}
        found[chosen] = session.run(["embedding"], feed)[0]
    return found
