"""What is wrong with a scheme XML: faults name file and line, nothing dangerous is read."""

from __future__ import annotations

from pathlib import Path

import pytest
from scheme_files import change, change_item, file, named, notes, packed, write_scheme_xml

from taxonomy.errors import ReleaseFileError
from taxonomy.readers import members
from taxonomy.readers.scheme_xml import read_scheme_xml


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with the files of the mini scheme, which the test may change."""
    return write_scheme_xml(tmp_path / "scheme")


@pytest.mark.parametrize(
    ("symbol", "old", "new", "line", "fault"),
    [
        ("A01B1/04", 'level="8"', 'level="9"', 11, "A01B1/04 is nested in A01B1/00, but its level"),
        ("A01B1/04", 'level="8"', 'level="10"', 11, "A01B1/04 .* 10, puts it below A01B1/024"),
        ("A01B1/024", 'level="9"', 'level="8"', 8, "A01B1/024 is nested in A01B1/02, but its"),
        ("A01B1/04", 'level="8"', 'level="12"', 11, "A01B1/04 jumps to 5 dots"),
        ("A01B1/04", 'level="8"', 'level="7"', 11, "A01B1/04 is a subgroup and has 0 dots"),
        ("A01B1/04", 'level="8"', 'level="5"', 11, "A01B1/04 is a subgroup and has no number"),
        ("A01B1/00", 'level="7"', 'level="8"', 4, "A01B1/00 is a main-group and has 1 dots"),
        ("A01B1/04", 'level="8"', 'level="1"', 11, "'1' is no level; an item has 2 to 99"),
        ("A01B1/04", 'level="8"', 'level="eight"', 11, "'eight' is no level"),
        ("A01B1/04", 'level="8"', 'level="٨"', 11, "'٨' is no level"),
        ("A01B1/04", 'level="8"', "", 11, "'' is no level"),
        ("A01B1/04", '"2029-05-01"', '"May 2029"', 11, "'May 2029' is no date"),
        ("A01B1/04", ">A01B1/04<", ">A01B1/02<", 11, "A01B1/02 is a duplicate of .* line 5"),
        ("A01B1/04", ">A01B1/04<", ">A01K1/04<", 11, "A01K1/04 stands under A01B1/00"),
        ("A01B1/04", ">A01B1/04<", ">Hoes<", 11, "'Hoes' is no CPC symbol"),
        ("A01B1/04", ">A01B1/04<", ">A01B 1/04<", 11, "'A01B 1/04' must be spelled A01B1/04"),
        ("A01B1/04", ">A01B1/04<", "><", 11, "'' is no CPC symbol"),
        ("A01B1/04", named("A01B1/04"), "", 11, "'' is no CPC symbol"),
        ("A01B", 'level="5"', 'level="4"', 5, "A01B is a subclass and has level 4; it must have 5"),
        ("A", 'level="2"', 'level="4"', 3, "A is a section and has level 4; it must have 2"),
        ("A01", 'level="4"', 'level="7"', 4, "A01 is a class and has 0 dots"),
    ],
)  # fmt: skip
def test_a_fault_names_file_and_line(
    files: Path, symbol: str, old: str, new: str, line: int, fault: str
) -> None:
    change_item(files, symbol, old, new)
    place = symbol[:4] if "/" in symbol else symbol[0]
    for source in (files, packed(files)):
        with pytest.raises(
            ReleaseFileError, match=rf"cpc-scheme-{place}\.xml line {line}: {fault}"
        ):
            read_scheme_xml(source)


def test_an_item_outside_its_parent_is_named(files: Path) -> None:
    path = file(files, "A01B")
    lines = path.read_text("utf-8").split("\n")
    first, after = (
        next(i for i, line in enumerate(lines) if named(symbol) in line)
        for symbol in ("A01B1/022", "A01B1/04")
    )
    lines.insert(first, lines.pop(after - 1))
    path.write_text("\n".join(lines), "utf-8")
    with pytest.raises(ReleaseFileError, match="A01B1/022 is nested in A01B1/00, but its level, 9"):
        read_scheme_xml(files)


@pytest.mark.parametrize(
    ("place", "old", "new", "fault"),
    [
        ("A", 'scheme-type="cpc"', 'scheme-type="ipc"', r"A\.xml line 2: a scheme of type 'ipc'"),
        ("A01B", ' scheme-type="cpc"', "", r"A01B\.xml line 2: a scheme of type None, not cpc"),
        ("A", "2030-01-01", "2030", r"A\.xml line 2: no class-scheme with a publication-date"),
        ("A01B", "2030-01-01", "2030-05-01",
         r"A01B\.xml: of 2030\.05, but the files before it are of 2030\.01"),
        ("C", "2030-01-01", "2030-05-01", r"C\.xml: of 2030\.05, but the files before it"),
        ("A01B", named("A01B"), named("A01K"), r"A01B\.xml line 3: holds 'A01K', not A01B"),
        ("A01B", named("A01B"), "", r"A01B\.xml line 3: holds '', not A01B, as is linked"),
        ("C", named("C"), named("D"), r"cpc-scheme-C\.xml does not hold section C"),
        ("A", "<class-scheme", "<scheme", r"A\.xml line \d+: not well-formed XML"),
    ],
)  # fmt: skip
def test_a_file_of_another_kind_or_release_is_named(
    files: Path, place: str, old: str, new: str, fault: str
) -> None:
    change(files, place, old, new)
    with pytest.raises(ReleaseFileError, match=fault):
        read_scheme_xml(files)


@pytest.mark.parametrize("place", ["A", "C"])
def test_a_section_without_items_is_named(files: Path, place: str) -> None:
    start = '<class-scheme scheme-type="cpc" publication-date="2030-01-01"/>'
    file(files, place).write_text(start)
    with pytest.raises(ReleaseFileError, match=rf"{place}\.xml does not hold section {place}"):
        read_scheme_xml(files)


def test_missing_sections_are_named(files: Path) -> None:
    for section in "CY":
        file(files, section).unlink()
    for source in (files, packed(files)):
        with pytest.raises(ReleaseFileError, match=r"missing: cpc-scheme-C\.xml, cpc-scheme-Y"):
            read_scheme_xml(source)


def test_an_entity_bomb_is_refused_or_not_read(files: Path) -> None:
    entities = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 10))
    bomb = f'<!DOCTYPE class-scheme [<!ENTITY e0 "ha">{entities}]>\n<class-scheme'
    change(files, "A01B", "<class-scheme", bomb)
    change(files, "A01B", "<text>Hoes</text>", "<text>Hoes &e9;</text>")
    title = refused = ""
    try:
        title = read_scheme_xml(files).taxonomy.title("A01B1/04")
    except ReleaseFileError as error:  # which libxml2 do so depends on its version
        refused = error.message
    assert "cpc-scheme-A01B.xml line" in refused or 0 < len(title) < 20


def test_an_external_entity_is_not_read(files: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret")
    doctype = f'<!DOCTYPE class-scheme [<!ENTITY x SYSTEM "{secret.as_uri()}">]>\n<class-scheme'
    change(files, "A01B", "<class-scheme", doctype)
    told = notes("<note-paragraph>Not &x; told</note-paragraph>")
    change(files, "A01B", "<text>Hoes</text></title-part></class-title>",
           f"<text>Hoes &x; more</text></title-part></class-title>{told}")  # fmt: skip
    scheme = read_scheme_xml(files)
    assert scheme.taxonomy.title("A01B1/04").startswith("Hoes")
    assert "secret" not in repr(list(scheme.taxonomy.titles)) + repr(scheme.notes)


def test_a_truncated_zip_is_refused(files: Path) -> None:
    path = packed(files)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    with pytest.raises(ReleaseFileError, match="not a readable zip"):
        read_scheme_xml(path)


def test_a_swollen_file_is_refused(files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "LARGEST_FILE", 100_000)
    path = file(files, "B")
    path.write_bytes(path.read_bytes() + b" " * 200_000)
    for source in (files, packed(files)):
        with pytest.raises(ReleaseFileError, match=r"scheme-B\.xml is over"):
            read_scheme_xml(source)


def test_what_holds_no_scheme_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ReleaseFileError, match="there is no such file"):
        read_scheme_xml(tmp_path / "absent.zip")
    with pytest.raises(ReleaseFileError, match="these are missing: cpc-scheme-A.xml"):
        read_scheme_xml(tmp_path)
