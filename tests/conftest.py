"""Fixtures that more than one test file uses."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import official as releases
import pytest
from cpc_site import site
from hypothesis import settings
from mini_scheme import mini_scheme, mini_title_list

from taxonomy.tree import Taxonomy

__all__ = ["mini_scheme", "mini_title_list", "official", "shared", "site"]

# A busy machine is no fault of the code.
settings.register_profile("house", deadline=None)
settings.load_profile("house")

# A script that starts the tests with `&` has SIGINT ignored; processes started here would, too.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The data folder beside the checkout; its absence is a failure in CI only."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI=true, but {folder} is missing")
        pytest.skip(f"{folder} is not here")
    return folder


@pytest.fixture(scope="session")
def official(shared: Path) -> Taxonomy:
    """Release 2025.05 with all its subgroups."""
    return releases.title_list(shared, "2025.05")
