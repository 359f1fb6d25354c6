"""The memory: vectors of titles and filings with their label rows, searched whole.

A filing's K nearest items vote for the label rows they lie in, and for all rows above those; the
shares of the vote are masses that never grow downwards. Vectors are stored with 4 bits a dimension
and searched as float32. Owns `memory.safetensors` and `memory_items.tsv.gz`; an item's name is its
line there: `t<TAB>symbol` for a title, `f<TAB>id` for a filing.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from cpc_classifier.errors import BundleError
from cpc_classifier.hierarchy import Hierarchy
from cpc_classifier.int4 import Codes, pack_int4, quantise, unpack_int4

__all__ = ["ITEMS_FILE", "VECTORS_FILE", "Memory", "pack_int4", "unpack_int4", "vote"]

Floats = NDArray[np.float32]

VECTORS_FILE = "memory.safetensors"
ITEMS_FILE = "memory_items.tsv.gz"
ROOM = 32768
"""Items for which room is made when there is none left."""
BLAS_FROM = 12
"""Queries from which one matrix product beats a scan for each query (2 cores, 330,000 items)."""
BLAS_ITEMS = 4096
"""Items of one such product."""


class Memory:
    """Items with a unit vector, label rows and a name each."""

    def __init__(
        self,
        codes: Codes,
        low: Floats,
        step: Floats,
        indptr: ArrayLike,
        rows: ArrayLike,
        names: Sequence[str] | Path,
    ) -> None:
        """Unpack the vectors.

        Args:
            codes: uint8 (m, d / 2), as from `pack_int4`.
            low: float32 (d,), likewise.
            step: float32 (d,), likewise.
            indptr: int (m + 1,), item i lies in the rows `rows[indptr[i]:indptr[i + 1]]`.
            rows: int (nnz,), the deepest label rows of each item.
            names: the name of each item, or the file with them, which is read when first needed.
        """
        self._count = len(codes)
        spare = max(1024, self._count // 8)  # pages that are never written cost no memory
        self._vectors = np.empty((self._count + spare, len(low)), np.float32)
        unpack_int4(codes, low, step, out=self._vectors[: self._count])
        self._packed = codes, low, step
        self._indptr = np.asarray(indptr, np.int32)
        self._rows = np.asarray(rows)
        self._names = names if isinstance(names, Path) else list(names)
        self._added: list[str] = []
        self._closed: tuple[Hierarchy, sp.csr_array] | None = None
        faiss.cvar.distance_compute_blas_threshold = BLAS_FROM
        faiss.cvar.distance_compute_blas_database_bs = BLAS_ITEMS

    def __len__(self) -> int:
        return self._count

    @property
    def vectors(self) -> Floats:
        """float32 (m, d), rows of length 1."""
        return self._vectors[: self._count]

    @property
    def names(self) -> list[str]:
        """The names of all items.

        Raises:
            BundleError: their file cannot be read, or has another number of lines.
        """
        if isinstance(self._names, Path):
            path = self._names
            try:
                lines = gzip.decompress(path.read_bytes()).decode("utf-8").split("\n")[:-1]
            except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
                raise BundleError(f"{path}: cannot be read: {error}") from error
            if len(lines) != self._count - len(self._added):
                raise BundleError(f"{path}: {len(lines)} lines for {self._count} items")
            self._names = lines
        return self._names + self._added

    def rows(self, item: int) -> NDArray[np.int32]:
        """The deepest label rows of an item."""
        return self._rows[self._indptr[item] : self._indptr[item + 1]].astype(np.int32)

    @classmethod
    def pack(cls, vectors: Floats, rows: Sequence[ArrayLike], names: Sequence[str]) -> Memory:
        """Make a memory of vectors as computed.

        Args:
            vectors: float32 (m, d), d even.
            rows: the deepest label rows of each item.
            names: the name of each item.
        """
        if not len(vectors) == len(rows) == len(names) or vectors.shape[1] % 2:
            raise ValueError(
                f"{vectors.shape} vectors, {len(rows)} lists of rows and {len(names)} names: "
                "as many of each are needed, and an even number of dimensions"
            )
        parts = [np.asarray(part, np.int32).reshape(-1) for part in rows]
        indptr = np.concatenate(([0], np.cumsum([len(part) for part in parts])))
        flat = np.concatenate(parts) if parts else np.zeros(0, np.int32)
        return cls(*pack_int4(np.asarray(vectors, np.float32)), indptr, flat, names)

    def add(self, vector: Floats, rows: ArrayLike, name: str) -> None:
        """Append one item: a reviewed decision, a new title.

        Args:
            vector: float32 (d,), of length 1.
            rows: its deepest label rows.
            name: its name.
        """
        if self._count == len(self._vectors):
            self._vectors = np.concatenate((self._vectors, np.empty_like(self._vectors[:ROOM])))
        self._vectors[self._count] = vector
        self._count += 1
        own = np.asarray(rows, np.int32).reshape(-1)
        self._rows = np.concatenate((self._rows, own))
        self._indptr = np.append(self._indptr, np.int32(len(self._rows)))
        self._added.append(name)
        if self._closed is not None:
            hierarchy, closed = self._closed
            new = hierarchy.closed_csr([0, len(own)], own)
            self._closed = hierarchy, sp.csr_array(sp.vstack((closed, new), format="csr"))

    def search(self, queries: Floats, k: int) -> tuple[Floats, NDArray[np.int64]]:
        """The nearest items of each query, nearest first.

        Args:
            queries: float32 (B, d), of length 1.
            k: how many; fewer come back from a smaller memory.

        Returns:
            similarity float32 (B, k) and items int64 (B, k).
        """
        asked, k = np.ascontiguousarray(queries, np.float32), min(k, self._count)
        if len(asked) == 1:  # faiss gives one query one thread; this is twice as fast
            near = self.vectors @ asked[0]
            top = np.argpartition(near, self._count - k)[self._count - k :]
            top = top[np.argsort(-near[top], kind="stable")]
            return near[None, top], top[None].astype(np.int64)
        similarity, items = faiss.knn(asked, self.vectors, k, metric=faiss.METRIC_INNER_PRODUCT)
        return similarity, items

    def masses(self, queries: Floats, k: int, temperature: float, hierarchy: Hierarchy) -> Floats:
        """The share of the nearest items' vote for each label's subtree: float32 (B, n).

        Args:
            queries: float32 (B, d), of length 1.
            k: how many items vote.
            temperature: of the softmax over their similarities.
            hierarchy: the label rows.
        """
        similarity, items = self.search(queries, k)
        return self.masses_of(vote(similarity, temperature), items, hierarchy)

    def masses_of(self, weights: Floats, items: NDArray[np.int64], hierarchy: Hierarchy) -> Floats:
        """The weight of given items in each label's subtree.

        An item counts once a label, whether one or several of its rows lie below. A label sums
        the weights of its items in the order given, so it never gets less than one below it.

        Args:
            weights: float32 (B, k), at least 0.
            items: int64 (B, k).
            hierarchy: the label rows.

        Returns:
            float32 (B, n), in [0, 1] where the weights of a filing sum to 1.
        """
        if self._closed is None or self._closed[0] is not hierarchy:
            self._closed = hierarchy, hierarchy.closed_csr(self._indptr, self._rows)
        starts = np.arange(len(items) + 1) * items.shape[1]
        picked = sp.csr_array(
            (weights.ravel(), items.ravel(), starts), shape=(len(items), self._count)
        )
        masses: Floats = (picked @ self._closed[1]).toarray()
        return np.minimum(masses, np.float32(1), out=masses)

    def save(self, folder: Path) -> None:
        """Write `memory.safetensors` and `memory_items.tsv.gz` into a folder."""
        codes, low, step = self._packed
        added = quantise(self._vectors[len(codes) : self._count], low, step)
        tensors: dict[str, NDArray[Any]] = {
            "codes": np.concatenate((codes, added)),
            "low": low,
            "step": step,
            "indptr": self._indptr,
            "rows": self._rows.astype(np.uint16 if self._rows.max(initial=0) < 65536 else np.int32),
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
            t = load_file(path)
            codes, low, step, indptr, rows = (
                t[name] for name in ("codes", "low", "step", "indptr", "rows")
            )
        except KeyError as error:
            raise BundleError(f"{path}: lacks the tensor {error}") from error
        except (OSError, SafetensorError) as error:
            raise BundleError(f"{path}: cannot be read as safetensors: {error}") from error
        fit = codes.shape[1] * 2 == len(low) == len(step) and len(indptr) == len(codes) + 1
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
