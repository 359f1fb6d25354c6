"""`cpc taxonomy fetch` as a user runs it, on a site that drops the connection."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest
from cpc_site import BULK, FILES, TITLES, Site
from flaky_server import drops, stalls, status

from cpc_classifier.cli import main
from taxonomy import download

ROOT = Path(__file__).resolve().parent.parent


def start(site: Site, *words: str | Path, stderr: int = subprocess.PIPE) -> subprocess.Popen[bytes]:
    home = {"CPC_HOME": str(site.folder.parent / "home"), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "cpc_classifier.cli", "taxonomy", "fetch", *map(str, words)]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=stderr,
        env=os.environ | home | {"CPC_BULK_URL": site.server.address + BULK},
    )


def run(site: Site, *words: str | Path) -> tuple[int, list[dict[str, str]], str]:
    """Exit status, what was printed, and what was said on standard error."""
    process = start(site, *words)
    printed, said = process.communicate(timeout=120)
    return process.returncode, [json.loads(line) for line in printed.splitlines()], said.decode()


def test_a_release_comes_through_a_dropped_connection(site: Site) -> None:
    site.breaks(drops(100_000))
    del site.server.files[FILES["validity"][0]]
    code, files, said = run(site, "2030.01")
    assert code == 0
    states = {file["name"]: file["state"] for file in files}
    assert states.pop("CPCValidityFile203001.zip") == "missing"
    assert states.pop("CPCTitleList203001.zip") == "resumed"
    assert set(states.values()) == {"new"}
    assert len(states) == len(FILES) - 2
    assert said == ""  # bars are for terminals
    folder = site.folder.parent / "home" / "downloads" / "203001"
    assert (folder / "CPCTitleList203001.zip").read_bytes() == FILES["titles"][1]
    assert all(Path(file["path"]).parent == folder for file in files)


def test_a_second_run_says_that_all_is_there(site: Site) -> None:
    words = ("203001", "--kind", "titles", "--folder", site.folder)
    assert run(site, *words)[1][0]["state"] == "new"
    asked = len(site.server.asked)
    assert run(site, *words)[1][0]["state"] == "there"
    assert len(site.server.asked) == asked


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("2030.13",), "'2030.13' is no release"),
        (("2031.01",), "see whether release 2031.01 is published"),
        (("2030.01", "--kind", "pictures"), "no kind of file: pictures"),
        (("2030.01", "--base", "nowhere"), "is no address of a bulk folder"),
    ],
)
def test_what_cannot_be_fetched_is_one_sentence(
    site: Site, words: tuple[str, ...], said: str
) -> None:
    code, files, told = run(site, *words)
    assert (code, files) == (1, [])
    assert said in told
    assert told.startswith("cpc: ")
    assert len(told.splitlines()) == 1


def test_a_site_that_refuses_is_named(site: Site) -> None:
    site.breaks(status(403))
    code, files, told = run(site, "2030.01", "--kind", "titles")
    assert (code, files) == (1, [])
    assert told == f"cpc: {site.server.address + TITLES}: answered 403 Forbidden\n"


def test_a_site_that_is_not_there_is_named(
    site: Site, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(download, "WAITS_S", (0.01,) * 4)  # the real ones take 15 s
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # `main` sets its own
    words = ["2030.01", "--folder", str(site.folder), "--base", "http://127.0.0.1:9/bulk"]
    with pytest.raises(SystemExit) as ended:
        main(["taxonomy", "fetch", *words])
    printed, told = capfd.readouterr()
    assert (ended.value.code, printed) == (1, "")
    assert told.startswith("cpc: http://127.0.0.1:9/bulk/CPCTitleList203001.zip: ")
    assert told.endswith("(5 tries); what came is kept, run it again to go on\n")
    assert told.count("\n") == 1


def test_on_a_terminal_there_is_a_bar_and_results_stay_apart(site: Site) -> None:
    site.breaks(drops(100_000))
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 100))
    process = start(site, "2030.01", "--kind", "titles", stderr=theirs)
    os.close(theirs)
    printed, _ = process.communicate(timeout=120)
    shown = os.read(ours, 100_000).decode()
    os.close(ours)
    assert process.returncode == 0
    assert [json.loads(line)["state"] for line in printed.splitlines()] == ["resumed"]
    assert "CPCTitleList203001.zip: 100%" in shown


def test_ctrl_c_keeps_what_came(site: Site) -> None:
    site.breaks(stalls(200_000))
    words = ("2030.01", "--kind", "titles", "--folder", site.folder)
    process = start(site, *words)
    deadline = time.monotonic() + 60
    while not (site.part.is_file() and site.part.stat().st_size == 200_000):
        assert process.poll() is None, "the run ended by itself"
        assert time.monotonic() < deadline
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    printed, said = process.communicate(timeout=60)
    assert (process.returncode, printed) == (130, b"")
    assert said.decode().strip() == "cpc: stopped."
    assert run(site, *words)[1][0]["state"] == "resumed"
