"""Fetching a release: which files, from where, and what is refused."""

from __future__ import annotations

import ast
import hashlib
from pathlib import Path

import pytest
from cpc_site import BULK, FILES, PADDING, TITLES, Site, packed, title_list, whole
from flaky_server import drops, status

from taxonomy import fetch as module
from taxonomy.errors import FetchError
from taxonomy.fetch import KINDS, Fetched, fetch
from taxonomy.readers.title_list import read_title_list

ROOT = Path(__file__).resolve().parent.parent


def test_all_kinds_are_fetched_in_order(site: Site) -> None:
    got = site(*KINDS)
    assert [asked.path for asked in site.server.asked] == [path for path, _ in FILES.values()]
    assert [(f.name, f.state) for f in got] == [(Path(p).name, "new") for p, _ in FILES.values()]
    assert [f.path.read_bytes() for f in got] == [data for _, data in FILES.values()]
    assert site.files == {f.name for f in got}
    assert site.waits == []
    assert read_title_list(got[0].path).release == "2030.01"


def test_a_release_may_be_written_without_its_dot(site: Site) -> None:
    base = site.server.address + BULK
    whole(fetch("203001", site.folder, base=base, kinds=["titles"]), "new")


@pytest.mark.parametrize(
    "release", ["2025.5", "2025", "2025.13", "2025-05", "20250501", "", "../../x", "２０２５.05"]
)
def test_what_is_no_release_is_refused(site: Site, release: str) -> None:
    with pytest.raises(FetchError, match="is no release; give year and month, such as 2025.05"):
        fetch(release, site.folder, base=site.server.address)
    assert not site.folder.exists()


def test_what_is_no_kind_is_refused(site: Site) -> None:
    with pytest.raises(FetchError, match="no kind of file: pictures; give some of titles, scheme"):
        site("titles", "pictures")
    assert site.server.asked == []


def test_a_second_fetch_asks_for_nothing(site: Site) -> None:
    first = site(*KINDS)
    asked = len(site.server.asked)
    written = [f.path.stat().st_mtime_ns for f in first]
    second = site(*KINDS)
    assert len(site.server.asked) == asked
    assert [f.state for f in second] == ["there"] * len(KINDS)
    assert [(f.name, f.size, f.sha256) for f in second] == [
        (f.name, f.size, f.sha256) for f in first
    ]
    assert [f.path.stat().st_mtime_ns for f in second] == written


def test_a_broken_file_that_is_there_is_fetched_again(site: Site) -> None:
    site.folder.mkdir()
    (site.folder / "CPCTitleList203001.zip").write_bytes(FILES["titles"][1][:-1000])
    whole(site(), "new")


def test_missing_kinds_are_named_and_the_others_come(site: Site) -> None:
    for kind in ("titles", "validity"):
        del site.server.files[FILES[kind][0]]
    got = site(*KINDS)
    states = dict(zip(KINDS, (f.state for f in got), strict=True))
    assert {kind for kind, state in states.items() if state == "missing"} == {"titles", "validity"}
    assert got[0] == Fetched(
        "CPCTitleList203001.zip", site.folder / "CPCTitleList203001.zip", 0, "", "missing"
    )
    assert site.files == {f.name for f in got if f.state == "new"}
    assert site.waits == []


def test_a_release_that_is_not_published_is_an_error(site: Site) -> None:
    del site.server.files[TITLES], site.server.files[FILES["scheme"][0]]
    with pytest.raises(
        FetchError, match=r"/cpc/bulk/ has no CPCTitleList203001.zip, CPCSchemeXML203001.zip; see"
    ):
        site(*KINDS)
    assert len(site.server.asked) == 2
    with pytest.raises(FetchError, match="has no CPCTitleList203001.zip; see"):
        site("titles", "symbols")


def test_other_kinds_alone_must_not_all_be_missing(site: Site) -> None:
    del site.server.files[FILES["validity"][0]]
    assert [f.state for f in site("validity", "symbols")] == ["new", "missing"]
    with pytest.raises(FetchError, match="has no CPCValidityFile203001.zip; see"):
        site("validity")


def test_a_web_page_instead_of_a_zip_is_refused(site: Site) -> None:
    site.breaks(status(200))
    with pytest.raises(FetchError, match="what came is a web page, no file of the CPC"):
        site()
    assert site.files == set()
    assert len(site.server.asked) == 1
    whole(site(), "new")


def bomb() -> bytes:
    return packed({"cpc-section-A_20300101.txt": bytes(3 * 2**20)})


