"""Several processes, one step: who encodes what, and how results and gradients come together.

`accelerate launch` starts the processes. Every one draws the same batch, encodes its share of the
texts, and gets the embeddings of all the others, so that each sees the loss of the whole batch with
all its negatives. One rule for gradients: the mean over the processes is the gradient of the batch.
It holds by itself for what all compute alike (head, projection), and for the encoder because a
share's gradient is multiplied by the number of processes. FSDP takes that mean for the weights that
it shards, `mean_gradients` for the others.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from accelerate import Accelerator
from accelerate.utils.fsdp_utils import fsdp2_prepare_model
from torch import Tensor, nn
from torch.distributed.fsdp.wrap import transformer_auto_wrap_policy
from torch.distributed.tensor import DTensor
from transformers.modeling_layers import GradientCheckpointingLayer

from training.errors import RunError

__all__ = [
    "accelerator",
    "gather_shares",
    "is_sharded",
    "mean_gradients",
    "part",
    "place",
    "share",
]


def accelerator() -> Accelerator:
    """What `accelerate launch` or `torchrun` asked for; without them one process.

    A GPU where torch sees one, else the CPU. Precision is the recipe's, not the launcher's.
    """
    return Accelerator(cpu=not torch.cuda.is_available(), mixed_precision="no")


def place(base: nn.Module, processes: Accelerator) -> None:
    """Put a transformer where it is trained: on its device, sharded where FSDP was asked for.

    A unit that is put together for its turn is one layer, whatever the family calls it.

    Raises:
        RunError: a setting of FSDP under which adapters cannot be trained here.
    """
    plugin = getattr(processes.state, "fsdp_plugin", None)
    if plugin is None:
        base.to(processes.device)
        return
    if plugin.fsdp_version != 2:
        raise RunError("accelerate: only FSDP 2 shards adapters here: set fsdp_version: 2")
    if plugin.cpu_ram_efficient_loading:
        raise RunError(
            "accelerate: every process makes its own adapters: set "
            "fsdp_cpu_ram_efficient_loading: false"
        )
    layers = {type(m).__name__ for m in base.modules() if isinstance(m, GradientCheckpointingLayer)}
    plugin.auto_wrap_policy = transformer_auto_wrap_policy
    plugin.transformer_cls_names_to_wrap = sorted(layers)
    fsdp2_prepare_model(processes, base)


def part(processes: Accelerator) -> None:
    """Leave each other when all have come here: from now on no process waits for another."""
    processes.wait_for_everyone()
    if torch.distributed.is_initialized():
        torch.distributed.destroy_process_group()


def is_sharded(module: nn.Module) -> bool:
    """Whether FSDP holds only a part of its weights in this process."""
    return any(isinstance(p, DTensor) for p in module.parameters())


def share(order: list[int], processes: Accelerator) -> tuple[list[int], list[int]]:
    """Deal texts out like cards, so that all get as many, of like length.

    Args:
        order: texts by rising length.

    Returns:
        Those of this process (the longest come twice where they do not go round), and the longest
        of each round: by those, all processes cut their share into the same number of parts,
        without which sharded weights would wait for each other for ever.
    """
    world = processes.num_processes
    dealt = order + order[-1:] * (-len(order) % world)
    return dealt[processes.process_index :: world], dealt[world - 1 :: world]


def gather_shares(found: Tensor, total: int, processes: Accelerator) -> Tensor:
    """The rows of all processes in the order they were dealt in, with gradients.

    Args:
        found: float32 (rounds, dim), of this process's share.
        total: texts that were dealt.

    Returns:
        float32 (total, dim).
    """
    if processes.num_processes == 1:
        return found
    together: Tensor = _Gather.apply(found, processes)
    return together[:total]


class _Gather(torch.autograd.Function):
    """All shares forward; the own share's gradient backward, times the number of processes."""

    @staticmethod
    def forward(ctx, found: Tensor, processes: Accelerator) -> Tensor:
        ctx.at, ctx.world = processes.process_index, processes.num_processes
        rounds, dim = found.shape
        by_process = processes.gather(found.contiguous()).view(ctx.world, rounds, dim)
        return by_process.transpose(0, 1).reshape(ctx.world * rounds, dim)

    @staticmethod
    def backward(ctx, *grads: Tensor) -> tuple[Tensor, None]:
        return grads[0][ctx.at :: ctx.world] * ctx.world, None


def mean_gradients(params: Iterable[Tensor], processes: Accelerator) -> None:
    """Replace the gradients of unsharded parameters by their mean over the processes."""
    if processes.num_processes == 1:
        return
    grads = [p.grad for p in params if p.grad is not None and not isinstance(p, DTensor)]
    mean = processes.reduce(torch.cat([g.reshape(-1) for g in grads]), "mean")
    for grad, shared in zip(grads, mean.split([g.numel() for g in grads]), strict=True):
        grad.copy_(shared.view_as(grad))
