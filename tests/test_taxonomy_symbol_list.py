"""The symbol list: what is read, in any order, and that each fault names file and line."""

from __future__ import annotations

import random
import re
import zipfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from mini_scheme import rows
from official import scheme_xml

from taxonomy.errors import ReleaseFileError
from taxonomy.flags import Flag
from taxonomy.readers.symbol_list import read_symbol_list
from taxonomy.symbol import Rank, Symbol
from taxonomy.tree import Taxonomy

HEADER = "SYMBOL,level,sort-key,not-allocatable,additional-only,breakdown-code,date-revised,status"
ABOVE = {Rank.SECTION: 2, Rank.CLASS: 4, Rank.SUBCLASS: 5}


def line(text: str, dots: int, frozen: bool = False) -> str:
    """A row of the list; dots are -1 above main groups."""
    symbol = Symbol.parse(text)
    above, series = dots < 0, symbol.is_indexing
    spaced = f"{text[:4]}{text[4:].split('/')[0]:>4}/{symbol.subgroup}" if symbol.group else text
    key = spaced.replace(str(symbol.group), f"{symbol.group - 2000:>4}") if series else spaced
    yes_or_no = (str(flag).upper() for flag in (above, symbol.is_additional_only, series))
    level = ABOVE[symbol.rank] if above else dots + 7
    status = "frozen" if frozen else "published"
    return f"{spaced},{level},{key},{','.join(yes_or_no)},2013-01-01,{status}"


def lines() -> list[str]:
    return [line(symbol, int(dots or -1)) for symbol, dots, _ in rows()]


def write(
    folder: Path, body: Iterable[str], name: str = "CPCSymbolList203001.csv", header: str = HEADER
) -> Path:
    file = folder / name
    file.write_bytes("\r\n".join((header, *body, "")).encode())
    return file


def same(one: Taxonomy, two: Taxonomy) -> bool:
    return (
        one.release == two.release
        and one.symbols == two.symbols
        and np.array_equal(one.parent_rows, two.parent_rows)
        and np.array_equal(one.ranks, two.ranks)
    )


def test_a_list_has_the_tree_of_the_title_list(tmp_path: Path, mini_scheme: Taxonomy) -> None:
    file = write(tmp_path, lines())
    with zipfile.ZipFile(tmp_path / "CPCSymbolList203001.zip", "w") as archive:
        archive.write(file, "list/" + file.name)
    for source in (file, tmp_path, tmp_path / "CPCSymbolList203001.zip"):
        found = read_symbol_list(source)
        assert same(found.taxonomy, mini_scheme)
        assert found.taxonomy.title("A01B1/02") == ""
        assert np.array_equal(found.taxonomy.flags, mini_scheme.flags)
        assert found.revised.dtype == np.int32
        assert set(found.revised.tolist()) == {20130101}


def test_rows_in_any_order_make_the_same_tree(tmp_path: Path, mini_scheme: Taxonomy) -> None:
    body = lines()
    random.Random(7).shuffle(body)
    assert same(read_symbol_list(write(tmp_path, body)).taxonomy, mini_scheme)


def test_a_file_for_each_section_makes_one_tree(tmp_path: Path, mini_scheme: Taxonomy) -> None:
    for section in "YABCDEFGH":
        body = [row for row in lines() if row[0] == section]
        write(tmp_path, body, f"CPCSymbolList-{section}-203001.csv")
    assert same(read_symbol_list(tmp_path).taxonomy, mini_scheme)


def test_columns_are_found_by_their_names(tmp_path: Path, mini_scheme: Taxonomy) -> None:
    turned = [",".join(["x", *reversed(row.split(","))]) for row in lines()]
    header = ",".join(["Parent symbol", *reversed(HEADER.replace("-", " ").split(","))])
    file = write(tmp_path, turned, header="\ufeff" + header)
    assert same(read_symbol_list(file).taxonomy, mini_scheme)


def test_headings_are_dropped(tmp_path: Path, mini_scheme: Taxonomy) -> None:
    headings = ["A01,3,A01,TRUE,FALSE,FALSE,,published", "A01B   1/00,6,A01B   1/00,TRUE,,,,x"]
    file = write(tmp_path, [*headings, *lines()])
    assert same(read_symbol_list(file).taxonomy, mini_scheme)


