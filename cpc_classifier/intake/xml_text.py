"""Text of office XML: paragraphs, tables, formulas and claims as plain lines.

Pictures carry no text and vanish; sub- and superscripts, bold and references to figures are kept
as running text (`H<sub>2</sub>O` reads `H2O`); the tokens of a formula and the parts of a citation
are set apart by spaces, the cells of a table likewise, its rows by new lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from io import StringIO

from lxml import etree

from cpc_classifier.intake.text import one_line, paragraphs

__all__ = ["claims_text", "content", "line_of", "local_name", "text_of"]

_LINES = frozenset(
    "p heading li row tr dt dd br title claim claim-text table tables maths chemistry "
    "us-math us-chemistry abst-problem abst-solution".split()
)
_APART = frozenset("entry td th colspec math mi mo mn mtext ms".split())
_LOOSE = frozenset(("nplcit", "patcit"))
_NUMBERED = re.compile(r"\W*(\d+)")


def local_name(element: etree._Element) -> str:
    """Name of an element without its namespace; "" for a comment or an instruction."""
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _walk(element: etree._Element, out: StringIO, loose: bool) -> None:
    name = local_name(element)
    loose = loose or name in _LOOSE
    around = "\n" if name in _LINES else " " if loose or name in _APART else ""
    out.write(around)
    if name:
        out.write((element.text or "").replace("\n", " "))
        for child in element:
            _walk(child, out, loose)
            out.write((child.tail or "").replace("\n", " "))
    out.write(around)


def text_of(elements: Iterable[etree._Element]) -> str:
    """Text of elements, a line for every paragraph."""
    out = StringIO()  # a list of a long text's pieces takes several times its size
    for element in elements:
        _walk(element, out, False)
        out.write("\n")
    return paragraphs(out.getvalue())


def line_of(element: etree._Element | None) -> str:
    """Text of one element on one line; "" for none."""
    return "" if element is None else one_line(text_of([element]))


def content(parent: etree._Element | None, path: str) -> str:
    """Text of the first element at a path below, on one line; "" where there is none."""
    return "" if parent is None else line_of(parent.find(path))


def claims_text(blocks: Iterable[etree._Element]) -> str:
    """Claims, one a line in the order of the document, each beginning with its number.

    Args:
        blocks: `claims` elements that hold `claim` elements with an attribute `num`.
    """
    lines: list[str] = []
    for block in blocks:
        claims = block.findall("claim")
        if not claims:
            lines.append(line_of(block))
        for claim in claims:
            text, number = line_of(claim), claim.get("num", "")
            if text and number.isascii() and number.isdigit():
                written = _NUMBERED.match(text)
                if not written or int(written.group(1)[:9]) != int(number[:9]):
                    text = f"{int(number[:9])}. {text}"
            lines.append(text)
    return "\n".join(line for line in lines if line)
