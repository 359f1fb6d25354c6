"""Whatever official files of a release are given: each is told by what it holds."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from mini_scheme import DATE, write_title_list

from taxonomy.errors import ReleaseFileError
from taxonomy.readers.release_files import read_parts
from taxonomy.readers.symbol_list import SECTIONS
from taxonomy.release import merge

DEFINITIONS = (
    '<definitions publication-date="2030-01-01"><definition-item>'
    "<classification-symbol>H01M</classification-symbol>"
    "<definition-title>Cells</definition-title>"
    "<definition-statement><section-body><paragraph-text type='body'>All cells.</paragraph-text>"
    "</section-body></definition-statement></definition-item></definitions>"
)


def packed(path: Path, **files: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("_DOT_", ".").replace("_DASH_", "-"), text)
    return path


def zipped_titles(folder: Path, name: str = "CPCTitleList203001.zip") -> Path:
    inside = folder / "inside"
    inside.mkdir()
    write_title_list(inside)
    with zipfile.ZipFile(folder / name, "w") as archive:
        for file in inside.iterdir():
            archive.write(file, file.name)
    for file in inside.iterdir():
        file.unlink()
    inside.rmdir()
    return folder / name


def test_a_kind_is_told_by_the_files_inside(tmp_path: Path) -> None:
    titles = zipped_titles(tmp_path, "renamed.zip")
    told = packed(tmp_path / "other.zip", cpc_DASH_definition_DASH_H01M_DOT_xml=DEFINITIONS)
    parts = read_parts([told, titles])
    assert parts.titles is not None
    assert parts.titles.release == "2030.01"
    assert list(parts.definitions) == ["H01M"]
    assert parts.scheme is None
    assert parts.validity == {}


def test_a_folder_may_hold_the_zips_and_texts_of_a_release(tmp_path: Path) -> None:
    zipped_titles(tmp_path)
    packed(tmp_path / "defs.zip", cpc_DASH_definition_DASH_H01M_DOT_xml=DEFINITIONS)
    concordance = "CPC\tCPC Level\tIPC\tIPC Level\nH01M4/00\t7\tH01M4/00\t7\n"
    (tmp_path / "cpc-ipc-concordance.txt").write_text(concordance)
    (tmp_path / "CPCSchemeXML203001.zip.part").write_bytes(b"half of it")
    parts = read_parts([tmp_path])
    assert parts.titles is not None
    assert list(parts.definitions) == ["H01M"]
    assert parts.concordance == {"H01M4/00": "H01M4/00"}


def test_a_symbol_list_beside_the_titles_tells_when_symbols_were_revised(
    tmp_path: Path, mini_title_list: Path
) -> None:
    header = "SYMBOL,level,sort-key,not-allocatable,additional-only,status,date-revised"
    days = {"A": "2013-01-01", "H": "2029-08-01"}
    rows = (f"{s},2,{s},TRUE,{str(s == 'Y').upper()},published,{days.get(s, '')}" for s in SECTIONS)
    listed = tmp_path / "CPCSymbolList203001.csv"
    listed.write_text("\n".join((header, *rows, "")))
    parts = read_parts([mini_title_list, listed])
    assert merge(parts).revised == {"A": 20130101, "H": 20290801}


def test_two_of_a_kind_are_refused(tmp_path: Path, mini_title_list: Path) -> None:
    titles = zipped_titles(tmp_path)
    with pytest.raises(
        ReleaseFileError, match=r"203001\.zip and .* are both a title list; give one"
    ):
        read_parts([titles, mini_title_list])


def test_a_file_of_no_known_kind_is_named(tmp_path: Path) -> None:
    path = packed(tmp_path / "letters.zip", letter_DOT_txt="Dear Sir")
    with pytest.raises(
        ReleaseFileError, match=r"letters\.zip: none of its files is known; give an"
    ):
        read_parts([path])


def test_a_broken_file_is_named_with_its_line(mini_title_list: Path) -> None:
    file = mini_title_list / f"cpc-section-B_{DATE}.txt"
    file.write_bytes(b"B\tone\tBroken\r\n")
    with pytest.raises(ReleaseFileError, match=rf"cpc-section-B_{DATE}\.txt line 1"):
        read_parts([mini_title_list])


def test_a_truncated_zip_is_named(tmp_path: Path) -> None:
    titles = zipped_titles(tmp_path)
    titles.write_bytes(titles.read_bytes()[:-200])
    with pytest.raises(ReleaseFileError, match=r"203001\.zip: not a readable zip"):
        read_parts([titles])
