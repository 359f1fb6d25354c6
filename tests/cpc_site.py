"""A CPC site of our own: release 2030.01 in all its kinds, on a server that breaks when told to."""

from __future__ import annotations

import hashlib
import io
import random
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import flaky_server
import pytest
from flaky_server import Fault, Server, drops
from mini_scheme import rows

from taxonomy.errors import FetchError
from taxonomy.fetch import Fetched, fetch

BULK = "/cpc/bulk/"
TITLES = BULK + "CPCTitleList203001.zip"
PADDING = 300_000
"""Bytes that do not shrink, so that a file comes in more than one piece."""


def packed(files: dict[str, bytes], padding: int = PADDING) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
        archive.writestr(
            zipfile.ZipInfo("media/a.png"), random.Random(len(files)).randbytes(padding)
        )
    return stream.getvalue()


def title_list(date: str = "20300101", note: str = "") -> bytes:
    texts: dict[str, str] = {}
    for row in rows():
        texts[row[0][0]] = texts.get(row[0][0], "") + "\t".join(row) + "\r\n"
    files = {f"cpc-section-{s}_{date}.txt": text.encode() for s, text in texts.items()}
    return packed(files | ({"readme.txt": note.encode()} if note else {}))


FILES = {
    "titles": (TITLES, title_list()),
    "scheme": (BULK + "CPCSchemeXML203001.zip", packed({"cpc-scheme-A.xml": b"<class-scheme/>"})),
    "symbols": (BULK + "CPCSymbolList203001.zip", packed({"CPCSymbolList203001.csv": b"SYMBOL"})),
    "validity": (
        BULK + "CPCValidityFile203001.zip",
        packed({"CPCValidityFile203001/CPCValidityFile203001.txt": b"A01B1/00\t20130101\t"}),
    ),
    "definitions": (
        BULK + "FullCPCDefinitionXML203001.zip", packed({"cpc-definition-A01B.xml": b"<d/>"}),
    ),
    "concordance": (
        "/cpc/concordances/cpc-ipc-concordance.txt", b"CPC\tIPC\r\nA01B1/00\tA01B1/00\r\n",
    ),
}  # fmt: skip


@dataclass
class Site:
    """A site with all kinds of release 2030.01, and a folder to fetch them into."""

    server: Server
    folder: Path
    waits: list[float] = field(default_factory=list)

    def __call__(self, *kinds: str, **more: Any) -> list[Fetched]:
        arguments: dict[str, Any] = {
            "base": self.server.address + BULK,
            "sleep": self.waits.append,
        } | more
        return fetch("2030.01", self.folder, kinds=kinds or ("titles",), **arguments)

    def breaks(self, *faults: Fault, path: str = TITLES) -> None:
        self.server.faults[path] = list(faults)

    def stops_after(self, size: int) -> None:
        """A run that gives up and leaves a part of so many bytes."""
        self.breaks(*[drops(size // 5)] * 5)
        with pytest.raises(FetchError, match="5 tries"):
            self()
        self.waits.clear()

    @property
    def sent(self) -> list[int]:
        return [asked.sent for asked in self.server.asked]

    @property
    def ranges(self) -> list[str]:
        return [asked.range for asked in self.server.asked]

    @property
    def files(self) -> set[str]:
        return {p.name for p in self.folder.iterdir() if p.name != ".fetch.lock"}

    @property
    def part(self) -> Path:
        return self.folder / "CPCTitleList203001.zip.part"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.delenv("CPC_BULK_URL", raising=False)
    with flaky_server.flaky_server() as server:
        for path, data in FILES.values():
            server.put(path, data)
        yield Site(server, tmp_path / "2030.01")


def whole(got: list[Fetched], state: str, kind: str = "titles") -> None:
    """One file came whole, with the state."""
    path, data = FILES[kind]
    assert [(f.name, f.state, f.size) for f in got] == [(Path(path).name, state, len(data))]
    assert got[0].path.read_bytes() == data
    assert got[0].sha256 == hashlib.sha256(data).hexdigest()
    assert {p.name for p in got[0].path.parent.iterdir()} == {Path(path).name, ".fetch.lock"}
