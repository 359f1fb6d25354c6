"""Revision concordance lists of both offices: what is read, and that faults name file and line."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from taxonomy.errors import ReleaseFileError
from taxonomy.readers.revision import Revision, read_revision
from taxonomy.transfer import REVISION, Transfer

SPACE = 'xmlns="http://www.wipo.int/classifications/ipc/masterfiles"'
IPC = """
 <concordance from-symbol="A01B0001220000" modification="d" revision-project="C001">
  <concordance-to to-symbol="A01B0001020000" modification="n" default-reclassification="Y"/>
  <concordance-to to-symbol="A01B0001040000" modification="t"/>
 </concordance>
 <concordance from-symbol="A01B0003000000" modification="c">
  <concordance-to to-symbol="A01B0003000000" modification="c"/>
  <concordance-to to-symbol="A01B0003041000" modification="n"/>
 </concordance>
 <concordance from-symbol="A01K0005000000" modification="d"/>
 <concordance from-symbol="A01K0001000000" modification="s"/>
"""
CPC = """
 <revision-concordance-item amendment-type="D">
  <classification-symbol>A01B1/022</classification-symbol>
  <transferred-to><target-symbol>A01B1/02</target-symbol>
   <target-symbol>A01B2001/045</target-symbol></transferred-to>
 </revision-concordance-item>
 <revision-concordance-item amendment-type="D">
  <classification-symbol>A01K5/00</classification-symbol>
 </revision-concordance-item>
 <revision-concordance-item amendment-type="N">
  <classification-symbol>A01B1/02</classification-symbol>
 </revision-concordance-item>
