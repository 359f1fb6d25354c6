"""Reader of the official CPC definitions (`FullCPCDefinitionXMLYYYYMM.zip`).

One file a subclass (`cpc-definition-A01B.xml`), one `definition-item` a symbol. An item has a
title and any of six sections: `definition-statement`, `relationship`, `references` (four kinds,
each its own element), `special-rules`, `glossary-of-terms`, `synonyms-keywords` (four kinds). Each
holds a `section-body` of paragraphs, lists and tables; of its paragraphs, those of type `preamble`
are the sentence of the form ("This place covers:") and are left out, as are the sections' titles.

Which release the files are of is not in them: `publication-date` is when the subclass last
changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from taxonomy.definition import Definition, Reference, Synonym
from taxonomy.errors import ReleaseFileError
from taxonomy.readers.cells import symbol_in
from taxonomy.readers.members import members
from taxonomy.readers.xml import cpc_symbols, parse, plain_text

__all__ = ["NAMES", "read_definitions"]

NAMES = re.compile(r"cpc-definition-[A-HY]([0-9]{2}[A-Z]?)?\.xml", re.ASCII)
_EXPECTED = "the official FullCPCDefinitionXMLYYYYMM.zip, or a folder with its files"
_REFERENCES = {
    "limiting-references": "limiting",
    "application-references": "application-oriented",
    "residual-references": "residual",
    "informative-references": "informative",
}


def read_definitions(path: Path) -> dict[str, Definition]:
    """The definition of each symbol that has one.

    Args:
        path: the zip as it is published, or a folder with its files.

    Returns:
        Symbol as the official files print it -> its definition; file by file in order of names.

    Raises:
        ReleaseFileError: no such file, a broken one, or two definitions of a symbol; the message
            names file and line.
    """
    found: dict[str, Definition] = {}
    files = members(path, NAMES, _EXPECTED)
    if not files:
        raise ReleaseFileError(
            f"{path}: no file named like cpc-definition-A01B.xml; give {_EXPECTED}"
        )
    for file in files.values():
        root = parse(file.read(), file.name)
        if root.tag != "definitions":
            raise ReleaseFileError(
                f"{file.name} line {root.sourceline}: {root.tag!r}, not definitions; "
                f"give {_EXPECTED}"
            )
        for item in root.iterchildren("definition-item"):
            read = _definition(item, f"{file.name} line {item.sourceline}")
            if read.symbol in found:
                raise ReleaseFileError(
                    f"{file.name} line {item.sourceline}: {read.symbol} is defined a second time"
                )
            found[read.symbol] = read
    return found


def _definition(item: etree._Element, where: str) -> Definition:
    symbol = str(symbol_in(item.findtext("classification-symbol") or "", where))
    title = item.find("definition-title")
    paragraphs = item.iterfind("definition-statement/section-body/paragraph-text[@type='body']")
    return Definition(
        symbol=symbol,
        title="" if title is None else plain_text(title),
        statement=" ".join(text for text in map(plain_text, paragraphs) if text),
        covers=_text(item.find("definition-statement/section-body")),
        relationships=_text(item.find("relationship/section-body")),
        references=tuple(
            reference
            for section in item.iterfind("references/*")
            if section.tag in _REFERENCES
            for reference in _references(section, _REFERENCES[str(section.tag)])
        ),
        special_rules=_text(item.find("special-rules/section-body")),
        glossary=tuple(
            told
            for line in _lines(item.find("glossary-of-terms/section-body"))
            if any(told := _told_apart(line))
        ),
        synonyms=tuple(_synonyms(item)),
    )


def _lines(body: etree._Element | None) -> Iterator[list[etree._Element]]:
    """Each line of a body in order, without preambles: a paragraph or item, or a row's columns."""
    for block in body if body is not None else ():
        if block.tag == "table":
            rows = (list(r.iterchildren("table-column")) for r in block.iterchildren("table-row"))
            yield from (row for row in rows if row)
        elif block.tag == "list":
            yield from ([entry] for entry in block.iterchildren("list-item"))
        elif block.tag == "paragraph-text" and block.get("type") != "preamble":
            yield [block]


def _text(body: etree._Element | None) -> str:
    lines = ("\t".join(map(plain_text, line)) for line in _lines(body))
    return "\n".join(line for line in lines if line.strip())


def _told_apart(line: list[etree._Element]) -> tuple[str, str]:
    """Term and meaning of a row; a line of one text has the meaning alone."""
    texts = [plain_text(part) for part in line]
    return (texts[0], "\t".join(texts[1:])) if len(texts) > 1 else ("", texts[0])


def _references(section: etree._Element, kind: str) -> Iterator[Reference]:
    for line in _lines(section.find("section-body")):
        first, *rest = line
        text, place = plain_text(first), "\t".join(map(plain_text, rest))
        if (text or place) and first.get("type") != "subheading":
            yield Reference(kind, text, place, cpc_symbols(*(rest or line)))


def _synonyms(item: etree._Element) -> Iterator[Synonym]:
    for section in item.iterfind("synonyms-keywords/*"):
        if section.tag == "section-title":
            continue
        kind = "" if section.tag == "section-body" else str(section.tag)
        if not kind:  # a sentence there may be all that is said, unlike the form's ("...:")
            told = map(plain_text, section.iterfind("paragraph-text[@type='preamble']"))
            yield from (Synonym(kind, "", text) for text in told if not text.endswith(":"))
        for line in _lines(section):
            term, meaning = _told_apart(line)
            if kind == "synonyms" and not term:
                term, meaning = meaning, ""
            if term or meaning:
                yield Synonym(kind, term, meaning)
