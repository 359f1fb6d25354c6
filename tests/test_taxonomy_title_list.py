"""The official title list: what is read, and that each fault names file and line."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from mini_scheme import DATE, rows
from official import title_list

from taxonomy.errors import ReleaseFileError
from taxonomy.readers import members
from taxonomy.readers.title_list import read_title_list
from taxonomy.symbol import Rank
from taxonomy.tree import Taxonomy


def counts(taxonomy: Taxonomy) -> list[int]:
    return [int(np.sum(taxonomy.ranks == rank)) for rank in Rank]


def pack(folder: Path, within: str = "") -> Path:
    """The files of a folder as a zip."""
    packed = folder.with_suffix(".zip")
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.iterdir()):
            archive.write(file, within + file.name)
    return packed


def same(one: Taxonomy, two: Taxonomy) -> bool:
    return (
        one.release == two.release
        and one.symbols == two.symbols
        and np.array_equal(one.parent_rows, two.parent_rows)
        and one.titles.block == two.titles.block
    )


def test_a_folder_is_read(mini_title_list: Path) -> None:
    taxonomy = read_title_list(mini_title_list)
    assert taxonomy.release == "2030.01"
    assert list(taxonomy.symbols) == [symbol for symbol, _, _ in rows()]
    assert [taxonomy.title(symbol) for symbol, _, _ in rows()] == [title for _, _, title in rows()]
    assert counts(taxonomy) == [9, 5, 6, 12, 30]


@pytest.mark.parametrize("within", ["", "CPCTitleList203001/", "a/b/"])
def test_a_zip_is_read_wherever_its_files_lie(mini_title_list: Path, within: str) -> None:
    packed = pack(mini_title_list, within)
    assert same(read_title_list(packed), read_title_list(mini_title_list))


def test_a_folder_in_the_folder_is_read(mini_title_list: Path) -> None:
    assert same(read_title_list(mini_title_list.parent), read_title_list(mini_title_list))


def test_line_ends_and_byte_order_marks_do_not_matter(mini_title_list: Path) -> None:
    before = read_title_list(mini_title_list)
    for file in mini_title_list.iterdir():
        file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\r\n", b"\n") + b"\n\n")
    assert same(read_title_list(mini_title_list), before)


def test_other_files_beside_them_do_not_matter(mini_title_list: Path) -> None:
    before = read_title_list(mini_title_list)
    (mini_title_list / "readme.txt").write_text("not a section")
    (mini_title_list / f"._cpc-section-A_{DATE}.txt").write_bytes(b"\x00")
    assert same(read_title_list(pack(mini_title_list)), before)
    assert same(read_title_list(mini_title_list), before)


def test_subsections_and_guidance_headings_are_dropped(mini_title_list: Path) -> None:
    before = read_title_list(mini_title_list)
    change(
        mini_title_list, "H",
        lambda t: t.replace("H01\t", "H01\t\tA SUBSECTION\r\nH01\t").replace(
            "H01M4/00\t", "H01M4/00\t\tA guidance heading\r\nH01M4/00\t"
        ).replace("H01M10/00\t", "\t\tA heading without a symbol\r\nH01M10/00\t"),
    )  # fmt: skip
    assert same(read_title_list(mini_title_list), before)


def change(folder: Path, section: str, edit: Callable[[str], str]) -> None:
    file = folder / f"cpc-section-{section}_{DATE}.txt"
    old = file.read_bytes().decode()
    new = edit(old)
    assert new != old
    file.write_bytes(new.encode())


@pytest.mark.parametrize(
    ("section", "old", "new", "line", "fault"),
    [
        ("H", "H01M10/0525\t3", "H01M10/0525\t4", 10, "H01M10/0525 jumps to 4 dots; H01M10/052"),
        ("H", "H01M4/02\t1", "H01M4/02\t2", 5, "H01M4/02 jumps to 2 dots; H01M4/00 before it"),
        ("H", "H01M4/02\t1", "H01M4/00\t0", 5, "H01M4/00 is a duplicate of .*_20300101.txt line 4"),
        ("H", "H04\t\tSend", "H01\t\tSend", 20, "H01 is a duplicate of .* line 2"),
        ("H", "H01M\t", "H02M\t", 3, "H02M stands under H01, not under H02"),
        ("H", "H01M4/00", "H01N4/00", 4, "H01N4/00 stands under H01M, not under H01N"),
        ("H", "H01M4/02", "H01N4/02", 5, "H01N4/02 stands under H01M4/00, not under H01N"),
        ("H", "H04\t", "A04\t", 20, "'A04' is not of section H"),
        ("H", "H01\t\tElectric parts\r\n", "", 2, "H01M follows H, and no class stands above it"),
        ("H", "H04L9/00\t0\tSecret messages\r\n", "", 22, "H04L9/08 follows H04L, and no main"),
        ("A", "A01B1/02\t1\tSpades", "A01B1/02\tSpades", 5, "2 columns; a row has 3"),
        ("A", "A01B1/02\t1\tSpades", "A01B1/02\t1\tSpa\tdes", 5, "4 columns; a row has 3"),
        ("A", "A01B1/02\t1\tSpades", "A01B1/02 1 Spades", 5, "1 columns; a row has 3"),
        ("A", "A01B1/02\t1\tSpades", "A01B1/02\tone\tSpades", 5, "'one' is no number of dots"),
        ("A", "A01B1/02\t1\tSpades", "A01B1/02\t-1\tSpades", 5, "'-1' is no number of dots"),
        ("A", "A01B1/02\t1\tSpades", "A01B1/02\t1\t", 5, "A01B1/02 has no title"),
        ("A", "A01B1/02\t1", "A01B1/02\t0", 5, "A01B1/02 is a subgroup and has 0 dots"),
        ("A", "A01B1/02\t1", "A01B1/02\t", 5, "A01B1/02 is a subgroup and has no number of dots"),
        ("A", "A01B1/00\t0", "A01B1/00\t1", 4, "A01B1/00 is a main-group and has 1 dots"),
        ("A", "A01B\t", "A01B\t0", 3, "A01B is a subclass and has 0 dots"),
        ("A", "A01B1/02", "A01B1.02", 5, "'A01B1.02' is no CPC symbol"),
        ("A", "A01B1/02", "a01b 1/02", 5, "'a01b 1/02' is not of section A"),
        ("A", "A01B1/02", "A01B 1/02", 5, "'A01B 1/02' must be spelled A01B1/02"),
        ("A", "A01B1/02\t1\tSpades", "A01B1/02\t1\tSpa\x00des", 5, "a zero byte"),
    ],
)  # fmt: skip
def test_a_fault_names_file_and_line(
    mini_title_list: Path, section: str, old: str, new: str, line: int, fault: str
) -> None:
    change(mini_title_list, section, lambda text: text.replace(old, new, 1))
    where = rf"cpc-section-{section}_{DATE}\.txt line {line}: "
    for source in (mini_title_list, pack(mini_title_list)):
        with pytest.raises(ReleaseFileError, match=where + ".*" + fault) as caught:
            read_title_list(source)
        assert caught.value.code == "bad_release_file"


@pytest.mark.parametrize(
    ("encoding", "line"), [("latin-1", 24), ("utf-16", 1), ("utf-32", 1), ("cp037", 1)]
)
def test_a_wrong_encoding_names_file_and_line(
    mini_title_list: Path, encoding: str, line: int
) -> None:
    file = mini_title_list / f"cpc-section-H_{DATE}.txt"
    file.write_bytes(file.read_bytes().decode().encode(encoding))
    with pytest.raises(ReleaseFileError, match=rf"H_{DATE}\.txt line \d+: not UTF-8") as caught:
        read_title_list(mini_title_list)
    assert f" line {line}: " in caught.value.message


def test_missing_sections_are_named(mini_title_list: Path) -> None:
    for section in "CY":
        (mini_title_list / f"cpc-section-{section}_{DATE}.txt").unlink()
    for source in (mini_title_list, pack(mini_title_list)):
        with pytest.raises(
            ReleaseFileError, match="sections are missing: C, Y; give the official CPCTitleList"
        ):
            read_title_list(source)


def test_an_empty_section_is_no_section(mini_title_list: Path) -> None:
    (mini_title_list / f"cpc-section-D_{DATE}.txt").write_bytes(b"\r\n")
    with pytest.raises(ReleaseFileError, match=rf"cpc-section-D_{DATE}\.txt holds no symbol"):
        read_title_list(mini_title_list)


def test_sections_of_different_releases_are_named(mini_title_list: Path) -> None:
    file = mini_title_list / f"cpc-section-D_{DATE}.txt"
    file.rename(file.with_name("cpc-section-D_20300501.txt"))
    with pytest.raises(ReleaseFileError, match=r"D_20300501\.txt is of 2030\.05"):
        read_title_list(mini_title_list)


def test_two_files_for_a_section_are_named(mini_title_list: Path) -> None:
    file = mini_title_list / f"cpc-section-D_{DATE}.txt"
    file.with_name("cpc-section-D_20300501.txt").write_bytes(file.read_bytes())
    with pytest.raises(ReleaseFileError, match=r"two files for section D: .*0101.txt and .*0501"):
        read_title_list(mini_title_list)


def test_what_is_no_zip_is_refused(tmp_path: Path, mini_title_list: Path) -> None:
    with pytest.raises(ReleaseFileError, match="there is no such file"):
        read_title_list(tmp_path / "absent.zip")
    text = tmp_path / "text.zip"
    text.write_text("no zip")
    with pytest.raises(ReleaseFileError, match="not a readable zip"):
        read_title_list(text)
    packed = pack(mini_title_list)
    data = packed.read_bytes()
    packed.write_bytes(data[: len(data) // 2])
    with pytest.raises(ReleaseFileError, match="not a readable zip"):
        read_title_list(packed)


def test_a_damaged_member_is_named(mini_title_list: Path) -> None:
    packed = pack(mini_title_list)
    data = bytearray(packed.read_bytes())
    first = data.index(b"cpc-section-A") + 60  # within the compressed text of section A
    data[first : first + 20] = bytes(20)
    packed.write_bytes(data)
    with pytest.raises(ReleaseFileError, match=r"section-A_\d+\.txt cannot be read"):
        read_title_list(packed)


def test_a_bomb_is_refused(mini_title_list: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The real limit, 200 MiB, would take seconds to pack; the check is the same.
    monkeypatch.setattr(members, "LARGEST_FILE", 100_000)
    file = mini_title_list / f"cpc-section-B_{DATE}.txt"
    file.write_bytes(b"B\t\t" + b"x" * 200_000)
    packed = pack(mini_title_list)
    assert packed.stat().st_size < 20_000
    for source in (packed, mini_title_list):
        with pytest.raises(ReleaseFileError, match=r"section-B_\d+\.txt is over"):
            read_title_list(source)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("release", "ranks", "everything"),
    [
        ("2025.05", [9, 137, 680, 9843, 250324], 260993),
        ("2022.08", [9, 136, 674, 9773, 249671], 260263),
        ("2022.02", [9, 136, 674, 9766, 249891], 260476),
    ],
)
def test_the_official_releases_have_the_known_counts(
    shared: Path, release: str, ranks: list[int], everything: int
) -> None:
    taxonomy = title_list(shared, release)
    assert taxonomy.release == release
    assert counts(taxonomy) == ranks
    assert len(taxonomy) == everything
    assert taxonomy.path("H01M10/0525") == (
        "H", "H01", "H01M", "H01M10/00", "H01M10/05", "H01M10/052", "H01M10/0525",
    )  # fmt: skip
    assert taxonomy.parent("A01C2001/048") == "A01C1/04"
    assert not any(title == "" for title in taxonomy.titles)
