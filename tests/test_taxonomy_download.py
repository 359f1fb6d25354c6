"""Fetching a file: over a bad network, from a bad server, after a run that was stopped."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from email.utils import formatdate
from pathlib import Path

import flaky_server
import httpx2
import pytest
from cpc_site import BULK, FILES, PADDING, TITLES, Site, title_list, whole
from flaky_server import LONG_AGO, Fault, drops, stalls, status

from taxonomy import download, fetch
from taxonomy.errors import FetchError
from taxonomy.fetch import KINDS

ROOT = Path(__file__).resolve().parent.parent


def test_a_dropped_file_is_gone_on_with(site: Site) -> None:
    site.breaks(drops(100_000), drops(50_000))
    whole(site(), "resumed")
    assert site.ranges == ["", "bytes=100000-", "bytes=150000-"]
    assert sum(site.sent) == len(FILES["titles"][1])
    assert site.waits == [1.0, 2.0]
    etag = site.server.files[TITLES].etag
    assert [asked.if_range for asked in site.server.asked] == ["", etag, etag]


def test_a_run_gives_up_and_the_next_goes_on(site: Site) -> None:
    site.breaks(*[drops(10_000)] * 5)
    with pytest.raises(FetchError, match=r"CPCTitleList203001.zip: .* \(5 tries\); what came is"):
        site()
    assert site.waits == [1.0, 2.0, 4.0, 8.0]
    assert site.part.stat().st_size == 50_000
    whole(site(), "resumed")
    assert site.ranges[-1] == "bytes=50000-"
    assert sum(site.sent) == len(FILES["titles"][1])


def test_a_server_without_ranges_sends_the_file_anew(site: Site) -> None:
    site.breaks(drops(100_000), flaky_server.no_ranges)
    whole(site(), "new")
    assert site.ranges == ["", "bytes=100000-"]


@pytest.mark.parametrize("code", [408, 429, 500, 502, 503, 504])
def test_a_server_in_trouble_is_asked_again(site: Site, code: int) -> None:
    site.breaks(status(code), status(code))
    whole(site(), "new")
    assert site.waits == [1.0, 2.0]


def test_trouble_keeps_the_part(site: Site) -> None:
    site.breaks(drops(100_000), status(500))
    whole(site(), "resumed")
    assert site.ranges == ["", "bytes=100000-", "bytes=100000-"]


@pytest.mark.parametrize("code", [206, 400, 401, 403, 451, 501])
def test_an_answer_of_no_use_is_not_asked_again(site: Site, code: int) -> None:
    site.breaks(status(code))
    with pytest.raises(FetchError, match=rf"CPCTitleList203001.zip: answered {code}"):
        site()
    assert len(site.server.asked) == 1


def test_a_part_that_is_longer_than_the_file_begins_anew(site: Site) -> None:
    site.stops_after(50_000)
    with site.part.open("ab") as part:
        part.write(bytes(PADDING * 2))
    whole(site(), "new")
    assert site.ranges[-1] == ""


def test_a_length_that_is_too_long_ends_in_an_error(site: Site) -> None:
    site.breaks(*[flaky_server.tells_length(10)] * 5)
    with pytest.raises(FetchError, match="5 tries"):
        site()
    assert "CPCTitleList203001.zip" not in site.files


def test_a_length_that_is_too_long_once_is_overcome(site: Site) -> None:
    site.breaks(flaky_server.tells_length(10))
    whole(site(), "new")
    assert site.ranges == ["", f"bytes={len(FILES['titles'][1])}-", ""]


def test_a_length_that_is_too_short_is_found(site: Site) -> None:
    site.breaks(flaky_server.tells_length(-10))
    with pytest.raises(FetchError, match="what came is no readable zip"):
        site()
    assert site.files == set()


def test_a_file_may_come_without_its_length(site: Site) -> None:
    told: list[tuple[int, int]] = []
    site.breaks(flaky_server.chunked)
    whole(site(progress=lambda name, done, size: told.append((done, size))), "new")
    assert told[-1] == (len(FILES["titles"][1]), 0)


@pytest.mark.parametrize("validator", ["etag", "modified"])
def test_a_file_that_changed_begins_anew(site: Site, validator: str) -> None:
    old, new = title_list(note="what was published by mistake"), FILES["titles"][1]
    file = site.server.put(TITLES, old)
    if validator == "modified":
        file.etag, file.modified = "", LONG_AGO
    before = file.etag or file.modified
    site.stops_after(100_000)
    file = site.server.put(TITLES, new)
    if validator == "modified":
        file.etag, file.modified = "", "Tue, 07 May 2019 08:00:00 GMT"
    whole(site(), "new")
    assert site.server.asked[-1].if_range == before
    assert site.ranges[-1] == "bytes=100000-"


def test_a_last_modified_alone_is_gone_on_with(site: Site) -> None:
    site.server.files[TITLES].etag = ""
    site.server.files[TITLES].modified = LONG_AGO
    site.breaks(drops(100_000))
    whole(site(), "resumed")
    assert site.server.asked[-1].if_range == LONG_AGO


def test_two_concordances_are_not_mixed(site: Site) -> None:
    path, data = FILES["concordance"]
    new = data + b"A01B1/02\tA01B1/02\r\n" * 200
    site.server.put(path, new.replace(b"IPC", b"ipc").replace(b"/02", b"/04"))
    site.breaks(*[drops(500)] * 5, path=path)
    with pytest.raises(FetchError):
        site("concordance")
    site.server.put(path, new)  # as long as the old one, and text that holds no checksum
    site.breaks(flaky_server.blind_range, path=path)
    got = site("concordance")
    assert (got[0].state, got[0].path.read_bytes()) == ("new", new)
    assert site.ranges[-2:] == ["bytes=2500-", ""]


@pytest.mark.parametrize("fault", [flaky_server.other_size, flaky_server.other_range])
def test_another_rest_is_not_taken_for_the_one_asked_for(site: Site, fault: Fault) -> None:
    path, data = FILES["concordance"]
    site.server.put(path, data * 200)
    site.breaks(drops(500), fault, path=path)
    assert site("concordance")[0].path.read_bytes() == data * 200
    assert site.ranges == ["", "bytes=500-", ""]


NOW = formatdate(usegmt=True)


@pytest.mark.parametrize(
    ("etag", "modified"),
    [("", ""), ('W/"weak"', ""), ('W/"weak"', LONG_AGO), ("", NOW), ("", "some day")],
    ids=["none", "weak", "weak, with a date", "of this second", "no date"],
)
def test_without_a_strong_validator_a_file_begins_anew(
    site: Site, etag: str, modified: str
) -> None:
    file = site.server.files[TITLES]
    file.etag, file.modified, file.date = etag, modified, NOW
    site.breaks(drops(100_000))
    whole(site(), "new")
    assert site.ranges == ["", ""]


def test_a_part_of_another_address_is_not_gone_on_with(site: Site) -> None:
    site.stops_after(100_000)
    site.server.put("/mirror/CPCTitleList203001.zip", FILES["titles"][1])
    whole(site(base=site.server.address + "/mirror"), "new")
    assert site.ranges[-1] == ""


def test_a_part_that_was_damaged_is_thrown_away(site: Site) -> None:
    site.stops_after(100_000)
    data = bytearray(site.part.read_bytes())
    data[50_000:50_010] = bytes(10)
    site.part.write_bytes(data)
    whole(site(), "new")
    assert site.ranges[-2:] == ["bytes=100000-", ""]
    assert site.waits == [1.0]


@pytest.mark.parametrize("note", [b"", b"{", b"[]", b'{"url": 1}', b"\xff\xff"])
def test_a_broken_note_begins_anew(site: Site, note: bytes) -> None:
    site.stops_after(100_000)
    site.part.with_name(f"{site.part.name}.json").write_bytes(note)
    whole(site(), "new")


def test_a_note_without_its_part_begins_anew(site: Site) -> None:
    site.stops_after(100_000)
    site.part.unlink()
    whole(site(), "new")


def test_a_server_that_never_answers_is_given_up(site: Site) -> None:
    site.breaks(*[flaky_server.silent] * 5)
    with pytest.raises(FetchError, match=r"CPCTitleList203001.zip: .*timed out.*\(5 tries\)"):
        site(timeout_s=0.1)


def test_a_server_that_falls_silent_is_asked_for_the_rest(site: Site) -> None:
    site.breaks(stalls(100_000))
    whole(site(timeout_s=1.0), "resumed")
    assert site.ranges == ["", "bytes=100000-"]


def test_a_server_that_is_not_there_is_named(site: Site) -> None:
    with pytest.raises(
        FetchError, match=r"http://127.0.0.1:9/bulk/CPCTitleList203001.zip: .*tries"
    ):
        site(base="http://127.0.0.1:9/bulk")


def test_a_redirect_is_followed_with_the_range(site: Site) -> None:
    site.server.put("/elsewhere/t.zip", FILES["titles"][1])
    site.breaks(*[flaky_server.moved("/elsewhere/t.zip")] * 2)
    site.breaks(drops(100_000), path="/elsewhere/t.zip")
    whole(site(), "resumed")
    assert [(asked.path, asked.range) for asked in site.server.asked] == [
        (TITLES, ""), ("/elsewhere/t.zip", ""),
        (TITLES, "bytes=100000-"), ("/elsewhere/t.zip", "bytes=100000-"),
    ]  # fmt: skip


def test_a_circle_of_redirects_is_left(site: Site) -> None:
    site.breaks(*[flaky_server.moved(TITLES)] * 20)
    with pytest.raises(FetchError, match="redirects"):
        site()
    assert len(site.server.asked) == 6


def test_a_redirect_away_from_https_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.scheme == "https":
            return httpx2.Response(302, headers={"Location": "http://cpc.example/t.zip"})
        return httpx2.Response(200, content=FILES["titles"][1])

    transport = httpx2.MockTransport(answer)
    monkeypatch.setattr(
        fetch, "client", lambda _: httpx2.Client(transport=transport, follow_redirects=True)
    )
    with pytest.raises(
        FetchError, match="was sent on to http://cpc.example/t.zip, away from https"
    ):
        site(base="https://cpc.example/bulk/")
    assert site.files == set()


@pytest.mark.parametrize("kind", ["concordance", "titles"])
def test_an_endless_file_is_left(site: Site, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "LARGEST_DOWNLOAD", 20)
    site.breaks(flaky_server.chunked, path=FILES[kind][0])
    with pytest.raises(FetchError, match=r"\.(txt|zip) is over 0 MiB"):
        site(kind)
    assert site.files == set()


STOPPED = """
import sys
from pathlib import Path
from taxonomy.fetch import fetch
fetch("2030.01", Path(sys.argv[1]), base=sys.argv[2], kinds=["titles"])
"""


def test_a_killed_run_is_gone_on_with_by_the_next(site: Site) -> None:
    site.breaks(stalls(200_000))
    command = [sys.executable, "-c", STOPPED, str(site.folder), site.server.address + BULK]
    run = subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)})
    deadline = time.monotonic() + 60
    while not (site.part.is_file() and site.part.stat().st_size == 200_000):
        assert run.poll() is None, "the run ended by itself"
        assert time.monotonic() < deadline
        time.sleep(0.01)
    run.send_signal(signal.SIGKILL)
    assert run.wait() == -signal.SIGKILL
    whole(site(), "resumed")
    assert site.ranges == ["", "bytes=200000-"]
    assert site.sent == [200_000, len(FILES["titles"][1]) - 200_000]


@pytest.mark.parametrize("after", [1, len(FILES["titles"][1])])
def test_a_run_stopped_by_ctrl_c_is_gone_on_with_by_the_next(site: Site, after: int) -> None:
    def stop(name: str, done: int, size: int) -> None:
        if done >= after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        site(progress=stop)
    had = site.part.stat().st_size
    assert 0 < had <= len(FILES["titles"][1])
    whole(site(), "resumed")
    rest = [] if had == len(FILES["titles"][1]) else [f"bytes={had}-"]
    assert site.ranges == ["", *rest]


def test_progress_is_told_up_to_the_end(site: Site) -> None:
    told: list[tuple[str, int, int]] = []
    site.breaks(drops(100_000))
    site(progress=lambda *step: told.append(step))
    size = len(FILES["titles"][1])
    assert {(name, all_) for name, _, all_ in told} == {("CPCTitleList203001.zip", size)}
    done = [d for _, d, _ in told]
    assert done == sorted(set(done))
    assert 100_000 in done
    assert done[-1] == size


def test_a_place_that_is_taken_is_named(site: Site) -> None:
    (site.folder / "CPCTitleList203001.zip").mkdir(parents=True)
    with pytest.raises(FetchError, match=r"CPCTitleList203001.zip cannot be written: .*directory"):
        site()


def test_a_request_holds_an_address_and_nothing_of_its_own(site: Site) -> None:
    site.breaks(drops(100_000))
    site(*KINDS)
    sent = {name: value for asked in site.server.asked for name, value in asked.headers.items()}
    assert sent.keys() == {
        "host", "accept", "accept-encoding", "connection", "user-agent", "range", "if-range",
    }  # fmt: skip
    assert sent["user-agent"] == "cpc-classifier"
    assert sent["accept-encoding"] == "identity"
    assert {asked.method for asked in site.server.asked} == {"GET"}


def test_the_proxy_of_the_environment_is_used(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", site.server.address)
    whole(site(base="http://cpc.example/cpc/bulk/"), "new")
    assert [asked.path for asked in site.server.asked] == ["http://cpc.example" + TITLES]


def test_a_bad_proxy_of_the_environment_is_named(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", "gopher://proxy.example")
    with pytest.raises(FetchError, match="proxy or the certificates .* cannot be used: .*gopher"):
        site()


def test_the_note_says_what_the_part_is_of(site: Site) -> None:
    site.stops_after(100_000)
    note = json.loads(site.part.with_name(f"{site.part.name}.json").read_text())
    assert note == {
        "url": site.server.address + TITLES,
        "validator": site.server.files[TITLES].etag,
        "size": len(FILES["titles"][1]),
    }
