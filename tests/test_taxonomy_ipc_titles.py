"""The IPC title lists of WIPO: what is read, and that each fault names file and line."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from taxonomy.errors import ReleaseFileError
from taxonomy.readers import members
from taxonomy.readers.ipc_titles import read_ipc_titles
from taxonomy.symbol import Rank

DATE = "20300101"
A = (
    "A\tDaily life\r\n"
    "A01\tFIELDS\r\n"  # a subsection
    "A01\tGrowing plants\r\n"
    "A01B\tTurning the soil\r\n"
    "A01B0001000000\tGuidance: by hand\r\n"
    "A01B0001000000\tSpades (lawn tools A01B 3/00)\r\n"
    "A01B0001020000\tof iron\r\n"
    "A01B0001022000\tthat fold; Übergrößen\r\n"
    "A01B0101000000\tIndexing of soils\r\n"
)


def name(section: str, date: str = DATE) -> str:
    return f"EN_ipc_section_{section}_title_list_{date}.txt"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The eight files."""
    made = tmp_path / "titles"
    made.mkdir()
    (made / name("A")).write_bytes(A.encode())
    for section in "BCDEFGH":
        (made / name(section)).write_bytes(f"{section}\tSection {section}\r\n".encode())
    return made


def pack(folder: Path) -> Path:
    packed = folder.with_suffix(".zip")
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, f"any/{file.name}")
    return packed


def test_a_folder_and_a_zip_are_read(folder: Path) -> None:
    for source in (folder, pack(folder)):
        ipc = read_ipc_titles(source)
        assert ipc.release == "2030.01"
        assert ipc.symbols == (
            "A", "A01", "A01B", "A01B1/00", "A01B1/02", "A01B1/022", "A01B101/00", *"BCDEFGH",
        )  # fmt: skip
        assert ipc.title("A01B1/022") == "that fold; Übergrößen"


def test_the_last_of_several_rows_of_a_symbol_is_its_title(folder: Path) -> None:
    ipc = read_ipc_titles(folder)
    assert ipc.title("A01") == "Growing plants"
    assert ipc.title("A01B1/00") == "Spades (lawn tools A01B 3/00)"


def test_subgroups_lie_directly_below_their_main_group(folder: Path) -> None:
    ipc = read_ipc_titles(folder)
    assert ipc.path("A01B1/022") == ("A", "A01", "A01B", "A01B1/00", "A01B1/022")
    assert ipc.roll_up("A01B1/022", Rank.SUBCLASS) == "A01B"


def test_line_ends_and_byte_order_marks_do_not_matter(folder: Path) -> None:
    before = read_ipc_titles(folder)
    for file in folder.iterdir():
        file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\r\n", b"\n") + b"\n\n")
    (folder / name("A").replace("EN", "FR")).write_bytes(b"rien")
    after = read_ipc_titles(folder)
    assert after.symbols == before.symbols
    assert after.titles.block == before.titles.block


@pytest.mark.parametrize(
    ("old", "new", "line", "fault"),
    [
        ("A01B0001020000\tof", "A01B0001020000 of", 7, "1 columns; a row has 2"),
        ("A01B0001020000\tof", "A01B0001020000\t1\tof", 7, "3 columns; a row has 2"),
        ("A01B0001020000\tof iron", "A01B0001020000\t", 7, "2 columns; a row has 2"),
        ("of iron", "of\x00iron", 7, "not UTF-8 text \\(a zero byte\\)"),
        ("A01B0001020000", "A01B102", 7, "'A01B102' is no CPC symbol"),
        ("A01B0001020000", "B01B0001020000", 7, "'B01B1/02' is not of section A"),
        ("A01B0001020000", "A01K0001020000", 7, "A01K1/02 stands under A01B1/00"),
        ("A01B0001022000", "A01B0001000000", 8, "A01B1/00 is a duplicate of .* line 6"),
        ("A01B\tTurning the soil\r\n", "", 5, "A01B1/00 follows A01, and no subclass"),
    ],
)
def test_a_fault_names_file_and_line(
    folder: Path, old: str, new: str, line: int, fault: str
) -> None:
    assert old in A
    (folder / name("A")).write_bytes(A.replace(old, new).encode())
    for source in (folder, pack(folder)):
        with pytest.raises(ReleaseFileError, match=rf"{name('A')} line {line}: {fault}"):
            read_ipc_titles(source)


def test_a_wrong_encoding_names_file_and_line(folder: Path) -> None:
    (folder / name("A")).write_bytes(A.encode("latin-1"))
    with pytest.raises(ReleaseFileError, match=r"line 8: not UTF-8 \(byte 0xdc\)"):
        read_ipc_titles(folder)


def test_missing_sections_are_named(folder: Path) -> None:
    for section in "CH":
        (folder / name(section)).unlink()
    with pytest.raises(ReleaseFileError, match="sections are missing: C, H; give the EN_ipc"):
        read_ipc_titles(folder)


def test_an_empty_section_is_no_section(folder: Path) -> None:
    (folder / name("D")).write_bytes(b"\r\n")
    with pytest.raises(ReleaseFileError, match=rf"{name('D')} holds no symbol"):
        read_ipc_titles(folder)


def test_two_files_for_a_section_are_named(folder: Path) -> None:
    (folder / name("D", "20310101")).write_bytes(b"D\tCloth")
    with pytest.raises(ReleaseFileError, match=rf"section D: {name('D')} and .*20310101"):
        read_ipc_titles(folder)


def test_files_of_different_editions_are_named(folder: Path) -> None:
    (folder / name("D")).rename(folder / name("D", "20310101"))
    with pytest.raises(ReleaseFileError, match=r"20310101\.txt is of 2031\.01"):
        read_ipc_titles(folder)


def test_a_bomb_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "LARGEST_FILE", 1000)
    (folder / name("B")).write_bytes(b"B\t" + b"x" * 2000)
    for source in (folder, pack(folder)):
        with pytest.raises(ReleaseFileError, match=rf"{name('B')} is over"):
            read_ipc_titles(source)