def test_flags_are_those_of_the_list(tmp_path: Path) -> None:
    body = lines()
    body[4] = line("A01B1/02", 1, frozen=True).replace("FALSE,FALSE", "true,True", 1)
    taxonomy = read_symbol_list(write(tmp_path, body)).taxonomy
    assert taxonomy.flag("A01B1/02") == Flag.NOT_ALLOCATABLE | Flag.ADDITIONAL_ONLY | Flag.FROZEN
    assert taxonomy.flag("A01B1/04") == Flag(0)


def test_without_the_optional_columns_the_symbols_tell(
    tmp_path: Path, mini_scheme: Taxonomy
) -> None:
    kept = [0, 1, 2, 3, 4, 7]
    body = [",".join(row.split(",")[at] for at in kept) for row in lines()]
    header = ",".join(HEADER.split(",")[at] for at in kept)
    found = read_symbol_list(write(tmp_path, body, header=header))
    assert np.array_equal(found.taxonomy.flags, mini_scheme.flags)
    assert not found.revised.any()


def test_a_day_of_revision_may_be_written_in_two_ways_or_not_at_all(tmp_path: Path) -> None:
    body = lines()
    body[1] = body[1].replace("2013-01-01", "20180501")
    body[2] = body[2].replace("2013-01-01", "")
    assert read_symbol_list(write(tmp_path, body)).revised[:4].tolist() == [
        20130101, 20180501, 0, 20130101,
    ]  # fmt: skip


FIRST = "A01B   1/02,8,A01B   1/02,FALSE,FALSE,FALSE,2013-01-01,published"
SERIES_GROUP = re.compile(r"(?<=^.{4})2(\d{3}/)")  # without the 2 it is that of the sort-key
SERIES = "A01B2001/045,9,A01B   1/045,FALSE,TRUE,TRUE,2013-01-01,published"


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("A01B   1/02,8", "A01B   1/2,8", r"'A01B   1/2' is no CPC symbol"),
        (",A01B   1/02,", ",4711,", r"sort-key: '4711' is no CPC symbol"),
        ("A01B   1/02,8", "A01B   1/02,1", r"level: '1' is no level; a row has 2 to 99"),
        ("A01B   1/02,8", "A01B   1/02,FALSE", r"level: 'FALSE' is no level"),
        ("A01B   1/02,8", "A01B   1/02,7", r"A01B1/02 is a subgroup and has 0 dots"),
        ("A01B   1/02,8", "A01B   1/02,9", r"A01B1/02 jumps to 2 dots; A01B1/00 before it has 0"),
        ("A01B   1/02,8", "A01B   1/02,5", r"level: A01B1/02 is a subgroup, not a subclass"),
        ("A01B   1/02,8", "A01B   1/00,7", r"A01B1/00 is a duplicate of .* line 5"),
        ("FALSE,FALSE,FALSE", "no,FALSE,FALSE", r"not-allocatable: 'no' is neither TRUE nor FAL"),
        ("FALSE,FALSE,FALSE", "FALSE,,FALSE", r"additional-only: '' is neither TRUE nor FALSE"),
        ("FALSE,FALSE,FALSE", "FALSE,FALSE,TRUE", r"breakdown-code: TRUE for A01B1/02, but"),
        ("2013-01-01", "published", r"date-revised: 'published' is no day"),
        ("2013-01-01", "01.05.2013", r"date-revised: '01\.05\.2013' is no day"),
        (",published", ",draft", r"status: 'draft' is neither published nor frozen"),
        (",published", "", r"7 columns, where the first line names 8"),
        (",published", ",published,", r"9 columns, where the first line names 8"),
    ],
)
def test_a_fault_names_file_and_line(tmp_path: Path, old: str, new: str, fault: str) -> None:
    body = lines()
    assert body[4] == FIRST
    assert old in FIRST
    body[4] = FIRST.replace(old, new, 1)
    with pytest.raises(ReleaseFileError, match=rf"^CPCSymbolList203001\.csv line 6: {fault}"):
        read_symbol_list(write(tmp_path, body))


