"""A web server in this process that serves files as a bad network does.

Each path has a file and a list of faults; an answer takes the next fault, and the file is served
well (with ranges, If-Range, ETag and Last-Modified) when none is left.
"""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LONG_AGO = "Mon, 06 May 2019 08:00:00 GMT"


@dataclass
class File:
    """A file and what the server tells of it.

    Attributes:
        data: its bytes.
        etag: "" is not told.
        modified: of Last-Modified; "" is not told.
        date: of the answer.
    """

    data: bytes
    etag: str = ""
    modified: str = ""
    date: str = field(default_factory=lambda: formatdate(usegmt=True))


@dataclass
class Asked:
    """A request, and how many bytes of a body went out for it."""

    method: str
    path: str
    headers: dict[str, str]
    sent: int = 0

    @property
    def range(self) -> str:
        return self.headers.get("range", "")

    @property
    def if_range(self) -> str:
        return self.headers.get("if-range", "")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        self.asked = Asked(self.command, self.path, {k.lower(): v for k, v in self.headers.items()})
        self.server.asked.append(self.asked)
        path = re.sub(r"^http://[^/]*", "", self.path)  # a proxy is asked for the whole address
        faults = self.server.faults.get(path, [])
        file = self.server.files.get(path)
        if faults:
            faults.pop(0)(self, file or File(b""))
        elif file is None:
            status(404)(self, File(b""))
        else:
            well(self, file)

    def head(self, code: int, file: File, length: int | None, **more: str) -> None:
        """Sends the status line and the header fields."""
        self.send_response_only(code)
        told = {"Date": file.date, "ETag": file.etag, "Last-Modified": file.modified}
        told |= {name.replace("_", "-"): value for name, value in more.items()}
        if length is not None:
            told["Content-Length"] = str(length)
        for name, value in told.items():
            if value:
                self.send_header(name, value)
        self.end_headers()

    def body(self, data: bytes) -> None:
        self.wfile.write(data)
        self.wfile.flush()
        self.asked.sent += len(data)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


Fault = Callable[[Handler, File], None]


def well(handler: Handler, file: File) -> None:
    """Serves a file, or the rest of it where that is asked for and the file is the same."""
    start = _start(handler.asked, file)
    size = len(file.data)
    if start >= size > 0:
        handler.head(416, file, 0, Content_Range=f"bytes */{size}")
    elif start:
        handler.head(206, file, size - start, Content_Range=f"bytes {start}-{size - 1}/{size}")
        handler.body(file.data[start:])
    else:
        handler.head(200, file, size, Accept_Ranges="bytes")
        handler.body(file.data)


def _start(asked: Asked, file: File) -> int:
    match = re.fullmatch(r"bytes=([0-9]+)-", asked.range)
    same = asked.if_range in ("", file.etag, file.modified)
    return int(match[1]) if match and same else 0


def drops(after: int) -> Fault:
    """Promises all that `well` would send, and closes the connection after some bytes of it."""

    def fault(handler: Handler, file: File) -> None:
        start, size = _start(handler.asked, file), len(file.data)
        if start:
            told = f"bytes {start}-{size - 1}/{size}"
            handler.head(206, file, size - start, Content_Range=told)
        else:
            handler.head(200, file, size)
        handler.body(file.data[start : start + after])
        handler.close_connection = True

    return fault


def stalls(after: int) -> Fault:
    """Sends some bytes, and then nothing until the server is closed."""

    def fault(handler: Handler, file: File) -> None:
        handler.head(200, file, len(file.data))
        handler.body(file.data[:after])
        handler.server.closing.wait()
        handler.close_connection = True

    return fault


def silent(handler: Handler, file: File) -> None:
    """Never answers."""
    handler.server.closing.wait()
    handler.close_connection = True


def status(code: int) -> Fault:
    """Answers with a status and a page."""

    def fault(handler: Handler, file: File) -> None:
        page = b"<html><title>Something else</title></html>"
        handler.head(code, File(b""), len(page), Content_Type="text/html")
        handler.body(page)

    return fault


def no_ranges(handler: Handler, file: File) -> None:
    """Serves the whole file whatever was asked for."""
    handler.head(200, file, len(file.data))
    handler.body(file.data)


def blind_range(handler: Handler, file: File) -> None:
    """Serves the range that was asked for without a look at If-Range."""
    handler.asked.headers.pop("if-range", None)
    well(handler, file)


def other_range(handler: Handler, file: File) -> None:
    """Serves another range than the one that was asked for."""
    size = len(file.data)
    handler.head(206, file, size - 1, Content_Range=f"bytes 1-{size - 1}/{size}")
    handler.body(file.data[1:])


def other_size(handler: Handler, file: File) -> None:
    """Serves the range that was asked for, but ten bytes short and of a file so much shorter."""
    start, size = _start(handler.asked, file), len(file.data) - 10
    told = f"bytes {start}-{size - 1}/{size}"
    handler.head(206, file, size - start, Content_Range=told)
    handler.body(file.data[start:size])


def chunked(handler: Handler, file: File) -> None:
    """Serves the whole file without telling its length."""
    handler.head(200, file, None, Transfer_Encoding="chunked")
    handler.wfile.write(b"%x\r\n%b\r\n0\r\n\r\n" % (len(file.data), file.data))


def tells_length(more: int) -> Fault:
    """Tells a length that is wrong by so many bytes, and closes the connection after the file."""

    def fault(handler: Handler, file: File) -> None:
        handler.head(200, file, len(file.data) + more)
        handler.body(file.data)
        handler.close_connection = True

    return fault


def moved(to: str) -> Fault:
    """Sends on to another address."""

    def fault(handler: Handler, file: File) -> None:
        handler.head(302, File(b""), 0, Location=to)

    return fault


class Server(ThreadingHTTPServer):
    """The server.

    Attributes:
        files: by path.
        faults: of the next answers, by path.
        asked: all requests so far.
        closing: set when it is closed.
    """

    daemon_threads = True
    block_on_close = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, File] = {}
        self.faults: dict[str, list[Fault]] = {}
        self.asked: list[Asked] = []
        self.closing = threading.Event()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def put(self, path: str, data: bytes) -> File:
        """Adds a file with a strong ETag of its bytes."""
        self.files[path] = File(data, etag=f'"{hashlib.sha256(data).hexdigest()[:12]}"')
        return self.files[path]

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that has gone is what these tests are about."""


@contextmanager
def flaky_server() -> Iterator[Server]:
    """A server on a free port of this machine."""
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        server.closing.set()
        server.shutdown()
        thread.join()
        server.server_close()
