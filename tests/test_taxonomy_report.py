"""The page of a difference: well-formed, escaped, whole, and nothing is loaded or run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from mini_scheme import later_scheme
from official import title_list

from taxonomy.diff import KINDS, TaxonomyDiff, compare
from taxonomy.flags import Flag
from taxonomy.report import report
from taxonomy.tree import SchemeEntry, Taxonomy

VOID = {"meta"}


class Page(HTMLParser):
    """A page as a list of elements, which must be nested as HTML has it.

    Attributes:
        elements: tag, attributes and the text directly in it, in the order of their ends.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None], str]] = []
        self._open: list[tuple[str, dict[str, str | None], str]] = []
        self.feed(text)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs)
        if tag in VOID:
            self.elements.append((tag, dict(attrs), ""))
        else:
            self._open.append((tag, dict(attrs), ""))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs), ""))

    def handle_endtag(self, tag: str) -> None:
        assert self._open[-1][0] == tag
        self.elements.append(self._open.pop())

    def handle_data(self, data: str) -> None:
        if self._open:
            tag, attributes, text = self._open.pop()
            self._open.append((tag, attributes, text + data))

    def texts(self, tag: str) -> list[str]:
        return [text for name, _, text in self.elements if name == tag]


def table(page: Page) -> Iterator[list[str]]:
    """The cells of all tables, row by row."""
    row: list[str] = []
    for tag, _, text in page.elements:
        if tag in ("td", "th"):
            row.append(text)
        elif tag == "tr":
            yield row
            row = []


@pytest.fixture(scope="module")
def diff(mini_scheme: Taxonomy) -> TaxonomyDiff:
    return compare(mini_scheme, later_scheme())


def test_the_page_is_well_formed_and_says_what_it_compares(diff: TaxonomyDiff) -> None:
    text = report(diff)
    page = Page(text)
    assert text.startswith("<!doctype html>")
    assert page.texts("h1") == ["CPC 2030.01 to 2030.08"]
    assert {"html", "head", "body", "style", "svg"} <= {tag for tag, _, _ in page.elements}


def test_every_kind_is_counted(diff: TaxonomyDiff) -> None:
    rows = {row[0]: row for row in table(Page(report(diff))) if row[0] in KINDS}
    assert {kind: int(row[1]) for kind, row in rows.items()} == {
        kind: diff.counts()[kind] for kind in KINDS
    }
    assert "1 of them in more than" in rows["retitled"][2]


def test_every_change_of_symbols_places_and_words_is_listed(diff: TaxonomyDiff) -> None:
    page = Page(report(diff))
    assert set(page.texts("code")) == {*diff.added, *diff.deleted}
    rows = list(table(page))
    for change in (*diff.moved, *diff.redotted):
        assert [change.symbol, str(change.old), str(change.new)] in rows
    assert ["H04L9/08", "Handing over keys", "Handing over or sharing keys"] in rows
    assert page.texts("summary") == [
        "All places with changes", "Moved: 2", "Other dots: 1", "Worded differently: 1",
        "Added: 4", "Deleted: 3",
    ]  # fmt: skip


def test_each_place_with_changes_has_a_row_and_each_subclass_a_box(diff: TaxonomyDiff) -> None:
    page = Page(report(diff))
    rows = {row[0]: row[1:] for row in table(page) if row[0] in diff.by_subclass()}
    assert rows["A01B"] == ["13", "14", "2", "1", "1", "1", "0", "0"]
    assert rows["C07"] == ["", "", "1", "0", "0", "0", "0", "0"]
    boxes = [text.split(":")[0] for text in page.texts("title") if " changes, " in text]
    assert boxes == list(diff.sizes)
    assert "A01B: 5 changes, 14 symbols" in page.texts("title")


def test_a_box_is_as_dark_as_the_share_of_its_changes(mini_scheme: Taxonomy) -> None:
    found = compare(mini_scheme, later_scheme())
    shades = re.findall(r"<title>(\w{4}): \d+ changes.*?fill=\"(#\w+)\"", report(found))
    assert dict(shades) == {
        "A01B": "#08519c",  # 5 of 14
        "A01K": "#f2f2f0",
        "A61B": "#08519c",  # 2 of 6
        "C07B": "#08224f",  # it is new
        "H01M": "#4292c6",  # 3 of 17
        "H04L": "#08519c",  # 1 of 4
        "Y02E": "#f2f2f0",
    }


