"""The public names of the package, and what importing it brings along."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import taxonomy
from taxonomy import errors

NAMES = """
Allocation BadSymbolError CombinationSet CpcError FetchError Flag Rank ReleaseFileError
SchemeEntry SnapshotError Symbol Taxonomy TaxonomyDiff Transfer UnknownRankError
UnknownReleaseError UnknownSymbolError compare home import_release imported load packaged
read_snapshot read_title_list write_snapshot
"""


def test_the_public_names() -> None:
    assert taxonomy.__all__ == NAMES.split()
    for name in taxonomy.__all__:
        assert getattr(taxonomy, name).__doc__


def test_importing_brings_no_heavy_package() -> None:
    code = "import sys, taxonomy; taxonomy.packaged(); print(*sorted(sys.modules))"
    root = Path(__file__).resolve().parents[1]
    command = [sys.executable, "-c", code]
    told = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root).stdout
    modules = set(told.split())
    assert "taxonomy.tree" in modules
    heavy = {"networkx", "pandas", "torch", "scipy", "lxml", "click", "bentoml", "pydantic"}
    assert not modules & heavy
    assert not {m for m in modules if m.startswith(("cpc_classifier", "training"))}


@pytest.mark.parametrize("name", errors.__all__)
def test_errors_share_one_root_and_say_their_message(name: str) -> None:
    kind = getattr(errors, name)
    error = kind("what, where, and what to do")
    assert isinstance(error, errors.CpcError)
    assert str(error) == error.message == "what, where, and what to do"


def test_every_kind_of_error_has_its_own_code() -> None:
    codes = [getattr(errors, name).code for name in errors.__all__]
    assert len(set(codes)) == len(codes)
    assert all(code in (errors.__doc__ or "") for code in codes)
