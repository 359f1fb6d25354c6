"""Checkpoints of stage 1 as safetensors: weights, optimiser state, step. No pickle.

Whole tensors, whatever the processes and their shards were: a run goes on with another number of
them. (Accelerate's own state is sharded and holds pickles.)
"""

from __future__ import annotations

import os
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor
from torch.distributed.tensor import DTensor, distribute_tensor

from training.errors import RunError

__all__ = [
    "load_checkpoint",
    "load_params",
    "read_tensors",
    "save_checkpoint",
    "write_tensors",
]


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
    path: Path,
    params: dict[str, Tensor],
    optimizer: torch.optim.Optimizer,
    step: int,
    recipe: str,
    writes: bool = True,
) -> None:
    """All that a killed run needs to go on after ``step``.

    Args:
        writes: whether this process writes the file; all must call, as shards are put together.
    """
    tensors = {f"param.{name}": _whole(p) for name, p in params.items()}
    for name, p in params.items():
        for key, value in optimizer.state.get(p, {}).items():
            tensors[f"state.{key}.{name}"] = _whole(torch.as_tensor(value))
    if writes:
        write_tensors(path, tensors, step=str(step), recipe=recipe)


def load_checkpoint(
    path: Path, params: dict[str, Tensor], optimizer: torch.optim.Optimizer, recipe: str
) -> int:
    """Put a checkpoint back in place, in every process.

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
            p.copy_(_placed(tensors[f"param.{name}"], p))
            keys = [k.split(".")[1] for k in tensors if k.startswith("state.")]
            for key in dict.fromkeys(keys):
                if f"state.{key}.{name}" in tensors:
                    optimizer.state[p][key] = _placed(tensors[f"state.{key}.{name}"], p)
    return int(metadata["step"])


def load_params(path: Path, params: dict[str, Tensor]) -> None:
    """Put the weights of a finished stage in place, for a process that did not train them.

    Raises:
        RunError: unreadable.
    """
    tensors, _ = read_tensors(path)
    with torch.no_grad():
        for name, p in params.items():
            p.copy_(tensors[f"param.{name}"])


def _whole(tensor: Tensor) -> Tensor:
    """All of a tensor of which this process may hold a shard."""
    return tensor.full_tensor() if isinstance(tensor, DTensor) else tensor


def _placed(tensor: Tensor, like: Tensor) -> Tensor:
    """A whole tensor on the device, and in the shards, of a parameter.

    A step count stays where it is: the optimiser wants it on the CPU.
    """
    if tensor.shape != like.shape:
        return tensor
    if isinstance(like, DTensor):
        return distribute_tensor(tensor.to(like.device), like.device_mesh, like.placements)
    return tensor.to(like.device)
