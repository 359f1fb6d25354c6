"""Several processes: texts are dealt evenly, and settings that would go wrong are refused."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch
from accelerate.utils import FullyShardedDataParallelPlugin

from training.errors import RunError
from training.processes import accelerator, gather_shares, is_sharded, mean_gradients, place, share


def _dealt(order: list[int], world: int) -> list[tuple[list[int], list[int]]]:
    team: Any = [SimpleNamespace(process_index=i, num_processes=world) for i in range(world)]
    return [share(order, one) for one in team]


@pytest.mark.parametrize("world", [1, 2, 3, 4, 8])
def test_every_text_is_dealt_and_all_cut_alike(world: int) -> None:
    order = [4, 0, 6, 2, 1, 5, 3]
    found = _dealt(order, world)
    assert len({len(mine) for mine, _ in found}) == 1
    rounds = [text for dealt in zip(*(mine for mine, _ in found), strict=True) for text in dealt]
    assert rounds[: len(order)] == order
    assert set(rounds[len(order) :]) <= {order[-1]}
    for _, longest in found:
        assert longest == found[-1][0]


def test_one_process_keeps_its_order() -> None:
    assert _dealt([2, 0, 1], 1) == [([2, 0, 1], [2, 0, 1])]


def test_one_process_gathers_and_averages_nothing() -> None:
    weights = torch.nn.Parameter(torch.ones(2, 3))
    found = gather_shares(weights * 2, 2, accelerator())
    found.sum().backward()
    mean_gradients([weights], accelerator())
    assert weights.grad is not None
    assert weights.grad.tolist() == [[2.0] * 3] * 2


def test_without_fsdp_weights_stay_whole() -> None:
    layer = torch.nn.Linear(2, 2)
    place(layer, accelerator())
    assert not is_sharded(layer)
    assert layer.weight.device == accelerator().device


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"fsdp_version": 1, "cpu_ram_efficient_loading": False}, "fsdp_version: 2"),
        (
            {"fsdp_version": 2, "cpu_ram_efficient_loading": True},
            "fsdp_cpu_ram_efficient_loading: false",
        ),
    ],
)
@pytest.mark.filterwarnings("ignore:.*FSDP1:FutureWarning")
def test_settings_of_fsdp_that_lose_adapters_are_refused(
    settings: dict[str, Any], named: str
) -> None:
    state = SimpleNamespace(fsdp_plugin=FullyShardedDataParallelPlugin(**settings))
    processes: Any = SimpleNamespace(state=state, device=torch.device("cpu"))
    with pytest.raises(RunError, match=named):
        place(torch.nn.Linear(2, 2), processes)
