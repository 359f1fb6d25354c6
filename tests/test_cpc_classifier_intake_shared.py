"""Every real file: read whole, or refused for a true reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from cpc_classifier.filing import ClassifiedFiling, Unreadable
from cpc_classifier.intake import SUPPORTED, read_filings

pytestmark = pytest.mark.shared

BROKEN = {
    "grant__US07057742-20060606.XML": "an element is closed by another element's tag",
    "RE045317.xml": "belong to no document",
}
"""Files that are not well-formed XML, and the reason given."""

FOREIGN = {
    "dpma": "DPMAregister",
    "kipris": "KIPRIS",
    "ops": "Open Patent Services",
    "patsnap": "PatSnap",
    "uspto/greenbook": "Green Book",
    "uspto/pap": "PAP",
    "uspto/sgml": "ST.32",
    "uspto/grant__v2-5": "ST.32",
    "uspto/xml4ip": "XML4IP",
}


def _foreign(name: str) -> str:
    return next((words for start, words in FOREIGN.items() if name.startswith(start)), "")


def _files(shared: Path) -> dict[str, Path]:
    folder = shared / "filings"
    found = {
        p.relative_to(folder).as_posix(): p
        for p in sorted(folder.rglob("*"))
        if p.is_file() and not p.name.startswith("README")
    }
    assert len(found) >= 79
    return found


def test_office_files_are_read_whole(shared: Path) -> None:
    for name, path in _files(shared).items():
        if _foreign(name):
            continue
        results = list(read_filings(path))
        filings = [r for r in results if isinstance(r, ClassifiedFiling)]
        errors = [r for r in results if isinstance(r, Unreadable)]
        if reason := BROKEN.get(path.name):
            assert [reason in e.error.message for e in errors] == [True], name
            continue
        assert not errors, (name, errors)
        assert len(filings) == (2 if path.name == "test.xml" else 1), name
        raw = path.read_bytes()
        for found in filings:
            _check(found, raw, name)


def _check(found: ClassifiedFiling, raw: bytes, name: str) -> None:
    filing = found.filing
    assert filing.title, name
    assert filing.language in ("en", "de", "fr"), name
    assert len(filing.filing_date) == len(filing.publication_date) == 10, name
    assert filing.filing_date < filing.publication_date, name
    assert filing.id[:2] in ("US", "EP"), name
    for tag, text in (("abstract", filing.abstract), ("description", filing.description)):
        assert bool(text) == (f"<{tag} ".encode() in raw), (name, tag)
    assert filing.claims.startswith("1") == (b"<claims " in raw), name
    assert bool(found.allocations) == (b"<classifications-cpc" in raw), name
    if filing.id.startswith("US") and found.allocations:
        assert [a.position for a in found.allocations].count("first") == 1, name
    assert all(a.kind and a.position and a.version for a in found.allocations), name
    assert len(found.combinations) == raw.count(b"<combination-set>"), name
    assert [c.number for c in found.combinations] == list(range(1, len(found.combinations) + 1))
    assert all(len(c.members) > 1 for c in found.combinations), name


def test_other_formats_are_refused_with_one_sentence_that_says_what_is_supported(
    shared: Path,
) -> None:
    for name, path in _files(shared).items():
        if words := _foreign(name):
            (found,) = read_filings(path)
            assert isinstance(found, Unreadable), name
            assert found.error.code == "unsupported_format", name
            assert words in found.error.message, name
            assert SUPPORTED in found.error.message, name


def test_a_week_of_all_grants_reads_like_its_documents(shared: Path, tmp_path: Path) -> None:
    paths = [
        p for n, p in _files(shared).items() if n.startswith(("uspto/xml20", "uspto/grant_us"))
    ]
    week = tmp_path / "week.xml"
    week.write_bytes(b"".join(path.read_bytes() for path in paths))
    assert list(read_filings(week)) == [found for path in paths for found in read_filings(path)]