def test_one_change_in_a_very_large_subclass_is_seen() -> None:
    entries = [SchemeEntry(s, -1, "x") for s in ("A", "A01", "A01B")]
    entries += [
        SchemeEntry(f"A01B{n}/{m:02}", int(m > 0), "x") for n in range(1, 151) for m in range(90)
    ]
    old, new = (Taxonomy.from_entries("2030.01", entries[:end]) for end in (-1, None))
    assert 'fill="#d6e6f2"' in report(compare(old, new))


def test_titles_symbols_and_releases_are_escaped() -> None:
    title = "<script>alert(1)</script> & \"fork\" 'lift'"
    symbols = ["<A", "<A&", "<A&>", "<A&>1/00"]
    old, new = (
        Taxonomy(
            release,
            symbols,
            [-1, 0, 1, 2],
            [0, 1, 2, 3],
            ["w", "x", "y", words],
            [1, 1, 1, flag],
        )
        for release, words, flag in (("<b>", "z", 1), ("&amp;", title, 0))
    )
    text = report(compare(old, new))
    page = Page(text)
    assert "<script" not in text
    assert page.texts("h1") == ["CPC <b> to &amp;"]
    assert ["<A&>1/00", "z", title] in list(table(page))
    assert "<A&>: 2 changes, 2 symbols" in page.texts("title")
    assert "<A&>" in page.texts("text")


def test_changed_flags_and_places_not_compared_are_told(mini_scheme: Taxonomy) -> None:
    flags = mini_scheme.flags.copy()
    flags[mini_scheme.row("A01B1/00")] |= int(Flag.NOT_ALLOCATABLE)
    tree = mini_scheme
    new = Taxonomy("2030.05", tree.symbols, tree.parent_rows, tree.ranks, tree.titles, flags)
    page = Page(report(compare(mini_scheme, new)))
    assert ["A01B1/00", "none", "not-allocatable"] in list(table(page))
    assert "Other flags: 1" in page.texts("summary")
    rows = [r for r, s in enumerate(tree.symbols) if not s.startswith("H04L9/")]
    lacking = Taxonomy.from_entries(
        "2030.05",
        [SchemeEntry(tree.symbols[r], max(int(tree.depths[r]) - 3, -1), "x") for r in rows],
    )
    told = Page(report(compare(mini_scheme, lacking))).texts("p")
    assert "Not compared, because one release lacks their groups: H04L." in told


def test_nothing_is_run_or_loaded(diff: TaxonomyDiff) -> None:
    text = report(diff)
    for tag, attributes, inside in Page(text).elements:
        assert tag not in {"script", "link", "img", "iframe", "object", "embed", "base", "image"}
        for name, value in attributes.items():
            assert not name.startswith("on")
            assert name not in {"src", "href", "xlink:href", "srcset", "data", "action"}
            assert "url(" not in (value or "")
        if tag == "style":
            assert "url(" not in inside
            assert "@import" not in inside
    assert "http" not in text


def test_releases_that_do_not_differ_have_a_page(mini_scheme: Taxonomy) -> None:
    page = Page(report(compare(mini_scheme, mini_scheme)))
    assert page.texts("summary") == ["All places with changes"]
    assert {row[1] for row in table(page) if row[0] in KINDS} == {"0"}
    empty = Taxonomy.from_entries("2030.01", [])
    assert Page(report(compare(empty, empty))).texts("h1") == ["CPC 2030.01 to 2030.01"]


@pytest.mark.shared
def test_the_page_of_two_official_releases_is_well_formed(shared: Path, official: Taxonomy) -> None:
    found = compare(title_list(shared, "2022.08"), official)
    page = Page(report(found))
    assert set(page.texts("code")) == {*found.added, *found.deleted}
    assert len(page.texts("details")) == 6
    assert sum(" changes, " in text for text in page.texts("title")) == len(found.sizes)
