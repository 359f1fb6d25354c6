"""A table of one's own: what is read, and that each fault names file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from taxonomy.errors import ReleaseFileError
from taxonomy.readers.transfer_table import read_transfer_table
from taxonomy.transfer import OWN, Transfer


def write(folder: Path, text: str) -> Path:
    file = folder / "moved.csv"
    file.write_bytes(text.encode())
    return file


def test_a_table_is_read_in_its_order(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        "from,to,confidence,reason\r\n"
        'A01B 1/022,A01B0001020000,,"folding spades, again"\r\n'
        "\r\n"
        "A01B3/04,A01B3/04,0.75,\r\n"
        "A01B3/04,A01B3/02,.25,guess\r\n"
        "A01B999/00,,,nobody asked\r\n",
    )
    assert read_transfer_table(file) == (
        Transfer("A01B1/022", "A01B1/02", OWN, 1.0, "folding spades, again"),
        Transfer("A01B3/04", "A01B3/04", OWN, 0.75),
        Transfer("A01B3/04", "A01B3/02", OWN, 0.25, "guess"),
        Transfer("A01B999/00", "", OWN, 1.0, "nobody asked"),
    )


def test_two_columns_are_enough_and_in_any_order(tmp_path: Path) -> None:
    file = write(tmp_path, "\ufeffTo, From\nA01B1/02,A01B1/022\n,A01B999/00\n")
    assert read_transfer_table(file) == (
        Transfer("A01B1/022", "A01B1/02", OWN, 1.0),
        Transfer("A01B999/00", "", OWN, 1.0),
    )


def test_a_table_without_rows_transfers_nothing(tmp_path: Path) -> None:
    assert read_transfer_table(write(tmp_path, "from,to\n")) == ()


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", r"line 1: no column from and no to; use from, to, confidence, reason"),
        ("from\nA01B1/02\n", r"line 1: no column to; use"),
        ("from,to,sure\n", r"line 1: 'sure' is no column of transfers; use from, to"),
        ("from,to,to\n", r"line 1: two columns are named to"),
        ("A01B1/02,A01B1/04\n", r"line 1: 'a01b1/02' is no column"),
        ("from,to\nA01B1/02\n", r"line 2: 1 columns, where the first line names 2"),
        ("from,to\n\nA01B1/02,A01B1/04,1\n", r"line 3: 3 columns, where"),
        ("from;to\nA01B1/02;A01B1/04\n", r"line 1: 'from;to' is no column"),
        ("from,to\nA01B1/2,A01B1/04\n", r"line 2: 'A01B1/2' is no CPC symbol"),
        ("from,to\nA01B1/02,A01B1/04 and A01B1/06\n", r"line 2: '.*' is no CPC symbol"),
        ("from,to\n,A01B1/04\n", r"line 2: '' is no CPC symbol"),
        ("from,to\nA01B1/02,A01B1/04\nA01B 1/02,A01B1/04\n", r"line 3: .* duplicate of .* line 2"),
        ("from,to\nA01B1/02,\nA01B1/02,\n", r"line 3: A01B1/02 to nowhere is a duplicate"),
        ("from,to\nA01B1/02,A01B1/04\nA01B1/02,\n", r"line 2: .* but .* line 3 retires it"),
        ('from,to\n"A01B1/02,A01B1/04\n', r"line 2: unexpected end of data"),
    ],
)
def test_a_fault_names_file_and_line(tmp_path: Path, text: str, fault: str) -> None:
    with pytest.raises(ReleaseFileError, match=rf"^moved\.csv {fault}"):
        read_transfer_table(write(tmp_path, text))


@pytest.mark.parametrize("value", ["0", "1.1", "-0.5", "nan", "inf", "1e-1", "half", "0.0", "80%"])
def test_a_confidence_is_above_0_and_at_most_1(tmp_path: Path, value: str) -> None:
    file = write(tmp_path, f"from,to,confidence\nA01B1/02,A01B1/04,{value}\n")
    with pytest.raises(ReleaseFileError, match=rf"line 2: '{value}' is no confidence"):
        read_transfer_table(file)


def test_a_circle_names_the_file_and_all_of_it(tmp_path: Path) -> None:
    file = write(tmp_path, "from,to\nA01B1/02,A01B1/04\nA01B1/04,A01B3/00\nA01B3/00,A01B1/02\n")
    circle = "A01B1/02 > A01B1/04 > A01B3/00 > A01B1/02"
    with pytest.raises(ReleaseFileError, match=rf"moved\.csv: .*in a circle: {circle};"):
        read_transfer_table(file)


def test_a_table_is_one_csv_file(tmp_path: Path) -> None:
    with pytest.raises(ReleaseFileError, match="there is no such file"):
        read_transfer_table(tmp_path / "absent.csv")
    with pytest.raises(ReleaseFileError, match=r"no \.csv file, where one is needed"):
        read_transfer_table(tmp_path)
    file = write(tmp_path, "from,to\n")
    file.with_name("other.csv").write_text("from,to\n")
    with pytest.raises(ReleaseFileError, match=r"moved\.csv, other\.csv, where one is needed"):
        read_transfer_table(tmp_path)