"""


def ipc(text: str = IPC, root: str = f"IPCConcordanceList {SPACE}", to: str = "20300101") -> str:
    tag = root.split()[0]
    return (
        f'<?xml version="1.0"?>\n<{root} from-version="20290101" to-version="{to}">{text}</{tag}>'
    )


def cpc(text: str = CPC) -> str:
    return f"<revision-concordance-table>{text}</revision-concordance-table>"


def write(folder: Path, text: str, name: str = "ipc_concordancelist_20300101.xml") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def said(symbol: str, target: str, reason: str) -> Transfer:
    return Transfer(symbol, target, REVISION, 1.0, reason)


OF_IPC = Revision(
    "2029.01",
    "2030.01",
    (
        said("A01B1/22", "A01B1/02", "d>n, default-reclassification Y"),
        said("A01B1/22", "A01B1/04", "d>t"),
        said("A01B3/00", "A01B3/00", "c>c"),
        said("A01B3/00", "A01B3/041", "c>n"),
        said("A01K5/00", "", "d"),
    ),
)
OF_CPC = (
    said("A01B1/022", "A01B1/02", "D"),
    said("A01B1/022", "A01B2001/045", "D"),
    said("A01K5/00", "", "D"),
)


@pytest.mark.parametrize("root", [f"IPCConcordanceList {SPACE}", 'rcl classifying-level="a"'])
def test_the_list_of_the_ipc_is_read_in_both_versions(tmp_path: Path, root: str) -> None:
    file = write(tmp_path, ipc(root=root))
    assert read_revision(file) == OF_IPC
    assert read_revision(tmp_path) == OF_IPC
    with zipfile.ZipFile(tmp_path / "list.zip", "w") as archive:
        archive.write(file, "in/" + file.name)
    assert read_revision(tmp_path / "list.zip") == OF_IPC


def test_the_lists_of_the_cpc_are_read_together(tmp_path: Path) -> None:
    other = CPC.replace("A01K5/00", "A01K1/01").replace('"D"', '"F"')
    packed = tmp_path / "CPCNoticeOfChangeXMLArtefact203001.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("RP1-rcl.xml", cpc())
        archive.writestr("RP2-rcl.xml", cpc(other))
        archive.writestr("RP1.xml", "<scheme-compilation><compilation-item/></scheme-compilation>")
    frozen = tuple(said(t.symbol, t.target, "F") for t in OF_CPC[:2])
    assert read_revision(packed) == Revision("", "2030.01", OF_CPC + frozen)


def test_a_release_that_no_name_tells_is_left_open(tmp_path: Path) -> None:
    assert read_revision(write(tmp_path, cpc(), "rcl.xml")) == Revision("", "", OF_CPC)


def test_what_is_said_twice_counts_once(tmp_path: Path) -> None:
    assert read_revision(write(tmp_path, ipc(IPC + IPC))) == OF_IPC


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("A01B0001220000", "A01B00012", r"line 3: 'A01B00012' is no CPC symbol"),
        ("A01B0001040000", "", r"line 5: '' is no CPC symbol"),
        ("from-symbol=", "symbol=", r"line 3: '' is no CPC symbol"),
        ('modification="d" rev', 'modification="deleted" rev', r"line 3: 'deleted' is no code"),
        (' modification="t"', "", r"line 5: '' is no code of modification"),
        ("20290101", "20300101", r"line 2: from-version, 2030\.01, is not before to-version, 2030"),
        ("20290101", "2029", r"line 2: from-version is '2029', not a date as YYYYMMDD"),
        ("20290101", "20291301", r"line 2: from-version is '20291301', not a date"),
        ("to-version", "version", r"line 2: to-version is '', not a date"),
        ("</concordance>", "", r"line \d+: not well-formed XML"),
    ],
)
def test_a_fault_of_the_ipc_names_file_and_line(
    tmp_path: Path, old: str, new: str, fault: str
) -> None:
    text = ipc()
    assert old in text
    file = write(tmp_path, text.replace(old, new, 1))
    with pytest.raises(ReleaseFileError, match=rf"^{file.name} {fault}"):
        read_revision(file)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("A01B1/022", "A01B1", r"line 2: 'A01B1' is no CPC symbol"),
        ("<classification-symbol>A01B1/022</classification-symbol>", "", r"line 2: '' is no CPC"),
        ("A01B2001/045", "A01B2001/045 or so", r"line 5: '.* or so' is no CPC symbol"),
        (' amendment-type="D"', "", r"line 2: '' is no amendment-type"),
    ],
)
def test_a_fault_of_the_cpc_names_file_and_line(
    tmp_path: Path, old: str, new: str, fault: str
) -> None:
    file = write(tmp_path, cpc().replace(old, new, 1), "rcl.xml")
    with pytest.raises(ReleaseFileError, match=rf"^rcl\.xml {fault}"):
        read_revision(file)


def test_an_entity_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("A01B1/02")
    kind = f'<!DOCTYPE t [<!ENTITY e SYSTEM "{(tmp_path / "secret.txt").as_uri()}">]>'
    text = kind + cpc().replace(">A01B1/022<", ">&e;<")
    with pytest.raises(ReleaseFileError, match="line 2: '&e;' is no CPC symbol"):
        read_revision(write(tmp_path, text, "rcl.xml"))


def test_another_xml_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path, "<class-scheme/>", "cpc-scheme-A.xml")
    with pytest.raises(ReleaseFileError, match="'class-scheme' is no revision concordance list"):
        read_revision(file)


def test_lists_of_several_revisions_are_refused(tmp_path: Path) -> None:
    write(tmp_path, ipc())
    write(tmp_path, ipc(to="20310101"), "ipc_concordancelist_20310101.xml")
    with pytest.raises(ReleaseFileError, match=r"0101\.xml, of 2029\.01 to 2030\.01; ipc_.* one"):
        read_revision(tmp_path)


def test_where_there_is_no_list_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(ReleaseFileError, match="no list, where one revision is needed; give the"):
        read_revision(tmp_path)
    with pytest.raises(ReleaseFileError, match="there is no such file"):
        read_revision(tmp_path / "absent.xml")
