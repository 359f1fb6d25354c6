"""Formats that are recognised in order to say what a file is, and refused.

The signatures come from the offices' documentation: USPTO bulk data (Green Book APS 1976-2001,
ST.32 SGML/XML 2.x 2001-2004, PAP 1.x 2001-2004, XML4IP), EPO OPS 3.2, WIPO ST.96, DPMAregister,
KIPRIS Plus, and the exports of databases.
"""

from __future__ import annotations

import re

__all__ = ["SUPPORTED", "describe_bytes", "describe_json", "describe_root", "refusal"]

SUPPORTED = (
    "Supported are USPTO grants and applications (ICE XML 4.0 to 4.7), EPO full text "
    "(ep-patent-document, ST.36 1.0 to 1.5.1), JSON lines, CSV, and zip or gzip files of these."
)

_ROOTS = {
    "PATDOC": "a USPTO grant of 2001 to 2004 (ST.32, SGML or XML 2.x)",
    "patent-application-publication": "a USPTO application of 2001 to 2004 (PAP XML 1.x)",
    "world-patent-data": "a response of the EPO's Open Patent Services (OPS)",
    "exchange-documents": "EPO bibliographic data (DOCDB exchange format)",
    "exchange-document": "EPO bibliographic data (DOCDB exchange format)",
    "fulltext-documents": "EPO full text as OPS delivers it",
    "dpma-patent-document": "an extract of the German register (DPMAregister)",
    "wo-patent-document": "a WIPO PCT publication (ST.36)",
    "wo-published-application": "a WIPO PCT publication (ST.36)",
    "jp-official-gazette": "a Japanese official gazette",
    "cn-patent-document": "a Chinese patent document",
    "questel-patent-document": "an export of Questel",
    "html": "a web page",
}
_NAMESPACES = (
    ("uspto:patent", "USPTO XML4IP, a part of an application file"),
    ("wipo.int/standards/XMLSchema/ST96", "WIPO ST.96 XML"),
    ("dpma.de", "an extract of the German register (DPMAregister)"),
    ("epo.org/exchange", "EPO bibliographic data (DOCDB exchange format)"),
)
_MARKERS = (
    (b"<PatentUtilityInfo", "a response of KIPRIS Plus"),
    (b"<str name=", "an export of PatSnap or of another search server (Solr XML)"),
)
_STARTS = (
    (b"%PDF", "a PDF"),
    (b"\xd0\xcf\x11\xe0", "an old Microsoft Office file"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"BZh", "a bzip2 file"),
    (b"\xfd7zXZ", "an xz file"),
    (b"\x28\xb5\x2f\xfd", "a zstd file"),
    (b"PAR1", "a Parquet file"),
    (b"\x89PNG", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"II*\x00", "a picture (TIFF)"),
    (b"MM\x00*", "a picture (TIFF)"),
    (b"{\\rtf", "an RTF text"),
    (b"SQLite format", "an SQLite database"),
)
_GREEN_BOOK = re.compile(rb"\s*(?:HHHHH\w?\s+APS1[^\n]*\n)?PATN\s*\n\s*WKU ")


def refusal(name: str, what: str) -> str:
    """The sentence with which a foreign format is refused."""
    return f"{name} looks like {what}, which is not read. {SUPPORTED}"


def describe_root(root: str, head: bytes) -> str:
    """Says what an XML document with a foreign root element seems to be.

    Args:
        root: name of the root element, with its prefix.
        head: the first bytes of the document, root element included.
    """
    if found := _ROOTS.get(root.rpartition(":")[2]):
        return found
    start = head.find(b"<" + root.encode("utf-8", "replace"))
    tag = head[start : head.find(b">", start) + 1 or None].decode("utf-8", "replace")
    for namespace, found in _NAMESPACES:
        if namespace in tag:
            return found
    for marker, found in _MARKERS:
        if marker in head:
            return found
    return f"XML with the unknown root element <{root[:60]}>"


def describe_json(value: dict[str, object]) -> str:
    """Says what a JSON object of a foreign make seems to be, or "" for a plain one."""
    if isinstance(value.get("document_id"), dict) or {"num_results", "results"} <= value.keys():
        return "the JSON of a client of the EPO's Open Patent Services (OPS)"
    return ""


def describe_bytes(head: bytes) -> str:
    """Says what a file that is neither XML, JSON, CSV, zip nor gzip seems to be."""
    for start, found in _STARTS:
        if head.startswith(start):
            return found
    if _GREEN_BOOK.match(head):
        return "a USPTO grant of 1976 to 2001 (Green Book, APS text)"
    if head[257:262] == b"ustar":
        return "a tar archive"
    if b"\x00" in head:
        return "binary data of an unknown kind"
    return (
        "plain text (for CSV, the first line must name the columns, at least one of title, "
        "abstract, claims, description)"
    )
