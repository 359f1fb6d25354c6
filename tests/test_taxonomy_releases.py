"""Releases on this machine: import, list, load, and the packaged structure."""

from __future__ import annotations

from pathlib import Path

import pytest
from mini_scheme import write_title_list

from taxonomy import releases
from taxonomy.errors import ReleaseFileError, SnapshotError, UnknownReleaseError


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of its own, which does not exist yet."""
    folder = tmp_path / "data" / "cpc"
    monkeypatch.setenv("CPC_HOME", str(folder))
    return folder


def title_list(tmp_path: Path, date: str) -> Path:
    folder = tmp_path / date
    folder.mkdir()
    return write_title_list(folder, date)


def kept(home: Path) -> list[str]:
    return sorted(file.name for file in (home / "releases").iterdir())


def test_home_is_named_by_the_environment(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert releases.home() == home
    monkeypatch.setenv("CPC_HOME", "~/elsewhere")
    assert releases.home() == Path.home() / "elsewhere"
    monkeypatch.setenv("CPC_HOME", "")
    assert releases.home() == Path.home() / ".local" / "share" / "cpc-classifier"


def test_without_an_import_there_is_the_packaged_structure(home: Path) -> None:
    assert releases.imported() == []
    assert releases.load() is releases.packaged()
    assert not home.exists()


def test_an_imported_release_is_kept(home: Path, mini_title_list: Path) -> None:
    taxonomy = releases.import_release([mini_title_list]).taxonomy
    assert taxonomy.release == "2030.01"
    assert releases.imported() == ["2030.01"]
    assert releases.load("2030.01").symbols == releases.load().symbols == taxonomy.symbols
    assert kept(home) == ["2030.01.details", "2030.01.index", "2030.01.snapshot"]


def test_the_newest_is_the_default(tmp_path: Path) -> None:
    for date in ("20300501", "20290801", "20300101"):
        releases.import_release([title_list(tmp_path, date)])
    assert releases.imported() == ["2029.08", "2030.01", "2030.05"]
    assert releases.load().release == "2030.05"
    assert releases.load("2029.08").release == "2029.08"


def test_a_second_import_takes_the_place_of_the_first(home: Path, mini_title_list: Path) -> None:
    releases.import_release([mini_title_list])
    file = mini_title_list / "cpc-section-B_20300101.txt"
    file.write_bytes(file.read_bytes() + b"B01\t\tA class that came later\r\n")
    releases.import_release([mini_title_list])
    assert "B01" in releases.load("2030.01")
    assert len(kept(home)) == 3


def test_a_failed_import_leaves_what_was_there(home: Path, mini_title_list: Path) -> None:
    releases.import_release([mini_title_list])
    file = mini_title_list / "cpc-section-B_20300101.txt"
    file.write_bytes(b"B\tone\tBroken\r\n")
    with pytest.raises(ReleaseFileError, match="line 1"):
        releases.import_release([mini_title_list])
    assert "H01M10/0525" in releases.load("2030.01")
    assert len(kept(home)) == 3


@pytest.mark.parametrize("name", ["2031.01", "2025.05", "../../secret", "x" * 5000])
def test_an_unknown_release_says_what_is_there_and_how_to_import(
    mini_title_list: Path, name: str
) -> None:
    with pytest.raises(UnknownReleaseError, match=r"imported: none\); import it with: cpc taxon"):
        releases.load(name)
    releases.import_release([mini_title_list])
    with pytest.raises(UnknownReleaseError, match=r"imported: 2030\.01\)") as caught:
        releases.load(name)
    assert caught.value.code == "unknown_release"
    assert len(caught.value.message) < 300


def test_a_damaged_snapshot_says_how_to_import(home: Path, mini_title_list: Path) -> None:
    releases.import_release([mini_title_list])
    snapshot = home / "releases" / "2030.01.snapshot"
    snapshot.write_bytes(snapshot.read_bytes()[:-1])
    with pytest.raises(SnapshotError, match=r"damaged .*; import the release again"):
        releases.load()


def test_other_files_in_the_data_folder_do_not_matter(home: Path, mini_title_list: Path) -> None:
    releases.import_release([mini_title_list])
    for name in ("notes.txt", ".2031.01.snapshot.abc.part", "2031.1.snapshot"):
        (home / "releases" / name).write_text("")
    assert releases.imported() == ["2030.01"]


def test_a_data_folder_that_cannot_be_made_is_named(home: Path, mini_title_list: Path) -> None:
    home.parent.mkdir()
    home.write_text("a file where a folder should be")
    with pytest.raises(SnapshotError, match=r"cannot be made .*CPC_HOME"):
        releases.import_release([mini_title_list])


def test_the_details_of_a_release(mini_title_list: Path) -> None:
    assert releases.details("2030.01") is None
    assert releases.statements("2030.01") == {}
    releases.import_release([mini_title_list])
    details = releases.details("2030.01")
    assert details is not None
    assert details.missing() == ()
    assert releases.statements("2030.01") == {}


def test_a_relative_home_is_possible(
    mini_title_list: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CPC_HOME", "here")
    releases.import_release([mini_title_list])
    assert releases.details("2030.01") is not None
