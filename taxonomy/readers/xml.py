"""Official XML, parsed with entities, DTDs and the network off."""

from __future__ import annotations

from lxml import etree

from taxonomy.errors import ReleaseFileError

__all__ = ["cpc_symbols", "parse", "plain_text"]


def parse(data: bytes, where: str) -> etree._Element:
    """The root of a document.

    Args:
        data: at most as large as `members` reads.
        where: the file, for messages.

    Raises:
        ReleaseFileError: not well-formed, or nested or swollen beyond libxml2's limits; names
            file and line.
    """
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_pis=True,
        remove_comments=True,
    )  # fmt: skip
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise ReleaseFileError(
            f"{where} line {error.lineno}: not well-formed XML ({error.msg})"
        ) from error


def plain_text(element: etree._Element) -> str:
    """All text below an element, white space as one blank."""
    return " ".join("".join(map(str, element.itertext())).split())


def cpc_symbols(*elements: etree._Element) -> tuple[str, ...]:
    """The CPC symbols that are referred to (`class-ref`) below elements, in order, each once."""
    named = (r for e in elements for r in e.iter("class-ref") if r.get("scheme") == "cpc")
    return tuple(dict.fromkeys(map(plain_text, named)))
