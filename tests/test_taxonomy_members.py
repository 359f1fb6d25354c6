"""The files of a publication: found wherever they lie, and never beyond the limits."""

from __future__ import annotations

import re
import struct
import zipfile
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taxonomy.errors import ReleaseFileError
from taxonomy.readers import members as module
from taxonomy.readers.members import Member, members

NAMED = re.compile(r"row-[a-z]+\.txt")
TEXTS = {"row-b.txt": b"spade\t1\n", "row-a.txt": b"hoe\t2\n", "notes.pdf": b"%PDF"}


def read(path: Path) -> dict[str, bytes]:
    found = members(path, NAMED, "the rows")
    return {name: member.read() for name, member in found.items()}


def folder(at: Path, texts: dict[str, bytes] = TEXTS) -> Path:
    for name, data in texts.items():
        (at / name).parent.mkdir(parents=True, exist_ok=True)
        (at / name).write_bytes(data)
    return at


def pack(path: Path, texts: dict[str, bytes] = TEXTS, method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, data in texts.items():
            archive.writestr(name, data)
    return path


def edit(path: Path, signature: bytes, offset: int, value: bytes) -> None:
    """Overwrites bytes of every header of a kind in a zip."""
    data = bytearray(path.read_bytes())
    at = data.find(signature)
    assert at >= 0
    while at >= 0:
        data[at + offset : at + offset + len(value)] = value
        at = data.find(signature, at + 4)
    path.write_bytes(data)


LOCAL, CENTRAL = b"PK\x03\x04", b"PK\x01\x02"


def table(data: bytes) -> Member:
    return Member("table.csv", lambda: data)


def test_only_wanted_files_are_found_and_by_name(tmp_path: Path) -> None:
    assert list(read(folder(tmp_path / "plain"))) == ["row-a.txt", "row-b.txt"]
    assert list(read(pack(tmp_path / "rows.zip"))) == ["row-a.txt", "row-b.txt"]


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("within", ["", "release/", "a/b/"])
def test_a_zip_may_have_folders(tmp_path: Path, within: str, method: int) -> None:
    packed = pack(tmp_path / "rows.zip", {within + n: d for n, d in TEXTS.items()}, method)
    assert read(packed) == {n: TEXTS[n] for n in ("row-a.txt", "row-b.txt")}


def test_a_folder_is_searched_one_level_down(tmp_path: Path) -> None:
    folder(tmp_path, {"in/row-a.txt": b"1", "row-b.txt": b"2", "in/far/row-c.txt": b"3"})
    assert read(tmp_path) == {"row-a.txt": b"1", "row-b.txt": b"2"}


def test_a_file_is_taken_by_itself_if_its_name_matches(tmp_path: Path) -> None:
    folder(tmp_path)
    assert read(tmp_path / "row-a.txt") == {"row-a.txt": TEXTS["row-a.txt"]}
    assert read(tmp_path / "notes.pdf") == {}


def test_a_zip_may_have_another_ending(tmp_path: Path) -> None:
    assert len(read(pack(tmp_path / "download"))) == 2


@pytest.mark.parametrize("name", ["absent.zip", "row-a.txt", "absent"])
def test_a_missing_path_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(ReleaseFileError, match=f"{name}: there is no such file or folder"):
        read(tmp_path / name)


def test_two_files_of_one_name_are_refused(tmp_path: Path) -> None:
    twice = {"a/row-a.txt": b"1", "b/row-a.txt": b"2"}
    for source in (pack(tmp_path / "rows.zip", twice), folder(tmp_path / "plain", twice)):
        with pytest.raises(ReleaseFileError, match="two files named row-a.txt"):
            read(source)


def test_a_text_that_is_called_zip_is_refused(tmp_path: Path) -> None:
    (tmp_path / "rows.zip").write_text("no zip")
    with pytest.raises(ReleaseFileError, match=r"rows\.zip: not a readable zip .*; give the rows"):
        read(tmp_path / "rows.zip")


def test_a_truncated_zip_is_refused(tmp_path: Path) -> None:
    packed = pack(tmp_path / "rows.zip")
    packed.write_bytes(packed.read_bytes()[:-30])
    with pytest.raises(ReleaseFileError, match="not a readable zip"):
        read(packed)


def test_an_encrypted_zip_is_refused(tmp_path: Path) -> None:
    packed = pack(tmp_path / "rows.zip")
    edit(packed, LOCAL, 6, b"\x01")
    edit(packed, CENTRAL, 8, b"\x01")
    with pytest.raises(ReleaseFileError, match=r"row-a\.txt cannot be read: .*encrypted"):
        read(packed)


def test_a_file_without_a_name_is_passed_over(tmp_path: Path) -> None:
    packed = pack(tmp_path / "rows.zip", {"row-a.txt": b"1"})
    edit(packed, CENTRAL, 28, struct.pack("<HHH", 0, 0, len("row-a.txt")))  # it is a comment now
    assert read(packed) == {}


def test_an_unknown_compression_is_refused(tmp_path: Path) -> None:
    packed = pack(tmp_path / "rows.zip")
    edit(packed, CENTRAL, 10, b"\x63")
    with pytest.raises(ReleaseFileError, match=r"row-a\.txt cannot be read"):
        read(packed)


def test_a_bomb_is_refused_before_it_is_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LARGEST_FILE", 2**20)
    packed = pack(tmp_path / "rows.zip", {"row-a.txt": bytes(2**21)})
    assert packed.stat().st_size < 2**13
    folder(tmp_path / "plain", {"row-a.txt": bytes(2**21)})
    for source in (packed, tmp_path / "plain", tmp_path / "plain" / "row-a.txt"):
        with pytest.raises(ReleaseFileError, match=r"row-a\.txt is over 1 MiB"):
            members(source, NAMED, "the rows")


@pytest.mark.parametrize("told", [0, 100, 2**20 - 1])
def test_a_bomb_whose_header_lies_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: int
) -> None:
    monkeypatch.setattr(module, "LARGEST_FILE", 2**20)
    packed = pack(tmp_path / "rows.zip", {"row-a.txt": bytes(2**24)})
    edit(packed, CENTRAL, 24, struct.pack("<I", told))
    found = members(packed, NAMED, "the rows")
    with pytest.raises(ReleaseFileError, match=r"row-a\.txt cannot be read"):
        found["row-a.txt"].read()


