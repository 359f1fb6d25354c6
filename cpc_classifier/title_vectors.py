"""Vectors of what a release says of its symbols, as the memory of a bundle keeps them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from cpc_classifier.encoder import OnnxEncoder
from cpc_classifier.passages import plain

__all__ = ["title_vectors"]

Floats = NDArray[np.float32]

PART = 4096
"""Texts between two files on disk."""


def title_vectors(
    encoder: OnnxEncoder, texts: Sequence[str], work: Path, max_tokens: int
) -> Floats:
    """The memory query of each text, each wording read once.

    Args:
        encoder: of the bundle.
        texts: title paths.
        work: folder of finished parts; the same call goes on from them.
        max_tokens: of a path that are read: its own title stands first, those above it follow.

    Returns:
        float32 (len(texts), d), of length 1.
    """
    place = {text: i for i, text in enumerate(dict.fromkeys(texts))}
    unlike = list(place)
    found = np.empty((len(unlike), encoder.width("memory_query")), np.float32)
    with tqdm(total=len(unlike), desc="titles") as bar:
        for start in range(0, len(unlike), PART):
            part = work / f"titles-{start}.npy"
            if not part.exists():
                titles = [plain(text) for text in unlike[start : start + PART]]
                read = encoder.encode(titles, ("memory_query",), max_tokens, most=1)
                unfinished = part.with_suffix(".part.npy")
                np.save(unfinished, read["memory_query"], allow_pickle=False)
                os.replace(unfinished, part)
            found[start : start + PART] = np.load(part, allow_pickle=False)
            bar.update(min(PART, len(unlike) - start))
    vectors: Floats = found[[place[text] for text in texts]]
    return vectors