@pytest.mark.parametrize(
    ("one", "two", "fault"),
    [
        (0, 2, r"sort-key: A01B2001/045 is of the 2000-series; .* exchanged with SYMBOL"),
        (0, 1, r"level: 'A' is no level"),
        (3, 4, r"not-allocatable: FALSE for A, a section, .* exchanged"),
        (4, 5, r"breakdown-code: TRUE for Y02E10/00, but .* exchanged"),
        (6, 7, r"status: '2013-01-01' is neither"),
    ],
)
def test_exchanged_columns_are_told(tmp_path: Path, one: int, two: int, fault: str) -> None:
    names = HEADER.split(",")
    names[one], names[two] = names[two], names[one]
    assert SERIES in lines()
    if (one, two) == (4, 5):  # only in section Y these columns differ
        body = [row for row in lines() if row[0] == "Y"]
        body[:3] = [row.replace("TRUE,TRUE,FALSE", "TRUE,FALSE,FALSE") for row in body[:3]]
    else:
        body = lines()
    with pytest.raises(ReleaseFileError, match=r"203001\.csv line \d+: " + fault):
        read_symbol_list(write(tmp_path, body, header=",".join(names)))


@pytest.mark.parametrize(
    ("header", "fault"),
    [
        (HEADER.replace("level,", ""), r"these columns are missing: level; give the off"),
        (
            HEADER.replace("SYMBOL", "code").replace("status", "x"),
            r"these columns are missing: symbol, status; give",
        ),
        (lines()[0], r"these columns are missing: symbol, level, sort-key, not-al"),
        (HEADER.replace("sort-key", "level"), r"these columns are missing: sort-key"),
        (HEADER + ",level", r"two columns are named level"),
        (HEADER.replace(",", ";"), r"these columns are missing"),
    ],
)
def test_a_header_that_lacks_columns_names_them(tmp_path: Path, header: str, fault: str) -> None:
    with pytest.raises(ReleaseFileError, match=rf"203001\.csv line 1: {fault}"):
        read_symbol_list(write(tmp_path, lines(), header=header))


def test_missing_sections_are_named(tmp_path: Path) -> None:
    body = [row for row in lines() if row[0] not in "CY"]
    with pytest.raises(ReleaseFileError, match="no symbols of these sections: C, Y"):
        read_symbol_list(write(tmp_path, body))


def test_a_name_must_tell_the_release(tmp_path: Path) -> None:
    file = write(tmp_path, lines(), "CPCSymbolList.csv")
    with pytest.raises(ReleaseFileError, match=r"its name tells no release; name it as it is"):
        read_symbol_list(file)
    with zipfile.ZipFile(tmp_path / "CPCSymbolList203001.zip", "w") as archive:
        archive.write(file, file.name)
    assert read_symbol_list(tmp_path / "CPCSymbolList203001.zip").taxonomy.release == "2030.01"
    with zipfile.ZipFile(tmp_path / "CPCSymbolList203001.zip", "w") as archive:
        archive.write(file, "CPCSymbolList203005.csv")
    with pytest.raises(ReleaseFileError, match=r"name tells 2030\.01 and 2030\.05 release"):
        read_symbol_list(tmp_path / "CPCSymbolList203001.zip")


def test_what_holds_no_list_is_refused(tmp_path: Path) -> None:
    (tmp_path / "CPCTitleList203001.csv").write_text("x")
    for source in (tmp_path, tmp_path / "CPCTitleList203001.csv"):
        with pytest.raises(ReleaseFileError, match="no file named like CPCSymbolListYYYYMM"):
            read_symbol_list(source)


@pytest.mark.shared
def test_an_official_scheme_written_as_a_list_and_shuffled_is_the_same(
    shared: Path, tmp_path: Path
) -> None:
    scheme = scheme_xml(shared, "2019.08")
    tree = scheme.taxonomy
    flags = tree.flags & ~np.uint8(Flag.C_SET_BASE | Flag.C_SET_SUBSEQUENT | Flag.DEFINED)
    dots = tree.depths.astype(int) - Rank.MAIN_GROUP
    body = [
        ",".join((
            symbol, str(ABOVE.get(Rank(int(rank)), 7 + depth)), SERIES_GROUP.sub(r"\1", symbol),
            *(str(bool(flag & bit)).upper() for bit in (1, 2, 4)),
            str(day), "frozen" if flag & Flag.FROZEN else "published",
        ))
        for symbol, rank, depth, flag, day in zip(
            tree.symbols, tree.ranks, dots, flags.tolist(), scheme.revised.tolist(), strict=True
        )
    ]  # fmt: skip
    random.Random(7).shuffle(body)
    found = read_symbol_list(write(tmp_path, body, "CPCSymbolList201908.csv"))
    assert same(found.taxonomy, tree)
    assert np.array_equal(found.taxonomy.flags, flags)
    assert np.array_equal(found.revised, scheme.revised)
