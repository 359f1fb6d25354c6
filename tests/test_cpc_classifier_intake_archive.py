from __future__ import annotations

import io
import zipfile

import pytest
from intake_documents import european, grant

from cpc_classifier.filing import ClassifiedFiling, Unreadable
from cpc_classifier.intake import Limits, read_filings

FOREIGN = b"<PATDOC><B110>1</B110></PATDOC>"


def zipped(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def read(data: bytes, limits: Limits | None = None) -> list[ClassifiedFiling | Unreadable]:
    return list(read_filings(io.BytesIO(data), "w.zip", limits or Limits()))


def shown(results: list[ClassifiedFiling | Unreadable]) -> list[str]:
    return [
        f"{r.id}: {r.error.code}" if isinstance(r, Unreadable) else r.filing.id for r in results
    ]


def test_members_are_read_in_order_and_pictures_are_passed_over() -> None:
    data = zipped(
        {
            "week.xml": grant("1") + grant("2"),
            "pictures/D1.TIF": b"II*\x00",
            "ep/doc": european("de"),
            "more.jsonl": b'{"title": "x"}',
        }
    )
    assert shown(read(data)) == ["US1B2", "US2B2", "EP0640886B1", "w.zip/more.jsonl#1"]


def test_a_zip_within_a_zip_is_read_but_no_deeper() -> None:
    inner = zipped({"a.xml": grant("1")})
    assert shown(read(zipped({"a.zip": inner, "b.zip": inner}))) == ["US1B2", "US1B2"]
    deep = zipped({"b.xml": grant("2"), "x.zip": zipped({"a.zip": inner})})
    assert shown(read(deep)) == ["US2B2", "w.zip/x.zip/a.zip: unsupported_format"]


def test_one_bad_member_does_not_hide_the_others() -> None:
    data = zipped({"a.xml": grant("1"), "b.xml": FOREIGN, "c.xml": b"", "d.xml": grant("4")})
    assert shown(read(data)) == [
        "US1B2",
        "w.zip/b.xml#1: unsupported_format",
        "w.zip/c.xml: empty_filing",
        "US4B2",
    ]


def test_a_zip_of_a_foreign_format_gives_one_refusal() -> None:
    results = read(zipped({f"{n}.xml": FOREIGN for n in range(9)}))
    assert shown(results) == ["w.zip: unsupported_format"]
    assert isinstance(results[0], Unreadable)
    assert "other 8 parts" in results[0].error.message


def test_an_encrypted_member_is_named() -> None:
    data = bytearray(zipped({"a.xml": grant("1"), "b.xml": grant("2")}))
    for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(magic) + offset] |= 1  # the flag of the first member
    results = read(bytes(data))
    assert shown(results) == ["w.zip/a.xml: bad_filing", "US2B2"]
    assert isinstance(results[0], Unreadable)
    assert "encrypted" in results[0].error.message


@pytest.mark.parametrize("cut", [5, 100, 400, -30, -1])
def test_a_zip_that_breaks_off_is_named(cut: int) -> None:
    results = read(zipped({"a.xml": grant("1")})[:cut])
    assert shown(results) == ["w.zip: bad_filing"]


def test_damaged_data_is_named() -> None:
    data = bytearray(zipped({"a.xml": grant("1"), "b.xml": grant("2")}))
    data[200:300] = bytes(100)
    results = read(bytes(data))
    assert isinstance(results[0], Unreadable)
    assert results[0].error.code == "bad_filing"
    assert shown(results[-1:]) == ["US2B2"]


def test_a_member_that_expands_without_end_is_stopped() -> None:
    limits = Limits(expansion_ratio=50, expansion_floor_bytes=1 << 20)
    results = read(zipped({"a.xml": b"<a>" + b" " * (64 << 20), "b.xml": grant("2")}), limits)
    assert shown(results) == ["w.zip/a.xml: filing_too_large", "US2B2"]


def test_too_many_members_and_none() -> None:
    members = {f"{n}.xml": grant(str(n)) for n in range(4)}
    assert shown(read(zipped(members), Limits(archive_members=3))) == ["w.zip: filing_too_large"]
    assert shown(read(zipped({"a.TIF": b"II*\x00"}))) == ["w.zip: bad_filing"]
    assert shown(read(zipped({}))) == ["w.zip: bad_filing"]


def test_office_documents_are_no_archives_of_filings() -> None:
    results = read(zipped({"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w/>"}))
    assert shown(results) == ["w.zip: unsupported_format"]


def test_a_member_without_a_name_is_read() -> None:
    data = zipped({"a.xml": grant("1")})
    assert shown(read(data.replace(b"a.xml", b"\x00.xml"))) == ["US1B2"]
