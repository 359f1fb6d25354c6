"""The IPC scheme of WIPO: what is read, and that each fault names file and line."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from taxonomy.errors import ReleaseFileError
from taxonomy.flags import Flag
from taxonomy.readers import members
from taxonomy.readers.ipc_scheme import read_ipc_scheme
from taxonomy.symbol import Rank

SPACE = "http://www.wipo.int/classifications/ipc/masterfiles"
FILE = "EN_ipc_scheme_20300101.xml"


def title(*parts: str) -> str:
    texts = "".join(f"<titlePart>{part}</titlePart>" for part in parts)
    return f"<textBody><title>{texts}</title></textBody>"


def entry(kind: str, symbol: str, words: str, *below: str, of: str = "K") -> str:
    text = words if words.startswith("<") else title(f"<text>{words}</text>")
    start = f'<ipcEntry kind="{kind}" symbol="{symbol}" entryType="{of}" edition="20060101">'
    return "\n".join((start + text, *below, "</ipcEntry>"))


HOES = title(
    "<text>Hoes</text>",
    '<text>Rakes as in <sref ref="A01B0003000000"/>, wide</text>'
    '<entryReference>for lawns<sref ref="A01B0001024000"/>,<sref ref="A01D"/></entryReference>'
    '<entryReference><mref ref="A01B0001020000" endRef="A01B0001024000"/> take precedence'
    "</entryReference>",
    '<text>Forks <img src="fork.png"/> with H<sub>2</sub>O</text>',
)
A = entry(
    "s", "A", "Daily life",
    entry("t", "A01", "Subsection of fields"),
    entry("c", "A01", "Growing plants",
          entry("u", "A01B", "Turning the soil",
                entry("i", "A01B", "<textBody><index><indexEntry/></index></textBody>"),
                entry("n", "A01B", "<textBody><note>Mind</note></textBody>"),
                entry("g", "A01B0001000000", "Guidance: by hand"),
                entry("m", "A01B0001000000", "Spades",
                      entry("1", "A01B0001020000", "of iron",
                            entry("2", "A01B0001022000", "that fold"),
                            entry("2", "A01B0001024000", HOES)),
                      entry("1", "A01B0001060000", "of wood")),
                entry("m", "A01B0003000000", "Ploughs"),
                entry("m", "A01B0101000000", "Indexing of soils",
                      entry("1", "A01B0101020000", "Sand", of="I"), of="I")))
)  # fmt: skip
OTHERS = "\n".join(entry("s", section, f"Section {section}") for section in "BCDEFGH")


def scheme(*sections: str, edition: str = "20300101", root: str = "IPCScheme") -> str:
    inside = "\n".join(sections)
    return f'<{root} xmlns="{SPACE}" edition="{edition}" lang="EN">\n{inside}\n</{root}>'


def pack(path: Path, **texts: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in texts.items():
            archive.writestr(name.replace("__", ".") + ".xml", text)
    return path


def only(tmp_path: Path, text: str) -> Path:
    return pack(tmp_path / "ipc.zip", **{FILE.removesuffix(".xml"): text})


def test_places_are_read_and_headings_are_not(tmp_path: Path) -> None:
    ipc = read_ipc_scheme(only(tmp_path, scheme(A, OTHERS)))
    assert ipc.release == "2030.01"
    assert ipc.symbols == (
        "A", "A01", "A01B", "A01B1/00", "A01B1/02", "A01B1/022", "A01B1/024", "A01B1/06",
        "A01B3/00", "A01B101/00", "A01B101/02", *"BCDEFGH",
    )  # fmt: skip
    assert ipc.path("A01B0001022000") == ("A", "A01", "A01B", "A01B1/00", "A01B1/02", "A01B1/022")
    assert ipc.parent("A01B1/06") == "A01B1/00"
    assert [ipc.rank(s) for s in ("A", "A01", "A01B", "A01B1/00", "A01B1/024")] == list(Rank)
    assert ipc.title("A01") == "Growing plants"
    assert ipc.title("A01B1/00") == "Spades"


def test_titles_are_written_as_those_of_the_cpc(tmp_path: Path) -> None:
    ipc = read_ipc_scheme(only(tmp_path, scheme(A, OTHERS)))
    assert ipc.title("A01B1/024") == (
        "Hoes; Rakes as in A01B3/00, wide (for lawns A01B1/024, A01D; "
        "A01B1/02 - A01B1/024 take precedence); Forks [IMAGE fork.png] with H2O"
    )


def test_indexing_codes_are_for_additional_information_only(tmp_path: Path) -> None:
    ipc = read_ipc_scheme(only(tmp_path, scheme(A, OTHERS)))
    flagged = [s for s in ipc.symbols if ipc.flag(s) & Flag.ADDITIONAL_ONLY]
    assert flagged == ["A01B101/00", "A01B101/02"]
    assert ipc.flag("A01B") == Flag.NOT_ALLOCATABLE
    assert ipc.flag("A01B1/02") == Flag(0)


def test_more_than_nine_dots_are_letters(tmp_path: Path) -> None:
    kinds = "123456789AB"
    chain = entry(kinds[-1], "A01B0001191000", "deepest")
    for depth in range(len(kinds) - 2, -1, -1):
        chain = entry(kinds[depth], f"A01B0001{depth + 2:02}0000", "deep", chain)
    groups = entry("u", "A01B", "Soil", entry("m", "A01B0001000000", "Spades", chain))
    a = entry("s", "A", "Life", entry("c", "A01", "Plants", groups))
    ipc = read_ipc_scheme(only(tmp_path, scheme(a, OTHERS)))
    assert len(ipc.path("A01B1/191")) == 4 + 11


def test_the_english_file_of_a_zip_or_a_folder_is_read(tmp_path: Path) -> None:
    text = scheme(A, OTHERS)
    english = FILE.removesuffix(".xml")
    both = pack(tmp_path / "ipc.zip", **{english: text, "FR_ipc_scheme_20300101": "<rien"})
    folder = tmp_path / "ipc"
    folder.mkdir()
    (folder / FILE).write_text(text)
    plain = folder / "other"
    plain.mkdir()
    (plain / "ipc_definitions_20300101.xml").write_text("<nothing")
    assert read_ipc_scheme(both).symbols == read_ipc_scheme(folder).symbols


def test_one_file_is_needed(tmp_path: Path) -> None:
    with pytest.raises(ReleaseFileError, match=r"no IPC scheme, where one file is needed; give"):
        read_ipc_scheme(pack(tmp_path / "none.zip", FR_ipc_scheme_20300101=scheme(A, OTHERS)))
    two = pack(tmp_path / "two.zip", EN_ipc_scheme_20300101="<a/>", EN_ipc_scheme_20310101="<a/>")
    with pytest.raises(ReleaseFileError, match=r"20300101.xml, EN_.*20310101.xml, where one file"):
        read_ipc_scheme(two)
    with pytest.raises(ReleaseFileError, match="there is no such file or folder"):
        read_ipc_scheme(tmp_path / "absent.zip")


@pytest.mark.parametrize(
    ("old", "new", "line", "fault"),
    [
        ('"20300101"', '"2030"', 1, "no IPCScheme with an edition"),
        ("IPCScheme", "staticIpc", 1, "no IPCScheme with an edition"),
        ('symbol="A01B0001022000"', 'symbol="A01B1022"', 15, "'A01B1022' is no CPC symbol"),
        ('symbol="A01B0001022000"', "", 15, "'' is no CPC symbol"),
        ('"2" symbol="A01B0001022000"', '"x" symbol="A01B0001022000"', 15, "'x' is no kind of"),
        ('"2" symbol="A01B0001022000"', '"" symbol="A01B0001022000"', 15, "'' is no kind of"),
        ('"2" symbol="A01B0001022000"', '"3" symbol="A01B0001022000"', 15,
         "A01B1/022 jumps to 3 dots"),
        ('"2" symbol="A01B0001022000"', '"1" symbol="A01B0001022000"', 15,
         "A01B1/022 is nested in A01B1/02, but its kind, 1, puts it below A01B1/00"),
        ('"2" symbol="A01B0001022000"', '"m" symbol="A01B0001022000"', 15,
         "A01B1/022 is a subgroup and has 0 dots"),
        ('"2" symbol="A01B0001022000"', '"c" symbol="A01B0001022000"', 15,
         "A01B1/022 is no class, as its kind says"),
        ("A01B0001060000", "A01B0001020000", 20, "A01B1/02 is a duplicate of .* line 14"),
        ("A01B0003000000\" entry", "A01C0003000000\" entry", 23, "A01C3/00 stands under A01B"),
        ('<sref ref="A01D"/>', '<sref ref="hoe"/>', 17, "'hoe' is no CPC symbol"),
        ("</IPCScheme>", "", 46, "not well-formed"),
    ],
)  # fmt: skip
def test_a_fault_names_file_and_line(
    tmp_path: Path, old: str, new: str, line: int, fault: str
) -> None:
    text = scheme(A, OTHERS)
    assert old in text
    with pytest.raises(ReleaseFileError, match=rf"{FILE} line {line}: {fault}"):
        read_ipc_scheme(only(tmp_path, text.replace(old, new)))


def test_missing_sections_are_named(tmp_path: Path) -> None:
    few = "\n".join(entry("s", section, f"Section {section}") for section in "BDEFG")
    with pytest.raises(ReleaseFileError, match=rf"{FILE}: these sections are missing: C, H"):
        read_ipc_scheme(only(tmp_path, scheme(A, few)))


def test_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "LARGEST_FILE", 1000)
    with pytest.raises(ReleaseFileError, match=rf"{FILE} is over"):
        read_ipc_scheme(only(tmp_path, scheme(A, OTHERS)))


def test_an_external_entity_is_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret")
    doctype = f'<!DOCTYPE d [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
    text = doctype + scheme(A.replace("that fold", "that fold &x;"), OTHERS)
    assert "secret" not in read_ipc_scheme(only(tmp_path, text)).title("A01B1/022")
