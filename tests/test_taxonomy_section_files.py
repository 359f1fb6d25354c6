"""A tree in a file a section: which files belong together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from taxonomy.assemble import SchemeEntry
from taxonomy.errors import ReleaseFileError
from taxonomy.readers.members import Member
from taxonomy.readers.section_files import read_section_files
from taxonomy.tree import Taxonomy

NAMES = re.compile(r"([AB])-(\d{4})(\d{2})\.txt", re.IGNORECASE)


def entries(file: Member) -> Iterator[tuple[int, SchemeEntry]]:
    for number, line in enumerate(file.text().splitlines(), 1):
        yield number, SchemeEntry(line, -1, f"Title of {line}")


def read(folder: Path, **files: str) -> Taxonomy:
    for name, text in files.items():
        (folder / f"{name.replace('_', '-')}.txt").write_text(text)
    return read_section_files(folder, NAMES, "AB", "two files", entries)


def test_sections_come_in_their_order_whatever_the_case_of_names(tmp_path: Path) -> None:
    tree = read(tmp_path, b_203001="B\nB01", A_203001="A", notes="none of them")
    assert tree.release == "2030.01"
    assert tree.symbols == ("A", "B", "B01")


@pytest.mark.parametrize(
    ("files", "fault"),
    [
        ({}, "sections are missing: A, B; give two files"),
        ({"A_203001": "A"}, "sections are missing: B; give two files"),
        ({"A_203001": "A", "B_203001": ""}, r"B-203001\.txt holds no symbol"),
        ({"A_203001": "A\nB", "B_203001": "B"}, r"^A-203001\.txt line 2: 'B' is not of section A"),
        ({"A_203001": "A", "B_203005": "B"}, r"A-203001\.txt is of 2030\.01, B-203005\.txt is of"),
        ({"A_203001": "A", "a_203001": "A"}, r"two files for section A: A-2030.*a-2030"),
    ],
)
def test_files_that_do_not_belong_together_are_named(
    tmp_path: Path, files: dict[str, str], fault: str
) -> None:
    with pytest.raises(ReleaseFileError, match=fault):
        read(tmp_path, **files)
