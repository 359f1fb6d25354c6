"""The concordance to the IPC, as text and as XML: what is read, and faults with file and line."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from official import scheme_xml

from taxonomy.errors import ReleaseFileError
from taxonomy.readers.ipc_concordance import read_ipc_concordance
from taxonomy.scheme import CPC_ONLY

EXPECTED = {
    "A01B1/00": "A01B1/00",
    "A01B1/022": "A01B1/02",
    "A01B2001/045": CPC_ONLY,
    "A61B2503/00": CPC_ONLY,
    "A61F2002/48": "A61F2/48",
}
TEXT = "".join(f"{cpc}\t\t{ipc}\t\t\r\n" for cpc, ipc in EXPECTED.items())
XML = (
    '<?xml version="1.0"?>\n<cpc-ipc>\n'
    + "".join(
        f"<item><cpc>{c}</cpc><ipc>{i}</ipc><level>1</level></item>\n" for c, i in EXPECTED.items()
    )
    + "</cpc-ipc>"
)


def write(folder: Path, text: str, name: str = "cpc-ipc-concordance.txt") -> Path:
    file = folder / name
    file.write_bytes(text.encode())
    return file


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        TEXT.replace("\t\t", "\t0\t", 2),
        TEXT.replace("\t\t\r\n", "\n"),
        TEXT.replace("\t\t\r\n", "\n").replace("\t\t", "\t"),
        "CPC\tLevel\tIPC\t\t\n" + TEXT,
        "\ufeff" + TEXT.replace("A01B1/022", "A01B   1/022") + "\r\n",
        XML,
        "\ufeff\n".join(("", XML.split("\n", 1)[1])),
        XML.replace("<cpc-ipc>", '<cpc-ipc xmlns="http://example.org/c">'),
    ],
)
def test_a_text_and_an_xml_say_the_same(tmp_path: Path, text: str) -> None:
    assert read_ipc_concordance(write(tmp_path, text)) == EXPECTED


def test_named_columns_may_stand_in_another_order(tmp_path: Path) -> None:
    text = "IPC Group\tCPC Group\n" + "".join(f"{i}\t{c}\n" for c, i in EXPECTED.items())
    assert read_ipc_concordance(write(tmp_path, text)) == EXPECTED


@pytest.mark.parametrize("name", ["cpc-ipc-concordance.xml", "CPCtoIPCxmlAugust2019.xml"])
def test_names_of_all_times_are_known_in_a_zip_and_a_folder(tmp_path: Path, name: str) -> None:
    file = write(tmp_path, XML, name)
    write(tmp_path, "<x/>", "ipc_concordancelist_20300101.xml")
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        archive.write(file, name)
    assert read_ipc_concordance(tmp_path) == EXPECTED
    assert read_ipc_concordance(tmp_path / "c.zip") == EXPECTED


def test_equal_ipc_symbols_are_one_object(tmp_path: Path) -> None:
    text = "A01B1/022\t\tA01B1/02\nA01B1/024\t\tA01B1/02\n"
    one, two = read_ipc_concordance(write(tmp_path, text)).values()
    assert one is two


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (TEXT + "A01B1\t\tA01B1/00\n", r"line 6: 'A01B1' is no CPC symbol"),
        (TEXT + "A01B1/04\t\tnone\n", r"line 6: 'none' is no CPC symbol"),
        (TEXT + "A01B1/04\t\t\t\n", r"line 6: A01B1/04 has no IPC symbol, nor CPCONLY"),
        (TEXT + "A01B1/04\tA01B1/04\n", r"line 6: 2 columns; a row has .* IPC symbol in column 3"),
        (TEXT + "A01B1/022\t\tA01B1/04\n", r"line 6: A01B1/022 belongs to A01B1/04, but to A01B1"),
        ("A61F2/48\t\tA61F2002/48\n", r"line 1: A61F2002/48 is no IPC symbol, .* exchanged"),
        ("A01B1/00\t\tY02E10/70\n", r"line 1: Y02E10/70 is no IPC symbol"),
        ("CPCONLY\t\tA01B1/00\n", r"line 1: 'CPCONLY' is no CPC symbol"),
        ("A01B1/00,A01B1/00\n", r"line 1: 1 columns; a row has the CPC symbol in column 1"),
        (XML.replace("A01B1/022<", "A01B1/022;<"), r"line 4: .* is no CPC symbol"),
        (XML.replace("<ipc>A01B1/02</ipc>", ""), r"line 4: an item without ipc"),
        (XML.replace("<ipc>A01B1/02</ipc>", "<ipc/>"), r"line 4: A01B1/022 has no IPC symbol"),
        (XML.replace("</item>", "", 1), r"line \d+: not well-formed XML"),
    ],
)
def test_a_fault_names_file_and_line(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(ReleaseFileError, match=rf"^cpc-ipc-concordance\.txt {fault}"):
        read_ipc_concordance(write(tmp_path, text))


@pytest.mark.parametrize("text", ["", "CPC\tLevel\tIPC\n", "<rcl/>"])
def test_a_file_without_symbols_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ReleaseFileError, match=r"concordance\.txt holds no symbol; give the off"):
        read_ipc_concordance(write(tmp_path, text))


def test_where_there_is_not_just_one_file_it_is_said(tmp_path: Path) -> None:
    with pytest.raises(ReleaseFileError, match="no concordance, where one file is needed"):
        read_ipc_concordance(tmp_path)
    write(tmp_path, TEXT)
    write(tmp_path, XML, "cpc-ipc-concordance.xml")
    with pytest.raises(ReleaseFileError, match=r"ance\.txt, cpc-ipc-concordance\.xml, where one"):
        read_ipc_concordance(tmp_path)


@pytest.mark.shared
def test_what_the_scheme_says_passes_through_both_formats(shared: Path, tmp_path: Path) -> None:
    scheme = scheme_xml(shared, "2021.05")
    places = zip(scheme.taxonomy.symbols, scheme.ipc, strict=True)
    expected = {symbol: place for symbol, place in places if place}
    assert len(expected) == 231030
    rows = "".join(f"{cpc}\t\t{ipc}\t\t\n" for cpc, ipc in expected.items())
    found = read_ipc_concordance(write(tmp_path, rows))
    assert found == expected
    assert sum(place == CPC_ONLY for place in found.values()) == 56253
    some = dict(list(expected.items())[::10])
    items = "\n".join(f"<item><cpc>{c}</cpc><ipc>{i}</ipc></item>" for c, i in some.items())
    assert read_ipc_concordance(write(tmp_path, f"<list>{items}</list>")) == some
