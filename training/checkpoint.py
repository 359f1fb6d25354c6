"""Checkpoints of stage 1 as safetensors: weights, optimiser state, step. No pickle."""

from __future__ import annotations

import os
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from training.errors import RunError

__all__ = ["load_checkpoint", "read_tensors", "save_checkpoint", "write_tensors"]


def write_tensors(path: Path, tensors: dict[str, Tensor], **metadata: str) -> None:
    """Write named tensors to a temporary file, then put it in place."""
    temporary = path.with_suffix(".tmp")
    save_file({k: v.detach().cpu().contiguous() for k, v in tensors.items()}, temporary, metadata)
    os.replace(temporary, path)


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Named tensors of a file and its metadata.

    Raises:
        RunError: no such file, or not safetensors.
    """
    try:
        with safe_open(path, framework="pt") as file:
            return {k: file.get_tensor(k) for k in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise RunError(f"{path}: cannot be read as safetensors: {error}") from error


def save_checkpoint(
    path: Path, params: dict[str, Tensor], optimizer: torch.optim.Optimizer, step: int, recipe: str
) -> None:
    """All that a killed run needs to go on after ``step``."""
    tensors = {f"param.{name}": p for name, p in params.items()}
    for name, p in params.items():
        for key, value in optimizer.state.get(p, {}).items():
            tensors[f"state.{key}.{name}"] = torch.as_tensor(value)
    write_tensors(path, tensors, step=str(step), recipe=recipe)


def load_checkpoint(
    path: Path, params: dict[str, Tensor], optimizer: torch.optim.Optimizer, recipe: str
) -> int:
    """Put a checkpoint back in place.

    Returns:
        The number of finished steps.

    Raises:
        RunError: unreadable, or made by another recipe.
    """
    tensors, metadata = read_tensors(path)
    if metadata.get("recipe") != recipe:
        raise RunError(
            f"{path} belongs to another recipe or corpus: give another run folder, or delete it"
        )
    with torch.no_grad():
        for name, p in params.items():
            p.copy_(tensors[f"param.{name}"])
            keys = [k.split(".")[1] for k in tensors if k.startswith("state.")]
            for key in dict.fromkeys(keys):
                if f"state.{key}.{name}" in tensors:
                    optimizer.state[p][key] = tensors[f"state.{key}.{name}"]
    return int(metadata["step"])
