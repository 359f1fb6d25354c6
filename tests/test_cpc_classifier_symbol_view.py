"""What is told about a symbol, with and without an imported release."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from cpc_classifier.symbol_view import all_labels, labels_of, search_view, symbol_view
from taxonomy import releases
from taxonomy.details import write_details
from taxonomy.errors import BadSymbolError, UnknownSymbolError
from taxonomy.release import Release
from taxonomy.transfer import WARNING, Transfer
from taxonomy.validity import Period, Validity


@pytest.fixture
def imported(mini_title_list: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Release:
    """The mini scheme as an imported release, without anything but its titles."""
    monkeypatch.setenv("CPC_HOME", str(tmp_path / "home"))
    return releases.import_release([mini_title_list])


def kept(release: Release) -> None:
    """Takes the place of the details that were imported."""
    name = release.taxonomy.release
    write_details(release, releases.home() / "releases" / f"{name}.details")


def test_a_symbol_of_the_packaged_structure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CPC_HOME", str(tmp_path))
    view = symbol_view(releases.load(), "h01m 10/00")
    assert (view["symbol"], view["rank"], view["release"]) == ("H01M10/00", "main-group", "2025.05")
    assert [step["symbol"] for step in view["path"]] == ["H", "H01", "H01M"]
    assert (view["indexing"], view["additional_only"], view["labels"]) == (False, False, {})
    assert "notes" not in view


def test_flags_are_words(imported: Release) -> None:
    assert symbol_view(imported.taxonomy, "A01B")["flags"] == ["not-allocatable"]
    view = symbol_view(imported.taxonomy, "A01B2001/045")
    assert (view["indexing"], view["additional_only"]) == (True, True)
    assert "additional-only" in view["flags"]


def test_an_imported_release_tells_more(imported: Release) -> None:
    validity = Validity((Period(date(2013, 1, 1), date(2015, 6, 30)), Period(date(2020, 1, 1))))
    kept(replace(imported, ipc={"H01M10/00": "H01M10/00"}, validity={"H01M10/00": validity}))
    view = symbol_view(imported.taxonomy, "H01M10/00")
    assert view["ipc"] == "H01M10/00"
    assert view["validity"] == [
        {"start": "2013-01-01", "end": "2015-06-30"},
        {"start": "2020-01-01", "end": ""},
    ]
    assert json.loads(json.dumps(view)) == view


def test_a_symbol_that_is_gone_tells_where_it_went(imported: Release) -> None:
    gone = [f"H01M{10 + 2 * i}/00" for i in range(13)]
    transfers = tuple(Transfer("H01M99/00", target, WARNING, 1.0) for target in gone)
    kept(replace(imported, transfers=transfers))
    with pytest.raises(UnknownSymbolError) as caught:
        symbol_view(imported.taxonomy, "H01M 99/00")
    assert "H01M99/00 is not in release 2030.01" in caught.value.message
    assert f"its documents went to {', '.join(gone[:10])} and 3 others" in caught.value.message


def test_an_unknown_symbol_and_a_text_that_is_none(imported: Release) -> None:
    with pytest.raises(
        UnknownSymbolError, match=r"H01M98/00 is not in release 2030.01 .*subgroup\)$"
    ):
        symbol_view(imported.taxonomy, "H01M98/00")
    with pytest.raises(BadSymbolError, match="lithium"):
        symbol_view(imported.taxonomy, "lithium")


def test_a_search_gives_symbols_with_rank_and_title(imported: Release) -> None:
    found = search_view(imported.taxonomy, "litihum-ion", 2)
    assert len(found) == 1
    assert set(found[0]) == {"symbol", "rank", "title"}
    assert found[0]["symbol"] == "H01M10/0525"


def test_labels_are_of_two_languages() -> None:
    assert set(labels_of("H01M")) == {"en", "ko"}
    assert labels_of("H01M10/00") == {}
    assert all_labels()["ko"]["H01M"] == labels_of("H01M")["ko"]
