"""Vectors in 4 bits a dimension: packed for the bundle, unpacked for the search."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["Codes", "dot_int4", "levels_int4", "norms_int4", "pack_int4", "quantise", "unpack_int4"]

Floats = NDArray[np.float32]
Codes = NDArray[np.uint8]

HALF_RANGE = 2.514
"""Of a 16-level uniform quantiser of a normal variable, in standard deviations (Max, 1960)."""
BLOCK = 32768
"""Vectors handled at once, so that temporary arrays stay small."""


def pack_int4(vectors: Floats) -> tuple[Codes, Floats, Floats]:
    """Quantise to 4 bits, affinely for each dimension.

    Args:
        vectors: float32 (m, d), d even.

    Returns:
        uint8 (m, d / 2), two codes a byte, the even dimension in the low half; and low and step,
        float32 (d,), so that a value is about low + step * code.
    """
    mean, spread = vectors.mean(axis=0), vectors.std(axis=0) * HALF_RANGE
    low = np.maximum(vectors.min(axis=0), mean - spread).astype(np.float32)
    high = np.minimum(vectors.max(axis=0), mean + spread).astype(np.float32)
    step = np.maximum((high - low) / 15, np.finfo(np.float32).tiny).astype(np.float32)
    return quantise(vectors, low, step), low, step


def quantise(vectors: Floats, low: Floats, step: Floats) -> Codes:
    """The codes of float32 (m, d) vectors on a given scale: uint8 (m, d / 2)."""
    codes = np.empty((len(vectors), vectors.shape[1] // 2), np.uint8)
    for start in range(0, len(vectors), BLOCK):
        levels = np.clip(np.rint((vectors[start : start + BLOCK] - low) / step), 0, 15)
        levels = levels.astype(np.uint8)
        codes[start : start + BLOCK] = levels[:, 0::2] | levels[:, 1::2] << 4
    return codes


def levels_int4(codes: Codes) -> NDArray[np.uint8]:
    """The codes one a byte: uint8 (m, d) of uint8 (m, d / 2)."""
    levels = np.empty((len(codes), codes.shape[1] * 2), np.uint8)
    levels[:, 0::2], levels[:, 1::2] = codes & 15, codes >> 4
    return levels


def norms_int4(codes: Codes, low: Floats, step: Floats) -> Floats:
    """Lengths of the vectors before they are scaled, as `unpack_int4` scales them: float32 (m,)."""
    norms = np.empty(len(codes), np.float32)
    for start in range(0, len(codes), BLOCK):
        values = levels_int4(codes[start : start + BLOCK]) * step
        values += low
        norms[start : start + BLOCK] = np.sqrt(np.einsum("md,md->m", values, values))
    return np.maximum(norms, np.finfo(np.float32).tiny, out=norms)


def dot_int4(codes: Codes, norms: Floats, low: Floats, step: Floats, query: Floats) -> Floats:
    """`unpack_int4(codes, low, step) @ query` without the vectors.

    A byte is even + 16 odd, so that sum_j even_j a_j + odd_j b_j is the product of the bytes with
    b / 16 and that of their lower halves with a - b / 16.

    Args:
        codes, low, step: as in `unpack_int4`.
        norms: float32 (m,), from `norms_int4`.
        query: float32 (d,).

    Returns:
        float32 (m,).
    """
    scaled = step * query
    odd = scaled[1::2] / 16
    found = codes.astype(np.float32) @ odd
    found += (codes & 15).astype(np.float32) @ (scaled[0::2] - odd)
    found += np.float32(low @ query)
    found /= norms
    return np.asarray(found, np.float32)


def unpack_int4(codes: Codes, low: Floats, step: Floats, out: Floats | None = None) -> Floats:
    """The vectors of 4-bit codes, scaled to unit length.

    Args:
        codes: uint8 (m, d / 2), as from `pack_int4`.
        low: float32 (d,), likewise.
        step: float32 (d,), likewise.
        out: float32 (m, d) to write into, if at hand.

    Returns:
        float32 (m, d), rows of length 1.
    """
    vectors = np.empty((len(codes), len(low)), np.float32) if out is None else out
    for start in range(0, len(codes), BLOCK):
        packed, block = codes[start : start + BLOCK], vectors[start : start + BLOCK]
        block[:, 0::2] = packed & 15
        block[:, 1::2] = packed >> 4
        block *= step
        block += low
        length = np.sqrt(np.einsum("md,md->m", block, block))
        block /= np.maximum(length, np.finfo(np.float32).tiny)[:, None]
    return vectors
