"""Snapshots: the round trip, what is refused, and what loading costs."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taxonomy.errors import SnapshotError
from taxonomy.flags import Flag
from taxonomy.snapshot import read_snapshot, write_snapshot
from taxonomy.tree import SchemeEntry, Taxonomy

HEAD = 40  # bytes of magic and checksum
PARTS = ("symbols", "parents", "ranks", "flags", "titles")


@pytest.fixture
def snapshot(mini_scheme: Taxonomy, tmp_path: Path) -> Path:
    path = tmp_path / "2030.01.snapshot"
    write_snapshot(mini_scheme, path)
    return path


def sealed(path: Path, body: bytes) -> None:
    """Writes a body with a right checksum, so that what is in it gets read."""
    path.write_bytes(path.read_bytes()[:8] + hashlib.sha256(body).digest() + body)


def test_a_release_comes_back_as_it_was(mini_scheme: Taxonomy, snapshot: Path) -> None:
    back = read_snapshot(snapshot)
    assert back.release == mini_scheme.release
    assert back.symbols == mini_scheme.symbols
    assert np.array_equal(back.parent_rows, mini_scheme.parent_rows)
    assert np.array_equal(back.ranks, mini_scheme.ranks)
    assert np.array_equal(back.flags, mini_scheme.flags)
    assert list(back.titles) == list(mini_scheme.titles)
    assert back.search("lithium") == mini_scheme.search("lithium")
    assert nx.utils.graphs_equal(back.graph, mini_scheme.graph)


def test_only_the_file_itself_is_left(snapshot: Path, mini_scheme: Taxonomy) -> None:
    before = snapshot.read_bytes()
    write_snapshot(mini_scheme, snapshot)
    assert snapshot.read_bytes() == before
    assert [file.name for file in snapshot.parent.iterdir()] == [snapshot.name]


def test_flags_come_back_and_not_only_those_that_symbols_tell(tmp_path: Path) -> None:
    flags = [Flag.NOT_ALLOCATABLE, Flag.FROZEN | Flag.DEFINED]
    tree = Taxonomy("2030.01", ["H", "H01"], [-1, 0], [0, 1], ["", ""], flags)
    write_snapshot(tree, tmp_path / "one.snapshot")
    back = read_snapshot(tmp_path / "one.snapshot")
    assert [back.flag("H"), back.flag("H01")] == flags
    assert back.flags.dtype == np.uint8
    with pytest.raises(ValueError, match="read-only"):
        back.flags[0] = 0


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_any_title_comes_back(title: str) -> None:
    tree = Taxonomy.from_entries("2030.01", [SchemeEntry("H", -1, title)])
    assert tree.title("H") == title.replace("\n", " ")


@given(place=st.floats(0, 1, exclude_max=True), flip=st.integers(1, 255))
def test_one_changed_byte_is_refused(
    tmp_path_factory: pytest.TempPathFactory, mini_scheme: Taxonomy, place: float, flip: int
) -> None:
    path = tmp_path_factory.mktemp("flip") / "one.snapshot"
    write_snapshot(mini_scheme, path)
    data = bytearray(path.read_bytes())
    data[int(place * len(data))] ^= flip
    path.write_bytes(data)
    with pytest.raises(SnapshotError):
        read_snapshot(path)


@pytest.mark.parametrize("kept", [0, 5, 8, 39, 44, 60, 1000, -1])
def test_a_cut_file_is_refused(snapshot: Path, kept: int) -> None:
    snapshot.write_bytes(snapshot.read_bytes()[:kept])
    with pytest.raises(
        SnapshotError, match=r"2030\.01\.snapshot is .*cpc taxonomy import"
    ) as caught:
        read_snapshot(snapshot)
    assert caught.value.code == "bad_snapshot"


def test_foreign_files_are_refused(snapshot: Path, tmp_path: Path) -> None:
    snapshot.write_bytes(b"PK\x03\x04" + bytes(100))
    with pytest.raises(SnapshotError, match="is no snapshot of a CPC release"):
        read_snapshot(snapshot)
    with pytest.raises(SnapshotError, match=r"absent cannot be read: No such file"):
        read_snapshot(tmp_path / "absent")
    with pytest.raises(SnapshotError, match="cannot be read: Is a directory"):
        read_snapshot(tmp_path)


@pytest.mark.parametrize("number", [1, 3])
def test_another_format_is_named_as_such(snapshot: Path, number: int) -> None:
    data = snapshot.read_bytes()
    snapshot.write_bytes(data[:7] + bytes([number]) + data[8:])
    with pytest.raises(SnapshotError, match="a snapshot of another format"):
        read_snapshot(snapshot)


@pytest.mark.parametrize(
    "header",
    [b"no json", b"[]", b'{"release": "2030.01"}', b'{"release": "2030.01", "bytes": 5}',
     *(json.dumps({"release": "x", "bytes": dict.fromkeys(PARTS, size)}).encode()
       for size in (1 << 40, -5, "many", None)),
     json.dumps({"release": "x", "bytes": dict.fromkeys(PARTS[:3], 0)}).encode()],
)  # fmt: skip
def test_a_header_that_makes_no_sense_is_refused(snapshot: Path, header: bytes) -> None:
    sealed(snapshot, len(header).to_bytes(4, "little") + header + b"some more")
    with pytest.raises(SnapshotError, match="no valid snapshot"):
        read_snapshot(snapshot)


def test_rows_that_are_no_tree_are_refused(snapshot: Path, mini_scheme: Taxonomy) -> None:
    body = bytearray(snapshot.read_bytes()[HEAD:])
    parents = body.index(mini_scheme.parent_rows.tobytes())
    body[parents : parents + 4] = (5).to_bytes(4, "little")
    sealed(snapshot, bytes(body))
    with pytest.raises(SnapshotError, match="A in row 0 has row 5 as its parent"):
        read_snapshot(snapshot)


def test_parts_of_different_lengths_are_refused(snapshot: Path, mini_scheme: Taxonomy) -> None:
    data = snapshot.read_bytes()[HEAD:]
    end = 4 + int.from_bytes(data[:4], "little")
    header = json.loads(data[4:end])
    header["bytes"]["ranks"] -= 1
    header["bytes"]["flags"] += 1
    told = json.dumps(header).encode()
    sealed(snapshot, len(told).to_bytes(4, "little") + told + data[end:])
    with pytest.raises(SnapshotError, match=r"62 symbols, but .* \(61,\) ranks, \(63,\) flags"):
        read_snapshot(snapshot)


def test_a_folder_that_cannot_be_written_is_named(mini_scheme: Taxonomy, tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="cannot be written: No such file"):
        write_snapshot(mini_scheme, tmp_path / "absent" / "one.snapshot")


LOAD = """
import re, sys
from pathlib import Path
from taxonomy.snapshot import read_snapshot
tree = read_snapshot(Path(sys.argv[1]))
assert len(tree.path("H01M10/0525")) == 7
peak = re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1]  # not the parent's
print(peak, len(tree), "networkx" in sys.modules)
"""


@pytest.mark.shared
def test_the_whole_release_loads_without_the_graph(official: Taxonomy, tmp_path: Path) -> None:
    path = tmp_path / "2025.05.snapshot"
    write_snapshot(official, path)
    command = [sys.executable, "-c", LOAD, str(path)]
    root = Path(__file__).resolve().parents[1]
    told = subprocess.run(command, capture_output=True, text=True, check=True, cwd=root).stdout
    kib, symbols, graph = told.split()
    assert int(symbols) == 260_993
    assert graph == "False"
    assert int(kib) < 400 * 1024
