"""Fetches the official files of a CPC release, going on where an earlier run was stopped.

The only place of the product that goes to the network, and only when a person calls it. A request
holds the address of a public file and, to go on with one, how much of it is there; nothing of a
filing is ever sent, and nothing is reported to anyone.

Sources: names and addresses are those of the CPC site's bulk page
(www.cooperativepatentclassification.org/cpcSchemeAndDefinitions/bulk) as public code that fetches
them has them; the site was not asked. The concordance is of no release: there is the present one
only.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import time
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from taxonomy.download import Download, State, bulk_folder, client
from taxonomy.errors import FetchError
from taxonomy.readers.members import LARGEST_FILE, LARGEST_RELEASE

__all__ = ["KINDS", "OFFICIAL", "Fetched", "fetch"]

OFFICIAL = "https://www.cooperativepatentclassification.org/sites/default/files/cpc/bulk/"
_UNREADABLE = (OSError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError)

# Address from the bulk folder, and what tells that a file is of its kind: a name (without folders)
# in the zip, or a row of what is no zip. YYYYMM stands for the release.
_KINDS = {
    "titles": ("CPCTitleListYYYYMM.zip", r"cpc-section-[A-HY]_YYYYMM[0-9][0-9]\.txt"),
    "scheme": ("CPCSchemeXMLYYYYMM.zip", r"cpc-scheme(-[A-HY].*)?\.xml"),
    "symbols": ("CPCSymbolListYYYYMM.zip", r"CPCSymbolList.*\.csv"),
    "validity": ("CPCValidityFileYYYYMM.zip", r"CPCValidityFile.*\.txt"),
    "definitions": ("FullCPCDefinitionXMLYYYYMM.zip", r"cpc-definition-[A-HY].*\.xml"),
    "concordance": (
        "../concordances/cpc-ipc-concordance.txt",
        r"(?m)^[^\w\n]*[A-HY][0-9][0-9][A-Z] *[0-9]+/[0-9]+[^\n]*\t",
    ),
}
KINDS = tuple(_KINDS)
"""The kinds of files, in the order in which they are fetched."""
_ESSENTIAL = ("titles", "scheme")


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file of a release.

    Attributes:
        name: as it is published.
        path: where it is, or would be.
        size: bytes; 0 if it is missing.
        sha256: in hexadecimal; "" if it is missing.
        state: `new`, `resumed` (it was gone on with), `there` (before this run), or `missing`
            (not published).
    """

    name: str
    path: Path
    size: int
    sha256: str
    state: State


def fetch(
    release: str,
    folder: Path,
    base: str = "",
    kinds: Collection[str] = KINDS,
    progress: Callable[[str, int, int], None] = lambda name, done, size: None,
    *,
    timeout_s: float = 30.0,
    sleep: Callable[[float], None] = time.sleep,
) -> list[Fetched]:
    """Fetches the files of a release that are not there yet, and checks them.

    A file has its name only once it is whole and checked; until then it is `NAME.part`, and
    `NAME.part.json` says what it is a part of. One that is there is checked, and fetched again if
    it is broken.

    Args:
        release: `2025.05` or `202505`.
        folder: for the files of this release alone; made if need be.
        base: address of the bulk folder; "" is `$CPC_BULK_URL`, or `OFFICIAL` if that is not set.
        kinds: of `KINDS`.
        progress: called with a file's name, its bytes so far and all its bytes (0 if not told).
        timeout_s: longest silence of the server, in seconds.
        sleep: waits, in seconds, before another try.

    Returns:
        One for each kind, also for those that are missing.

    Raises:
        FetchError: a wrong argument; a file that could not be had after several tries, or is not
            what it should be; neither titles nor scheme is published (if one was asked for, else
            nothing that was asked for); another run is at work in the folder.
    """
    if not re.fullmatch(r"[0-9]{4}\.?(0[1-9]|1[0-2])", release):
        raise FetchError(f"{release[:40]!r} is no release; give year and month, such as 2025.05")
    digits = release.replace(".", "")
    unknown = [kind for kind in kinds if kind not in _KINDS]
    if unknown or not kinds:
        raise FetchError(f"no kind of file: {', '.join(unknown)}; give some of {', '.join(KINDS)}")
    asked = [kind for kind in KINDS if kind in kinds]
    essential = [kind for kind in asked if kind in _ESSENTIAL] or asked
    bulk = bulk_folder(base or os.environ.get("CPC_BULK_URL") or OFFICIAL, OFFICIAL)
    found: dict[str, Fetched] = {}
    with client(timeout_s) as asking, _alone(folder):
        for kind in asked:
            address, holds = (text.replace("YYYYMM", digits) for text in _KINDS[kind])
            url = bulk.join(address)
            path = folder / Path(address).name
            fault = partial(_fault, holds=re.compile(holds, re.IGNORECASE | re.ASCII))
            found[kind] = _fetched(path, Download(asking, url, path, fault, progress).run(sleep))
            if all(k in found and found[k].state == "missing" for k in essential):
                names = ", ".join(found[k].name for k in essential)
                raise FetchError(
                    f"{bulk} has no {names}; see whether release {release} is published, or let "
                    "CPC_BULK_URL name the bulk folder that has it"
                )
    return list(found.values())


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keeps a second run out of a folder; one that was killed keeps nobody out."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / ".fetch.lock").open("a")
    except OSError as error:
        raise FetchError(f"{folder} cannot be written: {error.strerror or error}") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise FetchError(f"{folder}: another fetch is at work in it; wait for it") from error
        yield


def _fault(path: Path, holds: re.Pattern[str]) -> str:
    """What is wrong with a file, as the rest of a sentence; "" if it is whole and of its kind."""
    with path.open("rb") as file:
        head = file.read(2**16)
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return "is a web page, no file of the CPC"
    if ".zip" not in path.suffixes:
        return "" if holds.search(head.decode("utf-8", "replace")) else "has no row of symbols"
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
            if not any(holds.fullmatch(Path(info.filename).name) for info in infos):
                return f"is a zip without any file named like {holds.pattern}"
            sizes = [info.file_size for info in infos]
            if max(sizes) > LARGEST_FILE or sum(sizes) > LARGEST_RELEASE:
                return "is a zip of files that are larger than any of the CPC"
            broken = archive.testzip()
    except _UNREADABLE as error:
        return f"is no readable zip ({error})"
    return f"is damaged in {broken}" if broken else ""


def _fetched(path: Path, state: State) -> Fetched:
    if state == "missing":
        return Fetched(path.name, path, 0, "", state)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Fetched(path.name, path, path.stat().st_size, digest, state)
