"""The head inside of an int8 graph: one matrix and one row of biases, read and replaced.

`export.BundleGraph` names them `vectors` and `bias`; `export.quantise` keeps the matrix as int8
with a step for each column. So a bundle needs no second copy of its head to be trained on.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from training.errors import RunError

__all__ = ["read_head", "write_head"]

CODES, STEP, ZERO, BIAS = "vectors_quantized", "vectors_scale", "vectors_zero_point", "bias"
MOST = 63
"""Largest code: `export.quantise` leaves the eighth bit free."""


def read_head(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """The head of a graph.

    Returns:
        vectors float32 (dim, n_rows) and bias float32 (n_rows,): logits = f @ vectors + bias.

    Raises:
        RunError: it is no int8 graph of ours.
    """
    codes, step, zero, bias = (numpy_helper.to_array(t) for t in _tensors(onnx.load(path), path))
    return (codes.astype(np.float32) - zero.astype(np.float32)) * step, bias


def write_head(path: Path, vectors: np.ndarray, bias: np.ndarray) -> None:
    """Put another head in its place.

    Args:
        path: of the graph; changed as a whole or not at all.
        vectors: float32 (dim, n_rows).
        bias: float32 (n_rows,).

    Raises:
        RunError: it is no int8 graph of ours.
    """
    model = onnx.load(path)
    step = np.maximum(np.abs(vectors).max(axis=0), 1e-8) / MOST
    values = (
        np.round(vectors / step).astype(np.int8),
        step.astype(np.float32),
        np.zeros(len(step), np.int8),
        bias.astype(np.float32),
    )
    for tensor, value in zip(_tensors(model, path), values, strict=True):
        if tuple(tensor.dims) != value.shape:
            raise RunError(f"{path}: {tensor.name} is {tuple(tensor.dims)}, not {value.shape}")
        tensor.CopyFrom(numpy_helper.from_array(value, tensor.name))
    part = path.with_name(path.name + ".part")
    onnx.save(model, part)
    os.replace(part, path)


def _tensors(model: onnx.ModelProto, path: Path) -> list[onnx.TensorProto]:
    found = {tensor.name: tensor for tensor in model.graph.initializer}
    lost = [name for name in (CODES, STEP, ZERO, BIAS) if name not in found]
    if lost:
        raise RunError(f"{path}: has no {lost[0]!r}: it is not the int8 graph of a bundle")
    return [found[name] for name in (CODES, STEP, ZERO, BIAS)]
