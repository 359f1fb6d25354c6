"""Log lines: text or JSON, one object a line, with the id of the request they belong to.

    {"time": "2025-11-03T09:12:44.031Z", "level": "info", "logger": "cpc_classifier.service_edge",
     "message": "POST suggest 200 41 ms", "request_id": "7c1f0a9be2d34455", "method": "POST",
     "route": "suggest", "status": 200, "ms": 41.2, "bundle": "starter-6"}

All loggers of the process go through the one handler that `configure` sets, so that what other
libraries write obeys the same rule: no text of a filing. Therefore

- an exception is its kind and place, never its message, which may quote what could not be read;
- only the first line of a message of other libraries is kept: what follows is a traceback, or the
  `repr` of a task with its exception (asyncio);
- besides the message only the fields in `FIELDS` are written.

python-json-logger would write every extra attribute and the whole traceback, hence our own lines.
"""

from __future__ import annotations

import json
import logging
import re
import secrets
import sys
import threading
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

from cpc_classifier.faults import place

__all__ = [
    "FIELDS",
    "REQUEST_ID",
    "JsonFormatter",
    "TextFormatter",
    "configure",
    "kind_and_place",
    "request_id",
]

FIELDS = ("method", "route", "status", "ms", "bundle")
"""Fields that a line may have: `logger.info(..., extra={"route": "suggest"})`."""
REQUEST_ID: ContextVar[str] = ContextVar("cpc_request_id", default="")
"""The id of the request at work; set at the edge."""

_OURS = ("cpc_classifier", "taxonomy")
_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


def request_id(given: str) -> str:
    """The caller's id of a request if it is short and plain, else a new one.

    Args:
        given: value of the header `X-Request-ID`, "" for none.
    """
    return given if _ID.fullmatch(given) else secrets.token_hex(8)


def kind_and_place(error: BaseException) -> str:
    """What is told of an error: "ValueError at read.py:31 < service_app.py:60"."""
    return f"{type(error).__name__} at {place(error) or 'no known place'}"


def _message(record: logging.LogRecord) -> str:
    text = record.getMessage()
    if record.name.partition(".")[0] in _OURS:
        return text
    return text.partition("\n")[0]


def _time(record: logging.LogRecord) -> str:
    moment = datetime.fromtimestamp(record.created, UTC)
    return moment.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def _error(record: logging.LogRecord) -> str:
    raised = record.exc_info[1] if record.exc_info else None
    return kind_and_place(raised) if raised else ""


class JsonFormatter(logging.Formatter):
    """One JSON object a line, ASCII only."""

    def format(self, record: logging.LogRecord) -> str:
        """Writes a record."""
        line: dict[str, Any] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _message(record),
        }
        if request := REQUEST_ID.get():
            line["request_id"] = request
        line |= {name: value for name in FIELDS if (value := getattr(record, name, "")) != ""}
        if error := _error(record):
            line["error"] = error
        return json.dumps(line)


class TextFormatter(logging.Formatter):
    """The same for people: time, level, logger, message, request."""

    def format(self, record: logging.LogRecord) -> str:
        """Writes a record."""
        parts = [_time(record), record.levelname, record.name, _message(record)]
        if error := _error(record):
            parts.append(f"({error})")
        if request := REQUEST_ID.get():
            parts.append(f"[{request}]")
        return " ".join(parts)


def configure(form: str) -> None:
    """Sends the log lines of all libraries to standard output, in one form.

    Called by whoever owns the process, after BentoML has set its own handlers.

    Args:
        form: "text" or "json".
    """
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter() if form == "json" else TextFormatter())
    root = logging.getLogger()
    for name in ("", "bentoml", "circus", "uvicorn", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    for name in (*_OURS, "bentoml"):
        logging.getLogger(name).setLevel(logging.INFO)
    # They show paths and queries.
    for name in ("uvicorn.access", "uvicorn.asgi"):
        logging.getLogger(name).disabled = True
    # Where a line cannot be written, Python would print its arguments.
    logging.raiseExceptions = False
    threading.excepthook = _of_thread


def _of_thread(died: threading.ExceptHookArgs) -> None:
    """Instead of Python's own, which prints the message."""
    error = died.exc_value
    told = kind_and_place(error) if error else died.exc_type.__name__
    logging.getLogger(__name__).error("a thread has ended: %s", told)
