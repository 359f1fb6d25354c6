"""Reader of the official CPC definitions (``FullCPCDefinitionXMLYYYYMM.zip``).

Source: the CPC definition XML as published; one file a subclass, one ``definition-item`` a symbol.
"""

from __future__ import annotations

import zipfile
from pathlib import Path

from lxml import etree

from taxonomy.errors import BadSymbolError, ReleaseFileError
from taxonomy.symbol import Symbol

__all__ = ["read_definitions"]

LARGEST_MEMBER = 64 * 1024 * 1024


def read_definitions(path: Path) -> dict[str, str]:
    """The definition statement of each symbol that has one.

    Args:
        path: the zip of XML files.

    Returns:
        symbol as the official files print it -> the statement's paragraphs, joined by spaces.

    Raises:
        ReleaseFileError: not a zip, or a member that is not well-formed; names file and line.
    """
    found: dict[str, str] = {}
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                if member.filename.endswith(".xml"):
                    if member.file_size > LARGEST_MEMBER:
                        raise ReleaseFileError(f"{path}: {member.filename} is over 64 MiB")
                    found.update(_statements(f"{path}: {member.filename}", archive.read(member)))
    except (OSError, zipfile.BadZipFile) as error:
        raise ReleaseFileError(f"{path}: not a readable zip: {error}") from error
    return found


def _statements(where: str, data: bytes) -> dict[str, str]:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise ReleaseFileError(f"{where} line {error.lineno}: not well-formed XML") from error
    found = {}
    for item in root.iter("definition-item"):
        body = item.iterfind("definition-statement/section-body/paragraph-text[@type='body']")
        paragraphs = (" ".join("".join(map(str, p.itertext())).split()) for p in body)
        text = " ".join(p for p in paragraphs if p)
        written = item.findtext("classification-symbol") or ""
        try:
            symbol = str(Symbol.parse(written))
        except BadSymbolError as error:
            raise ReleaseFileError(f"{where} line {item.sourceline}: {error.message}") from error
        if text:
            found[symbol] = text
    return found
