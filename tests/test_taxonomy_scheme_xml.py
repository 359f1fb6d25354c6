"""The official scheme XML: what is read of it; see `test_taxonomy_scheme_xml_faults`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from official import scheme_xml
from scheme_files import END, change, change_item, file, named, notes, packed, write_scheme_xml

from taxonomy.flags import Flag
from taxonomy.readers.scheme_xml import read_scheme_xml
from taxonomy.scheme import CPC_ONLY, Note, Scheme
from taxonomy.symbol import Rank
from taxonomy.tree import Taxonomy


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder with the files of the mini scheme, which the test may change."""
    return write_scheme_xml(tmp_path / "scheme")


def heading(symbol: str, level: int, title: str, inside: str = "") -> str:
    return (
        f'<classification-item level="{level}">{named(symbol)}<class-title><title-part><text>'
        f"{title}</text></title-part></class-title>{inside}"
    )


def same(one: Scheme, two: Scheme) -> bool:
    trees = one.taxonomy, two.taxonomy
    return (
        trees[0].symbols == trees[1].symbols
        and list(trees[0].titles) == list(trees[1].titles)
        and np.array_equal(trees[0].flags, trees[1].flags)
        and (one.notes, one.references, one.ipc) == (two.notes, two.references, two.ipc)
    )


def test_the_tree_is_the_one_of_the_title_list(files: Path, mini_scheme: Taxonomy) -> None:
    tree = read_scheme_xml(files).taxonomy
    assert tree.release == mini_scheme.release == "2030.01"
    assert tree.symbols == mini_scheme.symbols
    assert np.array_equal(tree.parent_rows, mini_scheme.parent_rows)
    assert np.array_equal(tree.ranks, mini_scheme.ranks)
    assert np.array_equal(tree.flags, mini_scheme.flags)
    assert list(tree.titles) == list(mini_scheme.titles)


@pytest.mark.parametrize("within", ["", "CPCSchemeXML203001/", "a/b/"])
def test_a_zip_is_read_wherever_its_files_lie(files: Path, within: str) -> None:
    assert same(read_scheme_xml(packed(files, within)), read_scheme_xml(files))


def test_other_files_beside_them_do_not_matter(files: Path) -> None:
    before = read_scheme_xml(files)
    (files / "cpc-scheme.xml").write_text("<class-scheme/>")
    (files / "cpc-scheme.xsd").write_text("no scheme")
    (files / "cpc-scheme-A01.xml").write_text("no scheme")
    assert same(read_scheme_xml(files), before)


@pytest.mark.parametrize(
    ("told", "flag"),
    [
        ('not-allocatable="true"', Flag.NOT_ALLOCATABLE),
        ('additional-only="true"', Flag.ADDITIONAL_ONLY),
        ('breakdown-code="true"', Flag.BREAKDOWN_CODE),
        ('c-set-base-allowed="true"', Flag.C_SET_BASE),
        ('c-set-subsequent-allowed="true"', Flag.C_SET_SUBSEQUENT),
        ('definition-exists="true"', Flag.DEFINED),
        ('status="frozen"', Flag.FROZEN),
        ('status="deleted"', Flag(0)),
        ('c-set-base-allowed="false"', Flag(0)),
        ('frozen="true"', Flag(0)),
    ],
)
def test_each_attribute_is_a_flag(files: Path, told: str, flag: Flag) -> None:
    name = told.split("=")[0]
    change_item(files, "A01B1/04", rf' {name}="[a-z]+"|(?=>)', f" {told}")
    assert read_scheme_xml(files).taxonomy.flag("A01B1/04") == flag


def test_revisions_and_ipc_places_are_those_of_each_row(files: Path) -> None:
    change_item(files, "A01B1/04", 'date-revised="2029-05-01"', 'date-revised="2013-01-01"')
    change_item(files, "A01B1/06", 'date-revised="2029-05-01"', "")
    change_item(files, "A01B1/04", 'ipc-concordant="A01B1/04"', 'ipc-concordant="A01B1/00"')
    change_item(files, "A01B1/06", 'ipc-concordant="A01B1/06"', "")
    scheme = read_scheme_xml(files)
    assert scheme.revised.dtype == np.int32
    assert len(scheme.revised) == len(scheme.ipc) == len(scheme.taxonomy)
    for symbol, revised, ipc in (
        ("A01B1/02", 20290501, "A01B1/02"),
        ("A01B1/04", 20130101, "A01B1/00"),
        ("A01B1/06", 0, ""),
        ("A01B2001/045", 20290501, CPC_ONLY),
    ):
        row = scheme.taxonomy.row(symbol)
        assert (scheme.revised[row], scheme.ipc[row]) == (revised, ipc)


def test_references_name_symbols_and_stay_in_the_title(files: Path) -> None:
    scheme = read_scheme_xml(files)
    assert scheme.references == {"A01B1/00": ("A01B3/00",), "H01M4/13": ("H01M10/05",)}
    assert scheme.taxonomy.title("A01B1/00") == "Spades and hoes (lawn tools A01B3/00)"


