"""The wheel: it builds, carries code and data, and works from an environment of its own."""

from __future__ import annotations

import json
import sys
import zipfile
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from house_environment import ROOT, bare_environment, run

PACKAGES = ("cpc_classifier", "taxonomy", "training")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this checkout, built by hatchling without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    build = (sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder)
    run(*build, ROOT, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


@dataclass(frozen=True, slots=True)
class Installed:
    """An environment that holds the wheel; its dependencies are those of this environment."""

    folder: Path
    python: Path
    cpc: Path


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """The wheel in an environment that has nothing else of ours."""
    folder = tmp_path_factory.mktemp("environment")
    python = bare_environment(folder / "venv")
    pip = (sys.executable, "-m", "pip", "--python", python)
    run(*pip, "install", "--quiet", "--no-deps", "--no-index", wheel, cwd=folder)
    return Installed(folder, python, python.with_name("cpc"))


def tracked(package: str) -> set[str]:
    """Files of a package that git has or would take, as paths from the root."""
    listed = run(
        "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", package, cwd=ROOT
    )
    return {name for name in listed.split("\0") if name and (ROOT / name).is_file()}


def test_the_wheel_holds_every_file_of_the_packages(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        packed = set(archive.namelist())
    for package in PACKAGES:
        assert {name for name in packed if name.startswith(f"{package}/")} == tracked(package)


@pytest.mark.parametrize(
    "pattern",
    [
        "taxonomy/data/structure-*",
        "taxonomy/data/labels.tsv",
        "cpc_classifier/bundles/starter/manifest.json",
        "cpc_classifier/bundles/starter/model.onnx",
        "cpc_classifier/page/*.html",
        "cpc_classifier/page/*.js",
        "cpc_classifier/page/*.css",
        "training/recipes/*.toml",
        "*.dist-info/licenses/LICENSE",
        "*.dist-info/licenses/NOTICE",
    ],
)
def test_the_wheel_carries_data(wheel: Path, pattern: str) -> None:
    with zipfile.ZipFile(wheel) as archive:
        sizes = [i.file_size for i in archive.infolist() if fnmatchcase(i.filename, pattern)]
    assert any(sizes)


def test_the_wheel_carries_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.split("/")[0] for name in archive.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(PACKAGES)


def test_cpc_runs_from_the_installed_wheel(installed: Installed) -> None:
    shown = run(installed.cpc, "--help", cwd=installed.folder)
    for command in ("suggest", "serve", "symbol", "taxonomy", "train"):
        assert command in shown


def test_the_packages_come_from_the_wheel(installed: Installed) -> None:
    script = (
        "import json, cpc_classifier, taxonomy, training\n"
        "print(json.dumps([m.__file__ for m in (cpc_classifier, taxonomy, training)]))"
    )
    for file in json.loads(run(installed.python, "-c", script, cwd=installed.folder)):
        assert Path(file).is_relative_to(installed.folder / "venv")


def test_the_import_names_belong_to_this_distribution(installed: Installed) -> None:
    script = (
        "import json\nfrom importlib.metadata import packages_distributions\n"
        "print(json.dumps(packages_distributions()))"
    )
    owners = json.loads(run(installed.python, "-c", script, cwd=installed.folder))
    assert {name: set(owners[name]) for name in PACKAGES} == {
        name: {"cpc-classifier"} for name in PACKAGES
    }


def test_the_packaged_scheme_is_read_from_the_wheel(installed: Installed) -> None:
    script = (
        "from taxonomy.releases import packaged\ntree = packaged()\nprint(tree.release, len(tree))"
    )
    assert run(installed.python, "-c", script, cwd=installed.folder).split() == ["2025.05", "10669"]


def test_the_starter_bundle_suggests_from_the_wheel(installed: Installed) -> None:
    filing = {"id": "1", "title": "Lithium battery", "abstract": "A lithium-ion cell."}
    (installed.folder / "filing.jsonl").write_text(json.dumps(filing) + "\n")
    home = {"CPC_HOME": str(installed.folder / "home")}
    line = run(installed.cpc, "suggest", "filing.jsonl", cwd=installed.folder, variables=home)
    assert json.loads(line)["suggestions"]