def test_a_file_that_grew_since_it_was_found_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LARGEST_FILE", 2**20)
    found = members(folder(tmp_path), NAMED, "the rows")
    (tmp_path / "row-a.txt").write_bytes(bytes(2**20 + 1))
    with pytest.raises(ReleaseFileError, match=r"row-a\.txt is over 1 MiB"):
        found["row-a.txt"].read()


def test_many_files_are_refused_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST_RELEASE", 10)
    for source in (pack(tmp_path / "rows.zip"), folder(tmp_path / "plain")):
        with pytest.raises(ReleaseFileError, match="its files are over"):
            read(source)


def test_a_file_that_went_away_is_named(tmp_path: Path) -> None:
    found = members(folder(tmp_path), NAMED, "the rows")
    (tmp_path / "row-a.txt").unlink()
    with pytest.raises(ReleaseFileError, match=r"row-a\.txt cannot be read: No such file"):
        found["row-a.txt"].read()


def opened(path: Path) -> int:
    """How often this process has a file open."""
    return [file.resolve() for file in Path("/proc/self/fd").iterdir()].count(path.resolve())


def test_a_zip_is_opened_once_and_closed_with_its_last_file(tmp_path: Path) -> None:
    packed = pack(tmp_path / "rows.zip")
    found = members(packed, NAMED, "the rows")
    assert opened(packed) == 1
    packed.rename(tmp_path / "moved.zip")  # a second opening would find nothing
    for name in [*reversed(found), *found]:
        assert found[name].read() == TEXTS[name]
    moved = tmp_path / "moved.zip"
    last = found.pop("row-b.txt")
    found.clear()
    assert (opened(moved), last.read()) == (1, TEXTS["row-b.txt"])
    del last
    assert opened(moved) == 0


def test_a_zip_is_closed_when_its_reader_stops_early(tmp_path: Path) -> None:
    packed = pack(tmp_path / "rows.zip")

    def rows() -> Generator[tuple[str, list[str]], None, None]:
        for member in members(packed, NAMED, "the rows").values():
            yield from member.rows("\t")

    reading = rows()
    assert next(reading)[1] == ["hoe", "2"]
    assert opened(packed) == 1
    reading.close()
    assert opened(packed) == 0


def test_a_zip_is_closed_after_an_error(tmp_path: Path) -> None:
    broken = pack(tmp_path / "rows.zip", method=zipfile.ZIP_STORED)
    edit(broken, b"hoe\t2", 0, b"axe")
    twice = pack(tmp_path / "twice.zip", {"a/row-a.txt": b"1", "b/row-a.txt": b"2"})
    for path in (broken, twice):
        with suppress(ReleaseFileError):
            read(path)
            pytest.fail("nothing was wrong")
        assert opened(path) == 0


@given(st.data(), st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_LZMA]))
def test_whatever_is_wrong_with_a_zip_no_other_error_escapes(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, method: int
) -> None:
    packed = pack(tmp_path_factory.mktemp("zip") / "rows.zip", method=method)
    whole = bytearray(packed.read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    packed.write_bytes(whole[: data.draw(st.integers(0, len(whole)))])
    with suppress(ReleaseFileError):
        assert len(read(packed)) <= 2


def test_text_has_no_byte_order_mark() -> None:
    assert table(b"\xef\xbb\xbfh\xc3\xb6he").text() == "höhe"


@pytest.mark.parametrize(
    ("data", "line"), [(b"a\nb\n\xff", 3), (b"a\n\x00b", 2), ("höhe".encode("utf-16"), 1)]
)
def test_what_is_no_text_names_the_line(data: bytes, line: int) -> None:
    with pytest.raises(ReleaseFileError, match=rf"table\.csv line {line}: not UTF-8"):
        table(data).text()


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_rows_are_numbered_and_empty_ones_left_out(end: str) -> None:
    data = end.join(["a, b ", "", " ,", 'c,"d, e"', ""]).encode()
    assert list(table(data).rows(",")) == [
        ("table.csv line 1", ["a", "b"]),
        ("table.csv line 4", ["c", "d, e"]),
    ]


def test_between_tabs_a_quote_is_a_letter() -> None:
    assert list(table(b'a\t"b\t\nc\t"\t').rows("\t")) == [
        ("table.csv line 1", ["a", '"b', ""]),
        ("table.csv line 2", ["c", '"', ""]),
    ]


@pytest.mark.parametrize("data", [b'a,b\n"c,d\n', b'a,b\n"c"d,e\n'])
def test_a_row_that_makes_no_sense_names_the_line(data: bytes) -> None:
    with pytest.raises(ReleaseFileError, match=r"table\.csv line 2: "):
        list(table(data).rows(","))