@pytest.mark.parametrize(
    ("parts", "title"),
    [
        ("<title-part><text>One</text></title-part><title-part><text>two</text></title-part>",
         "One; two"),
        ("<title-part><CPC-specific-text><text>Own <class-ref scheme='cpc'>A01B3/00</class-ref>"
         "</text></CPC-specific-text></title-part>", "{Own A01B3/00}"),
        ("<title-part><text>Spades </text><CPC-specific-text><text>of iron</text>"
         "</CPC-specific-text></title-part>", "Spades {of iron}"),
        ("<title-part><text>Spades</text> <reference>hoes <CPC-specific-text>and rakes"
         "</CPC-specific-text> A01B3/00</reference></title-part>",
         "Spades (hoes {and rakes} A01B3/00)"),
        ("<title-part><text>With H<sub>2</sub>O and m<sup>3</sup>, <u>wet</u></text></title-part>",
         "With H2O and m3, wet"),
        ("<title-part><text>As <media file-name='A01B-1.gif'/> shows</text></title-part>",
         "As [IMAGE A01B-1.gif] shows"),
        ("<title-part><text>Two\n   lines</text></title-part>", "Two lines"),
        ("<title-part><text>Not<!-- said --> told</text></title-part>", "Not told"),
        ("<title-part><text>Übertragung &amp; more</text></title-part>", "Übertragung & more"),
        ("", ""),
    ],
)  # fmt: skip
def test_titles_are_written_as_the_title_list_writes_them(
    files: Path, parts: str, title: str
) -> None:
    change(
        files, "A01B", "<title-part><text>Hoes</text></title-part></class-title>",
        f"{parts}</class-title>",
    )  # fmt: skip
    assert read_scheme_xml(files).taxonomy.title("A01B1/04") == title


def test_an_item_without_a_title_has_none(files: Path) -> None:
    change(
        files, "A01B", "<class-title><title-part><text>Hoes</text></title-part></class-title>", ""
    )
    assert read_scheme_xml(files).taxonomy.title("A01B1/04") == ""


def test_headings_are_no_places_and_their_notes_stay(files: Path) -> None:
    before = read_scheme_xml(files)
    note = notes("<note-paragraph>Read <b>this</b> first</note-paragraph>")
    change_item(files, "H01", "^", heading("H01", 3, "PARTS", note) + "\n")
    change(files, "H", "</class-scheme>", f"{END}</class-scheme>")
    note = note.replace("this", "that")
    change_item(files, "A01B1/00", "^", heading("A01B1/00", 6, "Tools for the hand", note) + "\n")
    change_item(files, "A01B3/00", "^", END + "\n")
    found = read_scheme_xml(files)
    assert found.taxonomy.symbols == before.taxonomy.symbols
    assert list(found.taxonomy.titles) == list(before.taxonomy.titles)
    assert np.array_equal(found.taxonomy.parent_rows, before.taxonomy.parent_rows)
    assert found.notes == {
        "H01": (Note("note", "", "Read this first", ()),),
        "A01B1/00": (Note("note", "", "Read that first", ()),),
    }


def test_notes_and_warnings_are_told_paragraph_by_paragraph(files: Path) -> None:
    paragraphs = (
        '<note-paragraph warning-type="reclass-source">Goes into '
        '<class-ref scheme="cpc">A01B3/02</class-ref> or <class-ref scheme="ipc">A01B9/00'
        "</class-ref></note-paragraph>",
        '<note-paragraph>In <class-ref scheme="cpc">A01B1/02</class-ref>,\n  not here'
        "</note-paragraph>",
    )
    told = notes(*paragraphs, kind="warning") + notes("<note-paragraph>Another</note-paragraph>")
    change(files, "A01B", "<text>Hoes</text></title-part></class-title>",
           f"<text>Hoes</text></title-part></class-title>{told}")  # fmt: skip
    assert read_scheme_xml(files).notes == {
        "A01B1/04": (
            Note("warning", "reclass-source", "Goes into A01B3/02 or A01B9/00", ("A01B3/02",)),
            Note("warning", "", "In A01B1/02, not here", ("A01B1/02",)),
            Note("note", "", "Another", ()),
        )
    }


def test_a_note_that_stands_in_both_files_of_a_subclass_is_told_once(files: Path) -> None:
    note = notes("<note-paragraph>Tools only</note-paragraph>")
    for place, also in (("A", ""), ("A01B", notes("<note-paragraph>And more</note-paragraph>"))):
        title = "<text>Turning the soil</text></title-part></class-title>"
        change(files, place, title, title + note + also)
    told = read_scheme_xml(files).notes["A01B"]
    assert [note.text for note in told] == ["Tools only", "And more"]


def test_a_linked_file_that_is_not_there_leaves_the_subclass_empty(
    files: Path, mini_scheme: Taxonomy
) -> None:
    for subclass in ("A61B", "Y02E"):
        file(files, subclass).unlink()
    scheme = read_scheme_xml(packed(files))
    assert scheme.missing == ("cpc-scheme-A61B.xml", "cpc-scheme-Y02E.xml")
    gone = {*mini_scheme.descendants("A61B"), *mini_scheme.descendants("Y02E")}
    assert scheme.taxonomy.symbols == tuple(s for s in mini_scheme.symbols if s not in gone)
    assert "A61B" in scheme.taxonomy


@pytest.mark.shared
def test_the_official_scheme_has_the_known_counts(shared: Path) -> None:
    scheme = scheme_xml(shared, "2021.05")
    tree = scheme.taxonomy
    assert tree.release == "2021.05"
    assert [int(np.sum(tree.ranks == rank)) for rank in Rank] == [9, 136, 672, 9_744, 221_286]
    assert scheme.missing == ("cpc-scheme-G05B.xml", "cpc-scheme-H01L.xml", "cpc-scheme-Y10T.xml")
    assert sum(place != "" for place in scheme.ipc) == 231_030
    assert scheme.ipc.count(CPC_ONLY) == 56_253
    assert int(scheme.revised.min()) >= 20130101
    assert int(scheme.revised.max()) == 20210501
    about = Counter(note.about for told in scheme.notes.values() for note in told)
    assert about == {
        "": 3_024, "reclass-destination": 3_298, "reclass-source": 1_654, "ipc-not-used": 162,
    }  # fmt: skip
    assert [symbol for symbol in (*scheme.notes, *scheme.references) if symbol not in tree] == []
    assert not any(title == "" for title in tree.titles)
