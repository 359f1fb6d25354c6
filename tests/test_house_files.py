"""What the repository holds: small enough to clone, and nothing that runs code when it is read."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MEBIBYTE = 1 << 20
LARGEST_FILE = 48 * MEBIBYTE
LARGEST_BUNDLE = 64 * MEBIBYTE
PICKLE_SUFFIXES = {".pkl", ".pickle", ".pt", ".pth", ".joblib", ".ckpt", ".dill"}
PICKLE_STARTS = {b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05"}


def tracked() -> list[Path]:
    """Files that git has or would take."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    return [ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file()]


def is_pickle(path: Path) -> bool:
    """Whether a file is a pickle by its name, or by its first bytes (protocols 2 to 5)."""
    with path.open("rb") as file:
        start = file.read(2)
    return path.suffix in PICKLE_SUFFIXES or start in PICKLE_STARTS


def test_no_file_is_too_large() -> None:
    sizes = {path.relative_to(ROOT).as_posix(): path.stat().st_size for path in tracked()}
    assert "pyproject.toml" in sizes
    assert {name for name, size in sizes.items() if size > LARGEST_FILE} == set()


def test_the_starter_bundle_is_small_enough() -> None:
    sizes = [p.stat().st_size for p in tracked() if "bundles/starter/" in p.as_posix()]
    assert 0 < sum(sizes) <= LARGEST_BUNDLE


def test_there_is_no_pickle() -> None:
    assert [path for path in tracked() if is_pickle(path)] == []


@pytest.mark.parametrize("name", ["model.pt", "model.bin"])
def test_a_pickle_is_found(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    file.write_bytes(b"\x80\x05\x95" if name == "model.bin" else b"")
    assert is_pickle(file)


def test_the_licence_is_apache() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert "multilingual-e5-small" in (ROOT / "NOTICE").read_text(encoding="utf-8")
