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
from cpc_classifier.passages import Piece, Reading, cut, plain
from training.passage_vectors import PassageVectors

__all__ = ["embed_filings", "embed_pieces", "embed_texts"]

PART = 8192
"""Pieces between two files on disk."""


def embed_pieces(
    graph: Path, pieces: Sequence[Piece], folder: Path, name: str, key: str
) -> np.ndarray:
    """The embedding of each piece by itself.

    Args:
        graph: ONNX with an output ``embedding``.
        pieces: any number.
        folder: where finished parts are kept.
        name: of this set of pieces, for the files and the progress bar.
        key: fingerprint of everything the result depends on; parts of another one are not used.

    Returns:
        float16 (len(pieces), dim), unit length up to rounding.
    """
    folder.mkdir(parents=True, exist_ok=True)
    encoder = Graph(graph)
    found = np.empty((len(pieces), encoder.widths["embedding"]), np.float16)
    for start in tqdm(range(0, len(pieces), PART), desc=f"embed {name}"):
        part = folder / f"{name}-{start}-{key}.npy"
        if not part.exists():
            alone = [[piece] for piece in pieces[start : start + PART]]
            temporary = part.with_suffix(".tmp.npy")
            vectors = encoder.run_all(alone, ("embedding",))["embedding"]
            np.save(temporary, vectors.astype(np.float16), allow_pickle=False)
            os.replace(temporary, part)
        found[start : start + PART] = np.load(part, allow_pickle=False)
    return found


def embed_texts(
    graph: Path,
    tokenizer: Tokenizer,
    texts: Sequence[str],
    max_tokens: int,
    folder: Path,
    name: str,
    key: str,
) -> np.ndarray:
    """The embedding of each text, of which the first ``max_tokens`` are read; others as above."""
    pieces = cut(tokenizer, [plain(text) for text in texts], max_tokens, 1)
    return embed_pieces(graph, [own[0] for own in pieces], folder, name, key)


def embed_filings(
    graph: Path,
    tokenizer: Tokenizer,
    readings: Sequence[Reading],
    max_tokens: int,
    most: int,
    folder: Path,
    name: str,
    key: str,
) -> PassageVectors:
    """The embeddings of the passages of filings.

    Args:
        readings: the passages of each filing.
        max_tokens: of a piece.
        most: pieces of a filing.
    """
    pieces = cut(tokenizer, readings, max_tokens, most)
    flat = [piece for own in pieces for piece in own]
    return PassageVectors.of(embed_pieces(graph, flat, folder, name, key), pieces)
