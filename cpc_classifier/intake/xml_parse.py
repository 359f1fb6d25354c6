"""Parses one XML document that nobody vouches for.

libxml2 sees no DOCTYPE (`xml_prolog`) and keeps its own limits (depth 256, 10 MB a text). Named
characters such as `&mdash;`, which the offices' DTDs define, are replaced from the tables of HTML
and of ISO 8879 Greek; an unknown name becomes a space.

A document that is not well-formed is refused, with one exception: `&` and `<` that were written as
plain text (`Smith & Son`, `<First example`) are escaped, and a log record says so.
"""

from __future__ import annotations

import html.entities
import logging
import re
from dataclasses import dataclass

from lxml import etree

from cpc_classifier.errors import FilingError, FilingTooLargeError
from cpc_classifier.intake.xml_prolog import Prolog

__all__ = ["parse"]

_LOGGER = logging.getLogger(__name__)
_REFERENCE = re.compile(rb"&([A-Za-z][A-Za-z0-9.\-]*);")
_STRAY = re.compile(rb"&(?!#?\w+;)|<(?![A-Za-z_:/!?\x80-\xff])|<(?=[A-Za-z][^<>]*<)")
_PREDEFINED = frozenset((b"lt", b"gt", b"amp", b"quot", b"apos"))
_GREEK = "a b g d e z ee th i k l m n x o p r s t u ph kh ps oh".split()
_REASONS = (
    ("UNSUPPORTED_ENCODING", "it declares an encoding that is not known (use UTF-8)"),
    ("ENCODING", "its bytes do not fit the encoding it declares (UTF-8 where it declares none)"),
    ("INVALID_CHAR", "it holds a character that XML does not allow"),
    ("TAG_NAME_MISMATCH", "an element is closed by another element's tag"),
    ("TAG_NOT_FINISHED", "it breaks off inside an element"),
    ("GT_REQUIRED", "a tag is not closed"),
    ("DOCUMENT_END", "something follows the closing tag of its root element"),
    ("ENTITY", "it refers to an entity in a way that is not allowed"),
    ("NAME_REQUIRED", "a tag or a reference has no name"),
    ("ATTRIBUTE", "an attribute is malformed"),
)


def _greek() -> dict[str, str]:
    """ISO 8879 Greek letters (`&lgr;`, `&PHgr;`), which HTML does not have."""
    small = [chr(code) for code in range(0x3B1, 0x3CA) if code != 0x3C2]
    pairs = list(zip(_GREEK, small, strict=True))
    lower = {f"{name}gr": letter for name, letter in pairs}
    return lower | {f"{name.upper()}gr": letter.upper() for name, letter in pairs}


_CHARACTERS: dict[bytes, bytes] = {
    name.removesuffix(";").encode(): "".join(f"&#{ord(c)};" for c in text).encode()
    for name, text in (html.entities.html5 | _greek()).items()
}


def _resolve(reference: re.Match[bytes]) -> bytes:
    name = reference.group(1)
    return reference.group() if name in _PREDEFINED else _CHARACTERS.get(name, b" ")


def parse(data: bytes, prolog: Prolog, where: str, encoding: str = "") -> etree._Element:
    """Parses a document without its DOCTYPE.

    Args:
        data: the document.
        prolog: of the same document.
        where: names the document in messages.
        encoding: overrides the declared one, if given.

    Raises:
        FilingError: the document is not well-formed; the message holds none of its text.
        FilingTooLargeError: it is nested too deeply or holds too long a text.
    """
    doctype = data[prolog.start : prolog.stop]
    data = data[: prolog.start] + b"\n" * doctype.count(b"\n") + data[prolog.stop :]
    data = _REFERENCE.sub(_resolve, data.lstrip(b" \t\r\n\x00").rstrip(b"\x00"))
    root = _parse(data, encoding)
    if isinstance(root, _Broken) and (mended := _STRAY.sub(_escape, data)) != data:
        again = _parse(mended, encoding)
        if not isinstance(again, _Broken):
            _LOGGER.warning("%s: unescaped '&' or '<' in its text were escaped", where)
            root = again
    if isinstance(root, _Broken):
        raise _explain(root, data, prolog.root, where)
    if root.getroottree().docinfo.internalDTD is not None:
        raise FilingError(f"{where} hides a DOCTYPE, which is refused. Remove it.")
    if root.tag.startswith("{"):  # a default namespace, which the offices' DTDs do not have
        for element in root.iter(etree.Element):
            element.tag = element.tag.rpartition("}")[2]
    return root


def _escape(stray: re.Match[bytes]) -> bytes:
    return b"&amp;" if stray.group() == b"&" else b"&lt;"


@dataclass(frozen=True, slots=True)
class _Broken:
    """libxml2's first complaint: its type, its place, and whether one of its limits was hit."""

    kind: str
    line: int
    column: int
    limit: bool


def _parse(data: bytes, encoding: str) -> etree._Element | _Broken:
    parser = etree.XMLParser(
        encoding=encoding or None,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        first = next(iter(parser.error_log), None)
        line, column = (first.line, first.column) if first else error.position
        limit = "XML_PARSE_HUGE" in str(error)
        return _Broken(first.type_name if first else "", line, column, limit)
    except (ValueError, LookupError):
        return _Broken("UNSUPPORTED_ENCODING", 1, 1, False)


def _explain(broken: _Broken, data: bytes, root: str, where: str) -> FilingError:
    at = f"line {broken.line:,}, column {broken.column:,}"
    if broken.limit:
        return FilingTooLargeError(
            f"{where} goes beyond the limits of the XML parser at {at}: elements nested more than "
            "256 deep, or 10 MB in one text. Split the document."
        )
    known = "UNSUPPORTED_ENCODING" not in broken.kind
    if known and f"</{root}".encode() not in data[-4096:]:
        return FilingError(
            f"{where} is cut off: it has no closing </{root}> (it ends at {at}). "
            "Fetch the file again."
        )
    reason = next((text for key, text in _REASONS if key in broken.kind), "")
    reason = reason or f"libxml2 says {broken.kind or 'nothing more'}"
    return FilingError(f"{where} is not well-formed XML at {at}: {reason}. Repair or replace it.")
