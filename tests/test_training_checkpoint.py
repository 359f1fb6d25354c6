"""Checkpoints: what is saved comes back, a kill leaves the last one whole, others are refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
from torch import Tensor

from training.checkpoint import (
    load_checkpoint,
    load_params,
    read_tensors,
    save_checkpoint,
    write_tensors,
)
from training.errors import RunError


def _begun(steps: int = 0) -> tuple[dict[str, Tensor], torch.optim.Optimizer]:
    torch.manual_seed(2)
    params: dict[str, Tensor] = {
        "a.weight": torch.nn.Parameter(torch.randn(3, 2)),
        "b": torch.nn.Parameter(torch.randn(4)),
    }
    optimizer = torch.optim.AdamW(params.values(), lr=0.1)
    for step in range(steps):
        _step(params, optimizer, step)
    return params, optimizer


def _step(params: dict[str, Tensor], optimizer: torch.optim.Optimizer, step: int) -> None:
    optimizer.zero_grad()
    sum((p * (step + 1)).square().sum() for p in params.values()).backward()  # type: ignore[union-attr]
    optimizer.step()


def test_a_run_goes_on_as_if_it_had_not_been_killed(tmp_path: Path) -> None:
    params, optimizer = _begun(steps=3)
    save_checkpoint(tmp_path / "c.safetensors", params, optimizer, 3, "recipe")
    again, fresh = _begun()
    assert load_checkpoint(tmp_path / "c.safetensors", again, fresh, "recipe") == 3
    _step(params, optimizer, 3)
    _step(again, fresh, 3)
    for name, weights in params.items():
        assert torch.equal(again[name], weights)


def test_a_kill_while_saving_leaves_the_last_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "c.safetensors"
    params, optimizer = _begun(steps=1)
    save_checkpoint(path, params, optimizer, 1, "recipe")
    saved = path.read_bytes()

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", die)
    _step(params, optimizer, 1)
    with pytest.raises(KeyboardInterrupt):
        save_checkpoint(path, params, optimizer, 2, "recipe")
    assert path.read_bytes() == saved


def test_a_process_that_only_helps_writes_nothing(tmp_path: Path) -> None:
    params, optimizer = _begun(steps=1)
    save_checkpoint(tmp_path / "c.safetensors", params, optimizer, 1, "recipe", False)
    assert list(tmp_path.iterdir()) == []


def test_a_checkpoint_of_another_recipe_is_refused(tmp_path: Path) -> None:
    params, optimizer = _begun(steps=1)
    save_checkpoint(tmp_path / "c.safetensors", params, optimizer, 1, "recipe")
    with pytest.raises(RunError, match="another recipe or corpus"):
        load_checkpoint(tmp_path / "c.safetensors", params, optimizer, "other")


def test_weights_alone_come_back_without_an_optimiser(tmp_path: Path) -> None:
    params, optimizer = _begun(steps=2)
    save_checkpoint(tmp_path / "c.safetensors", params, optimizer, 2, "recipe")
    again, _ = _begun()
    load_params(tmp_path / "c.safetensors", again)
    assert all(torch.equal(again[name], weights) for name, weights in params.items())


def test_metadata_and_tensors_come_back(tmp_path: Path) -> None:
    write_tensors(tmp_path / "t.safetensors", {"x": torch.arange(6).view(2, 3).T}, losses="[1]")
    tensors, metadata = read_tensors(tmp_path / "t.safetensors")
    assert metadata == {"losses": "[1]"}
    assert tensors["x"].tolist() == [[0, 3], [1, 4], [2, 5]]


@pytest.mark.parametrize("content", [None, b"no tensors"])
def test_a_file_that_cannot_be_read_is_named(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "c.safetensors"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RunError, match=r"c\.safetensors: cannot be read"):
        read_tensors(path)
