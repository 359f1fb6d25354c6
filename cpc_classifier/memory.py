"""The memory: vectors of titles, definitions and filings with their rows, searched whole.

A filing's K nearest items vote for the label rows they lie in, and for all rows above those; the
shares of the vote are masses that never grow downwards. Vectors are kept with 4 bits a dimension
and searched in that form by faiss (product quantisation with one dimension a code, "fast scan":
André, Kermarrec, Le Scouarnec, "Cache locality is not enough", VLDB 2015); the best are compared
again with decoded vectors of length 1.

The first items are the titles of the deep rows, in their order; the others have a name:
`d<TAB>symbol` for a definition, `f<TAB>id` for a filing. Owns `memory.safetensors` and
`memory_items.tsv.gz`, which holds those names, one a line.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import ArrayLike, NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from cpc_classifier.errors import BundleError
from cpc_classifier.int4 import (
    Codes,
    dot_int4,
    levels_int4,
    norms_int4,
    pack_int4,
    quantise,
    unpack_int4,
)

__all__ = ["ITEMS_FILE", "VECTORS_FILE", "Memory", "vote"]

Floats = NDArray[np.float32]
Rows = NDArray[np.int32]

VECTORS_FILE = "memory.safetensors"
ITEMS_FILE = "memory_items.tsv.gz"
TENSORS = ("low", "step", "indptr", "rows")
AGAIN, FEWEST = 3, 64
"""Candidates of the scan that are compared again: so many times what is asked for, at least 64.
Of 100 neighbours 99.9 % are found so (370,000 items, 128 dimensions)."""


class Memory:
    """Items with a vector and rows each.

    Attributes:
        titles: how many items stand before those with a name.
        low: float32 (d,), as from `pack_int4`.
        step: float32 (d,), likewise.
    """

    def __init__(
        self,
        codes: Codes,
        low: Floats,
        step: Floats,
        indptr: ArrayLike,
        rows: ArrayLike,
        names: Sequence[str] | Path,
    ) -> None:
        """Make it searchable.

        Args:
            codes: uint8 (m, d / 2), as from `pack_int4`.
            low: float32 (d,), likewise.
            step: float32 (d,), likewise.
            indptr: int (named + 1,); of the items with a name, the i-th lies in the rows
                `rows[indptr[i]:indptr[i + 1]]`. Item j before them is the title of row j.
            rows: int (nnz,), the deepest rows of each.
            names: of those items, or the file with the names, which is read when first needed.
        """
        self.low, self.step = low, step
        self._codes, self._count = codes, len(codes)
        self._indptr = np.asarray(indptr, np.int32)
        self._rows = np.asarray(rows, np.int32)
        self.titles = self._count - (len(self._indptr) - 1)
        self._names = names if isinstance(names, Path) else list(names)
        self._added: list[str] = []
        self._norms = norms_int4(codes, low, step)
        self._index = _fast_scan(codes, low, step)

    def __len__(self) -> int:
        return self._count

    @property
    def dim(self) -> int:
        """Dimensions of a vector."""
        return len(self.low)

    @property
    def codes(self) -> Codes:
        """uint8 (m, d / 2), as from `pack_int4`; not to be written to."""
        return self._codes[: self._count]

    @property
    def names(self) -> list[str]:
        """The names of the items after the titles.

        Raises:
            BundleError: their file cannot be read, or has another number of lines.
        """
        if isinstance(self._names, Path):
            path = self._names
            try:
                lines = gzip.decompress(path.read_bytes()).decode("utf-8").split("\n")[:-1]
            except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
                raise BundleError(f"{path}: cannot be read: {error}") from error
            expected = self._count - self.titles - len(self._added)
            if len(lines) != expected:
                raise BundleError(f"{path}: {len(lines)} lines for {expected} items")
            self._names = lines
        return self._names + self._added

    def rows(self, item: int) -> Rows:
        """The deepest rows of an item: int32 (k,)."""
        if item < self.titles:
            return np.array([item], np.int32)
        named = item - self.titles
        return self._rows[self._indptr[named] : self._indptr[named + 1]]

    def item_rows(self) -> tuple[Rows, Rows]:
        """The deepest rows of all items, as csr: int32 (m + 1,) and int32 (nnz,)."""
        titles = np.arange(self.titles, dtype=np.int32)
        return (
            np.concatenate((titles, self._indptr + np.int32(self.titles))),
            np.concatenate((titles, self._rows)),
        )

    def vectors(self, items: ArrayLike | slice) -> Floats:
        """The vectors of some items: float32 (k, d), rows of length 1."""
        at = items if isinstance(items, slice) else np.asarray(items, np.int64)
        return unpack_int4(self.codes[at], self.low, self.step)

    @classmethod
    def pack(
        cls, vectors: Floats, rows: Sequence[ArrayLike], names: Sequence[str], titles: int = 0
    ) -> Memory:
        """Make a memory of vectors as computed.

        Args:
            vectors: float32 (m, d), d even; the first are those of titles.
            rows: the deepest rows of each item after the titles.
            names: the name of each of these.
            titles: how many vectors stand before them; item j is the title of row j.
        """
        if not len(vectors) - titles == len(rows) == len(names) or vectors.shape[1] % 2:
            raise ValueError(
                f"{vectors.shape} vectors with {titles} titles, {len(rows)} lists of rows and "
                f"{len(names)} names: as many of each are needed, and an even number of dimensions"
            )
        parts = [np.asarray(part, np.int32).reshape(-1) for part in rows]
        indptr = np.concatenate(([0], np.cumsum([len(part) for part in parts])))
        flat = np.concatenate(parts) if parts else np.zeros(0, np.int32)
        return cls(*pack_int4(np.asarray(vectors, np.float32)), indptr, flat, names)

    def add(self, vector: Floats, rows: ArrayLike, name: str) -> None:
        """Append one item: a reviewed decision.

        Args:
            vector: float32 (d,), of length 1.
            rows: its deepest rows.
            name: its name.
        """
        own = np.asarray(rows, np.int32).reshape(-1)
        code = quantise(np.asarray(vector, np.float32)[None], self.low, self.step)
        if self._count == len(self._codes):
            spare = max(1024, self._count // 8)
            self._codes = np.concatenate((self._codes, np.zeros((spare, code.shape[1]), np.uint8)))
        self._codes[self._count] = code
        self._norms = np.append(self._norms, norms_int4(code, self.low, self.step))
        self._index.add(self.low + self.step * levels_int4(code))
        self._count += 1
        self._rows = np.concatenate((self._rows, own))
        self._indptr = np.append(self._indptr, np.int32(len(self._rows)))
        self._added.append(name)

    def search(self, queries: Floats, k: int) -> tuple[Floats, NDArray[np.int64]]:
        """The nearest items of each query, nearest first.

        Args:
            queries: float32 (B, d), of length 1.
            k: how many; fewer come back from a smaller memory.

        Returns:
            similarity float32 (B, k) and items int64 (B, k).
        """
        asked, k = np.ascontiguousarray(queries, np.float32), min(k, self._count)
        similarity = np.empty((len(asked), k), np.float32)
        items = np.empty((len(asked), k), np.int64)
        _, candidates = self._index.search(asked, min(max(AGAIN * k, FEWEST), self._count))
        for i, found in enumerate(candidates):
            if found[-1] < 0:  # the scan finds nothing for a query of zeros: all are as near
                found[:] = np.arange(len(found))
            codes, norms = self._codes[found], self._norms[found]
            near = dot_int4(codes, norms, self.low, self.step, asked[i])
            order = np.argsort(-near, kind="stable")[:k]
            similarity[i], items[i] = near[order], found[order]
        return similarity, items

    def save(self, folder: Path) -> None:
        """Write `memory.safetensors` and `memory_items.tsv.gz` into a folder."""
        tensors: dict[str, NDArray[Any]] = {
            "codes": self.codes,
            "low": self.low,
            "step": self.step,
            "indptr": self._indptr,
            "rows": self._rows,
        }
        part = folder / (VECTORS_FILE + ".part")
        save_file(tensors, part)
        part.replace(folder / VECTORS_FILE)
        text = "".join(f"{name}\n" for name in self.names)
        part = folder / (ITEMS_FILE + ".part")
        part.write_bytes(gzip.compress(text.encode("utf-8"), mtime=0))
        part.replace(folder / ITEMS_FILE)

    @classmethod
    def load(cls, folder: Path) -> Memory:
        """Read both files; the names when they are first needed.

        Raises:
            BundleError: not such a file; names it and what is wrong.
        """
        path = folder / VECTORS_FILE
        try:
            with safe_open(path, framework="numpy") as file:
                low, step, indptr, rows = (file.get_tensor(name) for name in TENSORS)
            codes = _mapped(path, "codes")
        except KeyError as error:
            raise BundleError(f"{path}: lacks the tensor {error}") from error
        except (OSError, SafetensorError) as error:
            raise BundleError(f"{path}: cannot be read as safetensors: {error}") from error
        fit = codes.shape[1] * 2 == len(low) == len(step) and len(indptr) <= len(codes) + 1
        if not fit or indptr[-1] != len(rows):
            raise BundleError(
                f"{path}: shapes do not fit: codes {codes.shape}, low {low.shape}, "
                f"indptr {indptr.shape}, rows {rows.shape}"
            )
        return cls(codes, low, step, indptr, rows, folder / ITEMS_FILE)


def vote(similarity: Floats, temperature: float) -> Floats:
    """Softmax of similarities: float32 (B, k), rows sum to 1."""
    nearness = similarity - similarity.max(axis=1, keepdims=True)
    weights: Floats = np.exp(nearness / np.float32(temperature))
    weights /= weights.sum(axis=1, keepdims=True)
    return weights


def _mapped(path: Path, name: str) -> Codes:
    """A tensor of bytes as it lies in a safetensors file that was read before, not copied: other
    processes with the same file share its pages. The format: 8 bytes with the length of a JSON
    header, which says where each tensor begins after it."""
    with path.open("rb") as file:
        size = int.from_bytes(file.read(8), "little")
        spec = json.loads(file.read(size))[name]
    start = 8 + size + spec["data_offsets"][0]
    return np.memmap(path, np.uint8, "r", offset=start, shape=tuple(spec["shape"]))


def _fast_scan(codes: Codes, low: Floats, step: Floats) -> Any:
    """faiss's index over codes as they are: code c of dimension i stands for low + step * c."""
    dim = len(low)
    index = faiss.IndexPQ(dim, dim, 4, faiss.METRIC_INNER_PRODUCT)
    levels = low[:, None] + step[:, None] * np.arange(16, dtype=np.float32)
    faiss.copy_array_to_vector(levels.astype(np.float32).ravel(), index.pq.centroids)
    faiss.copy_array_to_vector(np.ascontiguousarray(codes).ravel(), index.codes)
    index.is_trained, index.ntotal = True, len(codes)
    return faiss.IndexPQFastScan(index)  # type: ignore[arg-type]
