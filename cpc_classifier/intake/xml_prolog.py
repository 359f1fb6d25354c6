"""What stands in front of the root element of an XML document, read without trust.

The DOCTYPE is checked here and cut out before libxml2 sees the document (`xml_parse`), so no
entity, default attribute or external DTD can ever act. It may declare unparsed entities
(`<!ENTITY fig1 SYSTEM "fig1.tif" NDATA TIF>`, the pictures of USPTO files), notations, elements and
attributes; any other entity is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cpc_classifier.errors import FilingError

__all__ = ["Prolog", "read_prolog"]

_LITERAL = rb"(?:\"[^\"]*\"|'[^']*')"
_MISC = re.compile(rb"(?:[\s\x00]+|\xef\xbb\xbf|<\?.*?\?>|<!--.*?-->)*+", re.DOTALL)
_DOCTYPE = re.compile(rb"<!DOCTYPE\s+[^\s\[>]+(?:[^\[>\"']|" + _LITERAL + rb")*+")
_DECLARATION = re.compile(rb"<!([A-Z]+)((?:[^>\"']|" + _LITERAL + rb")*+)>")
_UNPARSED = re.compile(
    rb"\s+[^\s%]+\s+(?:SYSTEM|PUBLIC\s+" + _LITERAL + rb")\s+" + _LITERAL + rb"\s+NDATA\s+\S+\s*"
)
_SUBSET_END = re.compile(rb"\s*\]\s*>")
_ROOT = re.compile(rb"<([A-Za-z_:\x80-\xff][^\s/>]*)")


@dataclass(frozen=True, slots=True)
class Prolog:
    """What stands in front of the root element.

    Attributes:
        root: name of the root element with its prefix, or "" where there is none.
        start: offset of the DOCTYPE; equal to `stop` where there is none.
        stop: offset behind the DOCTYPE.
        body: offset of the root element, or of whatever stands in its place.
    """

    root: str
    start: int
    stop: int
    body: int


def read_prolog(data: bytes, where: str) -> Prolog:
    """Finds the root element and checks the DOCTYPE.

    Raises:
        FilingError: the DOCTYPE is malformed, or declares an entity that is not a picture.
    """
    position = _skip(data, 0)
    start = stop = 0
    if data.startswith(b"<!DOCTYPE", position):
        start, stop = position, _doctype_end(data, position, where)
        position = _skip(data, stop)
        if data.startswith(b"<!DOCTYPE", position):
            raise FilingError(f"{where} has two DOCTYPEs. Keep the one that fits the document.")
    root = _ROOT.match(data, position)
    name = root.group(1).decode("utf-8", "replace") if root else ""
    return Prolog(name, start, stop, position)


def _skip(data: bytes, position: int) -> int:
    found = _MISC.match(data, position)
    return found.end() if found else position


def _doctype_end(data: bytes, position: int, where: str) -> int:
    found = _DOCTYPE.match(data, position)
    end = found.end() if found else len(data)
    if data.startswith(b">", end):
        return end + 1
    if not data.startswith(b"[", end):
        raise FilingError(f"{where} has a malformed DOCTYPE. Check its first lines.")
    end = _skip(data, end + 1)
    while declaration := _DECLARATION.match(data, end):
        if declaration.group(1) == b"ENTITY" and not _UNPARSED.fullmatch(declaration.group(2)):
            raise FilingError(
                f"{where} declares an entity of its own in its DOCTYPE, which is refused: entities "
                "can read files or expand without end. Expand them and remove the declarations."
            )
        end = _skip(data, declaration.end())
    closed = _SUBSET_END.match(data, end)
    if not closed:
        raise FilingError(
            f"{where} has a DOCTYPE with something other than plain declarations (a parameter "
            "entity, a conditional section, or it breaks off), which is refused. Remove it."
        )
    return closed.end()
