"""JSON: one filing a line (JSONL), one object, or a list of objects.

Lines are read one at a time; a single object over several lines, or a list, is read whole and may
not be longer than one document. JSON is UTF-8 (RFC 8259).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from cpc_classifier.errors import FilingError, FilingTooLargeError, UnsupportedFormatError
from cpc_classifier.filing import ClassifiedFiling, Unreadable
from cpc_classifier.intake.fields import filing_from_values
from cpc_classifier.intake.foreign import describe_json, refusal
from cpc_classifier.intake.limits import Limits
from cpc_classifier.intake.source import ByteSource, Line
from taxonomy.errors import CpcError

__all__ = ["read_json"]

_BLANK = b" \t\r\n\xef\xbb\xbf"
_ID = re.compile(rb"\"(?:id|number|publication_number)\"\s*:\s*\"([\w ./:-]{1,100})\"")
_HEAD_BYTES = 1 << 16
_Result = ClassifiedFiling | Unreadable


def read_json(source: ByteSource, limits: Limits) -> Iterator[_Result]:
    """Reads a file of JSON in whichever of the three shapes it has.

    Yields:
        A filing or its error for every line or object that is not blank.
    """
    whole = _whole(source, limits)
    if whole is None:
        yield from _lines(source, limits)
        return
    try:
        value = _decode(whole, source.name)
    except CpcError as error:
        yield Unreadable(_id(whole) or source.name, error)
        return
    if not isinstance(value, list):
        yield _result(value, f"{source.name}#1", source.name, limits)
    elif not value:
        raise FilingError(f"{source.name} is an empty list. Give at least one filing.")
    else:
        for number, item in enumerate(value, start=1):
            yield _result(
                item, f"{source.name}#{number}", f"{source.name}, item {number:,}", limits
            )


def _whole(source: ByteSource, limits: Limits) -> bytes | None:
    """The file if it is one list or one object over several lines; None for JSON lines."""
    head = source.peek(_HEAD_BYTES).lstrip(_BLANK)
    first, _, rest = head.partition(b"\n")
    is_list = head.startswith(b"[")
    if not is_list and (
        first.rstrip().endswith(b"}") or not rest.strip() or rest.lstrip().startswith(b"{")
    ):
        return None
    whole = source.peek(limits.document_bytes + 1)
    if len(whole) > limits.document_bytes:
        raise FilingTooLargeError(
            f"{source.name} is one JSON {'list' if is_list else 'object'} of more than "
            f"{limits.document_bytes:,} bytes. Write one object a line (JSON lines) instead."
        )
    return whole


def _lines(source: ByteSource, limits: Limits) -> Iterator[_Result]:
    for number, line in enumerate(source.lines(limits.document_bytes), start=1):
        if not line.data.strip(_BLANK):
            continue
        where, fallback_id = f"{source.name}, line {number:,}", f"{source.name}#{number}"
        try:
            value = _decode(_complete(line, where, limits), where)
        except CpcError as error:
            yield Unreadable(_id(line.data) or fallback_id, error)
            continue
        yield _result(value, fallback_id, where, limits)


def _complete(line: Line, where: str, limits: Limits) -> bytes:
    if not line.whole:
        raise FilingTooLargeError(
            f"{where} is longer than {limits.document_bytes:,} bytes. Shorten the description."
        )
    return line.data


def _id(data: bytes) -> str:
    """The id in JSON that cannot be decoded, or ""."""
    found = _ID.search(data[:_HEAD_BYTES])
    return found.group(1).decode("ascii", "ignore") if found else ""


def _decode(data: bytes, where: str) -> object:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FilingError(
            f"{where} is not UTF-8 from byte {error.start:,} on. Save the file as UTF-8."
        ) from None
    try:
        value: object = json.loads(text)
    except json.JSONDecodeError as error:
        raise FilingError(
            f"{where} is not valid JSON: {error.msg} at line {error.lineno:,}, column "
            f"{error.colno:,}. Correct it or write the file with a JSON library."
        ) from None
    except (RecursionError, ValueError) as error:
        raise FilingError(
            f"{where} is JSON that is nested too deeply or holds a number that is too long "
            f"({type(error).__name__}). Give a plain object."
        ) from None
    return value


def _result(value: object, fallback_id: str, where: str, limits: Limits) -> _Result:
    found = ""
    try:
        if not isinstance(value, dict):
            raise FilingError(
                f"{where} is a JSON {type(value).__name__}, not an object. Give one object with "
                "id, title, abstract, claims or description for every filing."
            )
        given = value.get("id")
        found = given[:200] if isinstance(given, str) else ""
        if foreign := describe_json(value):
            raise UnsupportedFormatError(refusal(where, foreign))
        return filing_from_values(value, fallback_id, where, limits)
    except CpcError as error:
        return Unreadable(found or fallback_id, error)
