"""One public file on its way from a server to this machine, going on where it was broken off.

Nothing else here imports a web client. A file has its name only once it is whole and checked;
until then it is `NAME.part`, and `NAME.part.json` says what it is a part of: address, validator,
size.

Sources: going on follows RFC 9110: If-Range (13.1.5), strong validators (8.8.2.2 and 8.8.3; without
one a file begins anew), Content-Range (14.4), 416 (15.5.17). Proxies (HTTPS_PROXY, NO_PROXY), the
certificates of the operating system and bodies that end too early are the business of httpx2.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Literal

import httpx2

from taxonomy.errors import FetchError

__all__ = ["Download", "State", "bulk_folder", "client"]

LARGEST_DOWNLOAD = 512 * 2**20
"""Bytes of one file; the largest at hand, the scheme, has 9 MB."""
WAITS_S = (1.0, 2.0, 4.0, 8.0)
"""Seconds before the second, third, ... try of a file."""
_AGAIN = {408, 425, 429, 500, 502, 503, 504}
State = Literal["new", "resumed", "there", "missing"]


def client(timeout_s: float) -> httpx2.Client:
    """A client that tells the server nothing but what it asks for.

    Args:
        timeout_s: longest silence of the server, in seconds.

    Raises:
        FetchError: the proxy or the certificates of the environment cannot be used.
    """
    headers = {"User-Agent": "cpc-classifier", "Accept-Encoding": "identity"}
    try:
        return httpx2.Client(
            headers=headers, timeout=timeout_s, follow_redirects=True, max_redirects=5
        )
    except (ValueError, OSError, httpx2.InvalidURL) as error:
        raise FetchError(
            f"the proxy or the certificates that the environment names cannot be used: {error}"
        ) from error


def bulk_folder(text: str, example: str) -> httpx2.URL:
    """The address of a folder that files lie in.

    Args:
        text: with or without its last slash.
        example: one that is right, for the message.

    Raises:
        FetchError: it is no address on the web, or holds a password or a query.
    """
    try:
        url = httpx2.URL(text.rstrip("/") + "/")
    except httpx2.InvalidURL as error:
        raise FetchError(f"the address of the bulk folder is none: {error}") from error
    if url.scheme not in ("http", "https") or not url.host or url.userinfo or url.query:
        raise FetchError(
            f"{url!r} is no address of a bulk folder; give one such as {example}, without password"
        )
    return url


class _AgainError(Exception):
    """A try that came to nothing; another one may not."""


@dataclass(frozen=True, slots=True)
class Download:
    """One file on its way.

    Attributes:
        client: asks for it.
        url: where it is published.
        path: where it goes; its folder exists.
        fault: what is wrong with a whole file, as the rest of a sentence; "" if nothing is.
        progress: called with its name, its bytes so far and all its bytes (0 if not told).
    """

    client: httpx2.Client
    url: httpx2.URL
    path: Path
    fault: Callable[[Path], str]
    progress: Callable[[str, int, int], None]

    @property
    def part(self) -> Path:
        """Where it is until it is whole and checked."""
        return self.path.with_name(f"{self.path.name}.part")

    @property
    def note(self) -> Path:
        """Where it is written what the part is of."""
        return self.path.with_name(f"{self.path.name}.part.json")

    def run(self, sleep: Callable[[float], None]) -> State:
        """Fetches the file unless it is there; tries a few times.

        Args:
            sleep: waits, in seconds, before another try.

        Raises:
            FetchError: it could not be had, or is not what it should be.
        """
        if self.path.is_file() and not self.fault(self.path):
            return "there"
        problem = ""
        for wait in (0.0, *WAITS_S):
            if wait:
                sleep(wait)
            try:
                state = self._try()
                if state != "missing":
                    self.part.replace(self.path)
                    self.note.unlink(missing_ok=True)
                return state
            except (_AgainError, httpx2.TransportError) as error:
                problem = str(error) or type(error).__name__
            except httpx2.RequestError as error:
                raise FetchError(f"{self.url}: {error}") from error
            except OSError as error:
                raise FetchError(f"{self.path} cannot be written: {error}") from error
        raise FetchError(
            f"{self.url}: {problem} ({len(WAITS_S) + 1} tries); what came is kept, run it again "
            "to go on"
        )

    def _try(self) -> State:
        """One try, up to a checked part.

        Raises:
            _AgainError: it came to nothing, or what was gone on with turned out to be broken.
            FetchError: another try would not help.
        """
        validator, size = self._begun()
        have = self.part.stat().st_size if validator else 0
        resumed = have > 0
        if not have or have != size:
            asks = {"Range": f"bytes={have}-", "If-Range": validator} if have else {}
            with self.client.stream("GET", self.url, headers=asks) as answer:
                if answer.status_code in (404, 410):
                    return "missing"
                self._check(answer, have)
                resumed = answer.status_code == 206
                if resumed and not _goes_on(answer, have, validator, size):
                    self._discard()
                    raise _AgainError("sent another part than the one that was asked for")
                self._write(answer, have if resumed else 0)
        fault = self.fault(self.part)
        if not fault:
            return "resumed" if resumed else "new"
        self._discard()
        if resumed:
            raise _AgainError(f"what was gone on with {fault}")
        raise FetchError(f"{self.url}: what came {fault}; see what is published there")

    def _begun(self) -> tuple[str, int]:
        """Validator and bytes of the file that the part is of; "" where it cannot be gone on."""
        try:
            note = json.loads(self.note.read_bytes())
            if self.part.is_file() and note["url"] == str(self.url):
                return str(note["validator"]), int(note["size"])
        except (FileNotFoundError, ValueError, TypeError, KeyError):
            pass  # a run that was stopped between the two files
        return "", 0

    def _check(self, answer: httpx2.Response, have: int) -> None:
        """Whether a body follows that is of use."""
        hops = [*answer.history, answer]
        if self.url.scheme == "https" and any(hop.url.scheme != "https" for hop in hops):
            raise FetchError(f"{self.url}: was sent on to {answer.url}, away from https")
        status = answer.status_code
        if status == 200 or (status == 206 and have):
            return
        if status == 416 and have:
            self._discard()
        elif status not in _AGAIN:
            raise FetchError(f"{self.url}: answered {status} {answer.reason_phrase}")
        raise _AgainError(f"answered {status} {answer.reason_phrase}")

    def _write(self, answer: httpx2.Response, have: int) -> None:
        """Writes a body behind the first `have` bytes of the part."""
        length = answer.headers.get("Content-Length", "")
        size = have + int(length) if length else 0
        if not have:
            self._discard()
            self.part.touch()
            told = {"url": str(self.url), "validator": _validator(answer), "size": size}
            self.note.write_text(json.dumps(told), encoding="utf-8")
        with self.part.open("ab") as part:
            for chunk in answer.iter_raw():
                have += part.write(chunk)
                if have > LARGEST_DOWNLOAD:
                    self._discard()
                    raise FetchError(f"{self.url} is over {LARGEST_DOWNLOAD // 2**20} MiB")
                self.progress(self.path.name, have, size)

    def _discard(self) -> None:
        self.note.unlink(missing_ok=True)
        self.part.unlink(missing_ok=True)


def _goes_on(answer: httpx2.Response, have: int, validator: str, size: int) -> bool:
    """Whether a 206 is the rest of the file that the part is of."""
    told = answer.headers.get("Content-Range", "")
    rest = re.fullmatch(rf"bytes {have}-[0-9]+/([0-9]+|\*)", told)
    same = _validator(answer) in ("", validator)
    return rest is not None and same and (not size or rest[1] in ("*", str(size)))


def _validator(answer: httpx2.Response) -> str:
    """What If-Range may hold: a strong ETag or, without any ETag, a strong date; else ""."""
    etag: str = answer.headers.get("ETag", "")
    modified: str = answer.headers.get("Last-Modified", "")
    if etag or not modified:
        return "" if etag.startswith("W/") else etag
    try:
        sent = parsedate_to_datetime(answer.headers.get("Date", ""))
        return modified if (sent - parsedate_to_datetime(modified)).total_seconds() >= 1 else ""
    except (ValueError, TypeError):
        return ""