def damaged() -> bytes:
    data = bytearray(title_list())
    data[-PADDING // 2] ^= 1
    return bytes(data)


def test_the_case_of_names_does_not_matter(site: Site) -> None:
    site.server.put(TITLES, packed({"CPC-Section-A_20300101.TXT": b"A"}))
    assert [f.state for f in site()] == ["new"]


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", "no readable zip"),
        (b"PK\x03\x04 and no more", "no readable zip"),
        (title_list()[:-1], "no readable zip"),
        (damaged(), r"damaged in media/a.png"),
        (packed({"readme.txt": b"hello"}), "a zip without any file named like cpc-section-"),
        (title_list("20290801"), "a zip without any file named like cpc-section-.*203001"),
        (bomb(), "a zip of files that are larger than any of the CPC"),
    ],
    ids=["empty", "only a beginning", "cut", "damaged", "other", "other release", "bomb"],
)
def test_a_zip_that_is_not_what_it_should_be_is_refused(
    site: Site, data: bytes, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The real limit, 200 MiB, would take seconds to pack; the check is the same.
    monkeypatch.setattr(module, "LARGEST_FILE", 2**20)
    site.server.put(TITLES, data)
    with pytest.raises(FetchError, match=f"CPCTitleList203001.zip: what came (is|was) {fault}"):
        site()
    assert site.files == set()
    assert len(site.server.asked) == 1


def test_files_that_are_too_large_together_are_refused(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LARGEST_RELEASE", PADDING)
    with pytest.raises(FetchError, match="larger than any of the CPC"):
        site()


@pytest.mark.parametrize(
    ("data", "fault"),
    [
        (b"", "has no row of symbols"),
        (b"We have moved.\r\n", "has no row of symbols"),
        (b"\xef\xbb\xbf\r\n <!DOCTYPE html><p>A01B1/00\tA01B1/00", "is a web page"),
    ],
)
def test_a_concordance_that_is_none_is_refused(site: Site, data: bytes, fault: str) -> None:
    site.server.put(FILES["concordance"][0], data)
    with pytest.raises(FetchError, match=f"cpc-ipc-concordance.txt: what came {fault}"):
        site("concordance")


@pytest.mark.parametrize(
    "row", ["A01B1/00\tA01B1/00", '"A01B   1/00"\t"A01B   1/00"', "H01M2220/20\t\tCPCONLY"]
)
def test_a_concordance_may_spell_symbols_in_any_way(site: Site, row: str) -> None:
    site.server.put(FILES["concordance"][0], f"\ufeffCPC\tIPC\n{row}\n".encode())
    assert [f.state for f in site("concordance")] == ["new"]


def test_two_runs_do_not_work_in_one_folder(site: Site) -> None:
    def second(name: str, done: int, size: int) -> None:
        with pytest.raises(FetchError, match="another fetch is at work in it"):
            site()
        seen.append(done)

    seen: list[int] = []
    whole(site(progress=second), "new")
    assert seen


def test_the_address_comes_from_the_environment_unless_it_is_given(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CPC_BULK_URL", site.server.address + "/cpc/bulk")
    whole(site(base=""), "new")
    monkeypatch.setenv("CPC_BULK_URL", "http://127.0.0.1:9/")
    (site.folder / "CPCTitleList203001.zip").unlink()
    whole(site(), "new")


@pytest.mark.parametrize(
    "base",
    [
        "ftp://cpc.example/bulk/", "file:///etc/", "cpc.example/bulk", "https://", "no address",
        "https://user:secret@cpc.example/", "https://cpc.example/?x=1", "http://[::1", "a\x00b",
    ],
)  # fmt: skip
def test_a_bad_address_is_refused(site: Site, base: str) -> None:
    with pytest.raises(FetchError) as caught:
        site(base=base)
    assert "bulk folder" in caught.value.message
    assert "secret" not in caught.value.message
    assert caught.value.code == "fetch_failed"
    assert not site.folder.exists()


def test_a_folder_that_cannot_be_written_is_named(site: Site) -> None:
    site.folder.write_text("a file")
    with pytest.raises(FetchError, match="2030.01 cannot be written"):
        site()


def test_only_the_fetch_and_the_client_can_ask_the_network() -> None:
    clients = {"aiohttp", "httpx", "httpx2", "requests", "urllib3", "http.client", "urllib.request"}
    found = set()
    for file in (*(ROOT / "taxonomy").rglob("*.py"), *(ROOT / "cpc_classifier").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            else:
                continue
            if any(f"{name}.".startswith(f"{client}.") for name in names for client in clients):
                found.add(file.relative_to(ROOT).as_posix())
    names = ("client", "client_address", "client_async", "client_wire")
    assert found == {"taxonomy/download.py", *(f"cpc_classifier/{name}.py" for name in names)}


@pytest.mark.shared
@pytest.mark.parametrize(
    ("release", "kind", "name"),
    [
        ("2025.05", "titles", "CPCTitleList202505.zip"),
        ("2022.02", "titles", "CPCTitleList202202.zip"),
        ("2021.05", "scheme", "CPCSchemeXML202105.zip"),
        ("2025.05", "definitions", "FullCPCDefinitionXML202505.zip"),
    ],
)
def test_official_files_are_what_they_should_be(
    site: Site, shared: Path, release: str, kind: str, name: str
) -> None:
    data = (shared / "cpc" / name).read_bytes()
    site.server.put(BULK + name, data)
    site.breaks(drops(len(data) // 2), path=BULK + name)
    base = site.server.address + BULK
    got = fetch(release, site.folder, base, [kind], sleep=site.waits.append)
    assert [(f.state, f.sha256) for f in got] == [("resumed", hashlib.sha256(data).hexdigest())]
    assert sum(site.sent) == len(data)
