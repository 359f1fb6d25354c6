"""For the house tests: an environment that has the dependencies, but not this checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

__all__ = ["ROOT", "bare_environment", "clean_variables", "run"]

ROOT = Path(__file__).resolve().parent.parent


def clean_variables() -> dict[str, str]:
    """The variables of this process, without those that add to Python's path or name a bundle."""
    added = {"PYTHONPATH", "PYTHONHOME"}
    return {k: v for k, v in os.environ.items() if k not in added and not k.startswith("CPC_")}


def run(*command: str | Path, cwd: Path, variables: dict[str, str] | None = None) -> str:
    """Standard output of a command that must succeed.

    Args:
        command: program and arguments.
        cwd: where it runs; away from the checkout, unless its files are what is wanted.
        variables: set on top of `clean_variables`.
    """
    environment = clean_variables() | (variables or {})
    done = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, f"{command}: {done.stdout}\n{done.stderr}"
    return done.stdout


def bare_environment(folder: Path) -> Path:
    """Makes an environment in ``folder`` and returns its Python.

    The dependencies come by a path file, not from the index, so this takes a second. Path files
    of the environment it names are not read: an editable install of this checkout there is not
    seen, and only what is installed here, or lies on the path, can be imported.
    """
    run(sys.executable, "-m", "venv", "--without-pip", folder, cwd=folder.parent)
    python = folder / "bin" / "python"
    report = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(run(python, "-c", report, cwd=folder).strip())
    dependencies = {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}
    (packages / "dependencies.pth").write_text("\n".join(sorted(dependencies)) + "\n")
    return python
