"""Stage 1 in two processes says what it says in one: losses, gradients, and states on disk."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from tiny_encoder import write_encoder
from tiny_stage import WORDS, build, gradients, train
from torch import Tensor

from training.checkpoint import read_tensors
from training.processes import accelerator

ROOT = Path(__file__).resolve().parents[1]
KINDS = ("replicated", "sharded")


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("adapt") / "encoder"
    write_encoder(folder, WORDS, "qwen3")
    return folder


@pytest.fixture(scope="module")
def whole(encoder: Path) -> Path:
    """The run folder of one process that was not interrupted."""
    run = encoder.parent / "whole"
    train(build(encoder, accelerator()), run, accelerator())
    return run


@pytest.fixture(scope="module")
def runs(encoder: Path) -> Path:
    """What two processes made of their own, and of runs that one process began."""
    folder = encoder.parent / "runs"
    for kind in KINDS:
        train(build(encoder, accelerator()), folder / f"one-{kind}", accelerator(), until=2)
        shutil.copytree(folder / f"one-{kind}", folder / f"one-{kind}-begun")
    paths = os.pathsep.join([str(ROOT), str(ROOT / "tests")])
    launch = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    done = subprocess.run(
        [sys.executable, *launch, str(ROOT / "tests/tiny_stage.py"), str(encoder), str(folder)],
        env=os.environ | {"PYTHONPATH": paths, "OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return folder


def _state(run: Path) -> dict[str, Tensor]:
    tensors, metadata = read_tensors(run / "adapt.safetensors")
    return tensors | {"step": torch.tensor(int(metadata["step"]))}


def _assert_same(found: dict[str, Tensor], wanted: dict[str, Tensor]) -> None:
    assert found.keys() == wanted.keys()
    for name, tensor in wanted.items():
        # measured on five families: at most 3e-7 apart, by the order in which they are summed
        assert (found[name] - tensor).abs().max() <= 1e-5 * tensor.abs().max() + 1e-6, name


@pytest.mark.parametrize("kind", KINDS)
def test_gradients_of_two_processes_are_those_of_one(kind: str, encoder: Path, runs: Path) -> None:
    one = gradients(build(encoder, accelerator()), accelerator())
    assert all(bool(g.abs().max() > 0) for g in one.values())
    two, _ = read_tensors(runs / f"gradients-{kind}.safetensors")
    _assert_same(two, one)


@pytest.mark.parametrize("kind", KINDS)
def test_one_process_goes_on_where_two_were_killed(
    kind: str, encoder: Path, whole: Path, runs: Path
) -> None:
    begun = _state(runs / f"two-{kind}")
    assert begun["step"] == 2
    train(build(encoder, accelerator()), runs / f"two-{kind}", accelerator())
    _assert_same(_state(runs / f"two-{kind}"), _state(whole))


@pytest.mark.parametrize("kind", KINDS)
def test_two_processes_go_on_where_one_was_killed(kind: str, whole: Path, runs: Path) -> None:
    assert _state(runs / f"one-{kind}-begun")["step"] == 2
    _assert_same(_state(runs / f"one-{kind}"), _state(whole))


def test_only_one_process_keeps_the_journal(runs: Path) -> None:
    lines = (runs / "one-sharded" / "adapt.log.jsonl").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line)["step"] for line in lines] == [0, 1, 2, 3]
