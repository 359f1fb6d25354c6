"""Several official files of one release: what is believed, and what they disagree about."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from taxonomy.assemble import SchemeEntry
from taxonomy.definition import Definition
from taxonomy.errors import ReleaseFileError
from taxonomy.flags import Flag
from taxonomy.release import Disagreement, Parts, disagreements, merge
from taxonomy.scheme import CPC_ONLY, Note, Scheme
from taxonomy.tree import Taxonomy
from taxonomy.validity import Period, Validity

ENTRIES = [
    SchemeEntry("H", -1, "Electricity"),
    SchemeEntry("H01", -1, "Electric parts"),
    SchemeEntry("H01M", -1, "Cells"),
    SchemeEntry("H01M4/00", 0, "Electrodes"),
    SchemeEntry("H01M4/02", 1, "Active ones (H01M10/00)"),
    SchemeEntry("H01M10/00", 0, "Rechargeable cells"),
    SchemeEntry("H01M10/05", 1, "Dry ones"),
]
TREE = Taxonomy.from_entries("2030.01", ENTRIES)


def other(
    *changed: SchemeEntry, without: tuple[str, ...] = (), release: str = "2030.01"
) -> Taxonomy:
    """The tree with some rows changed, or left out."""
    by_symbol = {entry.symbol: entry for entry in changed}
    kept = [by_symbol.get(e.symbol, e) for e in ENTRIES if e.symbol not in without]
    return Taxonomy.from_entries(release, kept)


def scheme(tree: Taxonomy = TREE, ipc: dict[str, str] | None = None) -> Scheme:
    return Scheme(
        tree,
        np.full(len(tree), 20290801, np.int32),
        tuple((ipc or {}).get(symbol, "") for symbol in tree.symbols),
        {"H01M4/00": (Note("note", "", "Looked at last.", ()),)},
        {"H01M4/02": ("H01M10/00",)},
        (),
    )


def definition(symbol: str) -> Definition:
    return Definition(symbol, "", "What it covers.", "What it covers.", "", (), "", (), ())


def kinds(parts: Parts) -> list[tuple[str, str]]:
    return [(one.kind, one.symbol) for one in disagreements(parts)]


def test_titles_are_those_of_the_title_list_and_flags_those_of_the_scheme() -> None:
    flags = np.array(TREE.flags)
    flags[TREE.row("H01M10/05")] = Flag.FROZEN
    flagged = Taxonomy("2030.01", TREE.symbols, TREE.parent_rows, TREE.ranks, TREE.titles, flags)
    titled = other(SchemeEntry("H01M10/05", 1, "Dry cells"))
    merged = merge(Parts(titles=titled, scheme=scheme(flagged)))
    assert merged.taxonomy.title("H01M10/05") == "Dry cells"
    assert merged.taxonomy.flag("H01M10/05") == Flag.FROZEN
    assert merged.taxonomy.flag("H01M") == Flag.NOT_ALLOCATABLE


def test_a_symbol_that_the_scheme_lacks_keeps_what_follows_from_itself() -> None:
    part = scheme(other(without=("H01M10/00", "H01M10/05")))
    merged = merge(Parts(titles=TREE, scheme=part))
    assert merged.taxonomy.symbols == TREE.symbols
    assert merged.taxonomy.flag("H01M10/00") == TREE.flag("H01M10/00")


def test_the_scheme_alone_makes_a_release() -> None:
    merged = merge(Parts(scheme=replace(scheme(ipc={"H01M4/00": "H01M4/00"}), missing=("a.xml",))))
    assert merged.taxonomy.titles[3] == "Electrodes"
    assert merged.ipc == {"H01M4/00": "H01M4/00"}
    assert merged.revised["H01M4/00"] == 20290801
    assert merged.missing == ("a.xml",)
    assert merged.notes["H01M4/00"][0].text == "Looked at last."


def test_the_scheme_is_believed_before_the_concordance() -> None:
    parts = Parts(
        scheme=scheme(ipc={"H01M4/00": "H01M4/00"}),
        concordance={"H01M4/00": CPC_ONLY, "H01M4/02": "H01M4/02"},
    )
    assert merge(parts).ipc == {"H01M4/00": "H01M4/00", "H01M4/02": "H01M4/02"}
    assert kinds(parts) == [("ipc", "H01M4/00")]


def test_the_symbol_list_tells_what_the_scheme_leaves_open() -> None:
    listed = {"H01M4/00": 20280101, "H01M4/99": 20270101}
    assert merge(Parts(titles=TREE, revised=listed)).revised == listed
    merged = merge(Parts(scheme=scheme(), revised=listed)).revised
    assert (merged["H01M4/00"], merged["H01M4/99"]) == (20290801, 20270101)


def test_days_of_revision_that_differ_are_a_disagreement() -> None:
    told = {"H01M4/00": 20280101, "H01M4/02": 20290801, "H01M4/99": 20270101}
    assert list(disagreements(Parts(scheme=scheme(), revised=told))) == [
        Disagreement("revised", "H01M4/00", ("scheme", "symbol list"), ("20290801", "20280101"))
    ]
    silent = replace(scheme(), revised=np.zeros(len(TREE), np.int32))
    assert kinds(Parts(scheme=silent, revised=told)) == []
    assert merge(Parts(scheme=silent, revised=told)).revised == told
    assert kinds(Parts(titles=TREE, revised=told)) == []


def test_without_a_tree_there_is_no_release() -> None:
    with pytest.raises(ReleaseFileError, match=r"no tree; give CPCTitleListYYYYMM\.zip"):
        merge(Parts(definitions={"H01M": definition("H01M")}))


@pytest.mark.parametrize("use", [merge, lambda parts: list(disagreements(parts))])
def test_files_of_different_releases_are_told_apart(use: object) -> None:
    parts = Parts(titles=TREE, scheme=scheme(other(release="2029.08")))
    with pytest.raises(
        ReleaseFileError, match=r"title list is of 2030\.01, .*scheme is of 2029\.08"
    ):
        use(parts)  # type: ignore[operator]


def test_files_that_agree() -> None:
    parts = Parts(TREE, scheme(), TREE, definitions={"H01M": definition("H01M")})
    assert kinds(parts) == []


def test_what_files_disagree_about() -> None:
    changed = other(
        SchemeEntry("H01M4/02", 1, "Active ones (H01M10/05)"),
        SchemeEntry("H01M10/00", 0, "Cells for charging"),
        without=("H01M10/05",),
    )
    parts = Parts(
        TREE,
        scheme(changed),
        definitions={"H01M99/00": definition("H01M99/00")},
        concordance={"H01M98/00": CPC_ONLY},
    )
    assert list(disagreements(parts)) == [
        Disagreement("only-in", "H01M10/05", ("title list", "scheme"), ("H01M10/05", "")),
        Disagreement(
            "title",
            "H01M4/02",
            ("title list", "scheme"),
            ("Active ones (H01M10/00)", "Active ones (H01M10/05)"),
        ),
        Disagreement(
            "wording",
            "H01M10/00",
            ("title list", "scheme"),
            ("Rechargeable cells", "Cells for charging"),
        ),
        Disagreement(
            "undefined-symbol", "H01M99/00", ("title list", "definitions"), ("", "H01M99/00")
        ),
        Disagreement("only-in", "H01M98/00", ("title list", "concordance"), ("", "H01M98/00")),
    ]


def test_another_parent_is_a_disagreement() -> None:
    deeper = Taxonomy.from_entries(
        "2030.01",
        [*ENTRIES, SchemeEntry("H01M10/06", 2, "Small"), SchemeEntry("H01M10/07", 1, "B")],
    )
    flat = Taxonomy.from_entries(
        "2030.01",
        [*ENTRIES, SchemeEntry("H01M10/06", 1, "Small"), SchemeEntry("H01M10/07", 1, "B")],
    )
    found = [d for d in disagreements(Parts(deeper, scheme(flat))) if d.kind == "parent"]
    assert [(d.symbol, d.said) for d in found] == [("H01M10/06", ("H01M10/05", "H01M10/00"))]


def test_flags_of_the_scheme_and_the_symbol_list_are_compared() -> None:
    flags = np.array(TREE.flags)
    flags[TREE.row("H01M4/00")] |= Flag.NOT_ALLOCATABLE
    listed = Taxonomy("2030.01", TREE.symbols, TREE.parent_rows, TREE.ranks, TREE.titles, flags)
    [found] = disagreements(Parts(scheme=scheme(), listed=listed))
    assert (found.kind, found.symbol, found.said) == ("flags", "H01M4/00", ("", "not-allocatable"))


def test_symbols_and_validity_must_fit_on_the_day_of_the_release() -> None:
    since = Validity((Period(date(2013, 1, 1)),))
    over = Validity((Period(date(2013, 1, 1), date(2029, 12, 31)),))
    held = dict.fromkeys(TREE.symbols, since) | {
        "H01M10/05": over,
        "H01M6/00": over,
        "H01M8/00": since,
    }
    assert kinds(Parts(TREE, validity=held)) == [
        ("not-valid", "H01M10/05"),
        ("not-valid", "H01M8/00"),
    ]
