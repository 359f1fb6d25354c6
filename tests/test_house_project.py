"""pyproject.toml, constraints.txt, bentofile.yaml, Makefile and README.md say the same."""

from __future__ import annotations

import importlib.metadata
import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CORE = [Requirement(line) for line in PROJECT["project"]["dependencies"]]
EXTRAS = {
    name: [Requirement(line) for line in lines]
    for name, lines in PROJECT["project"]["optional-dependencies"].items()
}
SERVING = CORE + EXTRAS["cpu"] + EXTRAS["serve"]
TORCH = {"torch", "transformers", "peft", "accelerate", "sentence-transformers", "onnxscript"}


def names(requirements: list[Requirement]) -> set[str]:
    return {canonicalize_name(requirement.name) for requirement in requirements}


def pins(lines: list[str]) -> dict[str, str]:
    """Name -> version of lines ``name==version``; comments and blank lines are dropped."""
    found = (line.split("==") for line in lines if line.strip() and not line.startswith("#"))
    return {canonicalize_name(name): version.strip() for name, version in found}


CONSTRAINTS = pins((ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines())


def closure(roots: list[Requirement]) -> set[str]:
    """All distributions that installing these brings in, as the installed metadata has it."""
    seen: set[str] = set()
    waiting = [(requirement, extra) for requirement in roots for extra in ("", *requirement.extras)]
    while waiting:
        requirement, extra = waiting.pop()
        if requirement.marker and not requirement.marker.evaluate({"extra": extra}):
            continue
        name = canonicalize_name(requirement.name)
        if name in seen and not requirement.extras:
            continue
        seen.add(name)
        below = map(Requirement, importlib.metadata.requires(name) or [])
        waiting += [(r, e) for r in below for e in ("", *requirement.extras)]
    return seen


def test_the_runtimes_are_exclusive() -> None:
    assert names(CORE) & {"onnxruntime", "onnxruntime-gpu"} == set()
    assert names(EXTRAS["cpu"]) == {"onnxruntime"}
    assert names(EXTRAS["gpu"]) == {"onnxruntime-gpu"}
    assert [{"extra": "cpu"}, {"extra": "gpu"}] in PROJECT["tool"]["uv"]["conflicts"]


@pytest.mark.parametrize("extra", ["serve", "train", "dev"])
def test_no_other_extra_brings_a_runtime(extra: str) -> None:
    assert closure(EXTRAS[extra]) & {"onnxruntime", "onnxruntime-gpu"} == set()


def test_serving_brings_no_torch() -> None:
    brought = closure(SERVING)
    assert {"bentoml", "onnxruntime", "starlette", "kantoku"} <= brought
    assert brought & TORCH == set()
    assert "torch" in closure(EXTRAS["train"])


@pytest.mark.parametrize(
    "requirement", [*SERVING, *EXTRAS["train"], *EXTRAS["dev"]], ids=lambda r: r.name
)
def test_constraints_pin_a_version_that_the_project_admits(requirement: Requirement) -> None:
    assert requirement.specifier.contains(CONSTRAINTS[canonicalize_name(requirement.name)])


def test_constraints_pin_all_that_serving_brings() -> None:
    assert closure(SERVING) - CONSTRAINTS.keys() == set()


def test_the_bento_asks_for_what_serving_needs() -> None:
    bento = yaml.safe_load((ROOT / "bentofile.yaml").read_text(encoding="utf-8"))
    asked = pins(bento["python"]["packages"])
    assert asked == {name: CONSTRAINTS[name] for name in names(SERVING)}


def documented_targets() -> set[str]:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))


def test_the_readme_names_the_targets_there_are() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"(?:^|[`$ ])make ([a-z-]+)(?=[`\s])", _code(readme), re.MULTILINE))
    assert named - documented_targets() == set()
    assert named >= {"serve", "test", "lint", "bench"}


def _code(markdown: str) -> str:
    """The fenced blocks and the `inline code` of a page, one a line."""
    fence = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
    inline = re.findall(r"`[^`\n]+`", fence.sub("", markdown))
    return "\n".join([*fence.findall(markdown), *inline])


def test_the_distribution_is_installed_with_its_command() -> None:
    commands = importlib.metadata.distribution("cpc-classifier").entry_points
    assert [(c.name, c.value) for c in commands] == [("cpc", "cpc_classifier.cli:main")]
