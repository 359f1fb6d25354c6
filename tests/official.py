"""The official releases of the shared data, each read once in a session."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from taxonomy.readers.scheme_xml import read_scheme_xml
from taxonomy.readers.title_list import read_title_list
from taxonomy.scheme import Scheme
from taxonomy.tree import Taxonomy


@cache
def title_list(shared: Path, release: str) -> Taxonomy:
    """A title list.

    Args:
        shared: the folder of the fixture `shared`.
        release: such as `2022.08`.
    """
    return read_title_list(shared / "cpc" / f"CPCTitleList{release.replace('.', '')}.zip")


@cache
def scheme_xml(shared: Path, release: str) -> Scheme:
    """A scheme in XML; the same arguments."""
    return read_scheme_xml(shared / "cpc" / f"CPCSchemeXML{release.replace('.', '')}.zip")
