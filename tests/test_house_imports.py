"""The arrows between the packages point one way, and nothing can run foreign code from a file.

Two kinds of evidence: every import statement, read from the source; and what a fresh interpreter
has loaded after importing the core, which also sees what the libraries bring.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("taxonomy", "cpc_classifier", "training")

WEB = {"bentoml", "pydantic", "click", "starlette"}
TORCH = {"torch", "transformers", "peft", "accelerate", "sentence_transformers", "onnxscript"}
PICKLE = {"pickle", "cPickle", "_pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}
EDGES = ("cli", "service", "schemas", "review")
"""The parts of cpc_classifier that may know the web and the command line, by first word."""


@dataclass(frozen=True, slots=True)
class Import:
    """One imported top-level module, and how it was asked for."""

    line: int
    module: str
    by_name: bool
    """True for importlib.import_module("..."), which loads only when it is called."""


def imports(tree: ast.Module, package: str) -> Iterator[Import]:
    """Every import of a module's source; relative ones belong to ``package``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(node.lineno, alias.name.split(".")[0], by_name=False)
        elif isinstance(node, ast.ImportFrom):
            module = package if node.level else (node.module or "").split(".")[0]
            yield Import(node.lineno, module, by_name=False)
        elif isinstance(node, ast.Call) and _called(node) in {"import_module", "__import__"}:
            name = node.args[0] if node.args else None
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                yield Import(node.lineno, name.value.split(".")[0], by_name=True)


def _called(node: ast.Call) -> str:
    """``f`` of f(...) and of m.f(...); "" for anything else."""
    if isinstance(node.func, ast.Name):
        return node.func.id
    return node.func.attr if isinstance(node.func, ast.Attribute) else ""


def banned(package: str, part: str, found: Import) -> bool:
    """Whether ``part`` (the first word of a module's name) of ``package`` may not import this."""
    edge = package == "cpc_classifier" and part.split("_")[0] in EDGES
    if found.module in PICKLE:
        return True
    if package == "taxonomy":
        return found.module in {"cpc_classifier", "training", "onnxruntime"} | WEB | TORCH
    if package == "cpc_classifier":
        if found.module == "training":
            return not (edge and found.by_name)
        return found.module in TORCH or (found.module in WEB and not edge)
    return found.module in WEB and part != "cli"


def unsafe_calls(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Calls that run or unpickle what they are given. ``model.eval()`` is none of them."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        if isinstance(node.func, ast.Name) and node.func.id in {"eval", "exec"}:
            yield node.lineno, f"{node.func.id}()"
        for keyword in node.keywords:
            value = keyword.value.value if isinstance(keyword.value, ast.Constant) else None
            if (keyword.arg, value) in {("allow_pickle", True), ("weights_only", False)}:
                yield node.lineno, f"{keyword.arg}={value}"


def violations(root: Path) -> list[str]:
    """What is wrong below ``root``, one line each: file, line, and what it imports or calls."""
    wrong = []
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
            part = path.relative_to(root / package).with_suffix("").parts[0]
            where = path.relative_to(root).as_posix()
            wrong += [
                f"{where}:{found.line} imports {found.module}"
                for found in imports(tree, package)
                if banned(package, part, found)
            ]
            wrong += [f"{where}:{line} calls {what}" for line, what in unsafe_calls(tree)]
    return wrong


def test_all_arrows_point_one_way() -> None:
    for package in PACKAGES:
        assert list((ROOT / package).rglob("*.py")), f"no modules of {package} were walked"
    assert violations(ROOT) == []


@pytest.mark.parametrize(
    ("path", "source", "expected"),
    [
        ("taxonomy/tree.py", "import cpc_classifier.labels", "imports cpc_classifier"),
        ("taxonomy/tree.py", "from training import fit", "imports training"),
        ("taxonomy/tree.py", "def f():\n    import click", "imports click"),
        ("cpc_classifier/bundle.py", "from training.export import f", "imports training"),
        ("cpc_classifier/cli.py", "import training.cli", "imports training"),
        ("cpc_classifier/bulk.py", "import_module('training.cli')", "imports training"),
        ("cpc_classifier/cli.py", "import torch", "imports torch"),
        ("cpc_classifier/encoder.py", "if x:\n    from torch import nn", "imports torch"),
        ("cpc_classifier/encoder.py", "importlib.import_module('torch')", "imports torch"),
        ("cpc_classifier/bundle.py", "from pydantic import BaseModel", "imports pydantic"),
        ("cpc_classifier/intake/read.py", "import click", "imports click"),
        ("cpc_classifier/clip.py", "import bentoml", "imports bentoml"),
        ("training/fit.py", "import pickle", "imports pickle"),
        ("training/fit.py", "import click", "imports click"),
        ("training/fit.py", "eval('1')", "calls eval()"),
        ("taxonomy/snapshot.py", "exec(text)", "calls exec()"),
        ("taxonomy/snapshot.py", "np.load(p, allow_pickle=True)", "calls allow_pickle=True"),
        ("training/fit.py", "torch.load(p, weights_only=False)", "calls weights_only=False"),
    ],
)
def test_a_wrong_module_is_found(tmp_path: Path, path: str, source: str, expected: str) -> None:
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    file.write_text(f"from __future__ import annotations\n{source}\n", encoding="utf-8")
    found = violations(tmp_path)
    assert len(found) == 1
    assert found[0].startswith(f"{path}:")
    assert found[0].endswith(expected)


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("cpc_classifier/cli.py", "import click\nfrom taxonomy import tree"),
        ("cpc_classifier/cli_train.py", "importlib.import_module('training.cli')"),
        ("cpc_classifier/service.py", "import bentoml, pydantic, starlette"),
        ("cpc_classifier/review/app.py", "import starlette"),
        ("cpc_classifier/intake/read.py", "from .detect import detect"),
        ("training/fit.py", "import torch\nfrom cpc_classifier import bundle\nmodel.eval()"),
        ("training/cli.py", "import click"),
    ],
)
def test_a_right_module_is_left_alone(tmp_path: Path, path: str, source: str) -> None:
    file = tmp_path / path
    file.parent.mkdir(parents=True)
    file.write_text(f"{source}\n", encoding="utf-8")
    assert violations(tmp_path) == []


def core_modules() -> list[str]:
    """Names of all modules of taxonomy and of cpc_classifier but its edges."""
    names = []
    for package in ("taxonomy", "cpc_classifier"):
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            if package == "taxonomy" or parts[1].split("_")[0] not in EDGES:
                names.append(".".join(part for part in parts if part != "__init__"))
    return names


def test_the_core_loads_neither_torch_nor_the_web() -> None:
    names = core_modules()
    assert len(names) > len(PACKAGES)
    script = (
        "import importlib, sys\n"
        f"for name in {names!r}:\n"
        "    importlib.import_module(name)\n"
        f"print(*sorted({WEB | TORCH | {'training'}!r} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr
