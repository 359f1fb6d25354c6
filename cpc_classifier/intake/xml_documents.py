"""A file of one or many office XML documents, as filings."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator

from lxml import etree

from cpc_classifier.errors import (
    EmptyFilingError,
    FilingError,
    FilingTooLargeError,
    UnsupportedFormatError,
)
from cpc_classifier.filing import ClassifiedFiling, Unreadable
from cpc_classifier.intake import epo_st36, uspto_ice
from cpc_classifier.intake.foreign import describe_root, refusal
from cpc_classifier.intake.limits import Limits
from cpc_classifier.intake.source import ByteSource
from cpc_classifier.intake.text import publication_id
from cpc_classifier.intake.xml_parse import parse
from cpc_classifier.intake.xml_prolog import read_prolog
from cpc_classifier.intake.xml_stream import RawDocument, split_documents
from taxonomy.errors import CpcError

__all__ = ["read_xml"]

_LOGGER = logging.getLogger(__name__)
_READERS: dict[str, Callable[[etree._Element, str, str, Limits], ClassifiedFiling]] = {
    epo_st36.ROOT: epo_st36.read_st36,
    **dict.fromkeys(uspto_ice.ROOTS, uspto_ice.read_ice),
}
_ATTACHMENTS = frozenset(("sequence-cwu", "table-external-doc"))
"""Documents that stand beside a grant in a weekly file and belong to it: long sequence listings."""

_INNER = re.compile("<(?:{})(?=[\\s>])".format("|".join(_READERS)).encode())
_END_TAGS = re.compile(rb"</[^<>]*>")
_PUBLICATION = re.compile(
    rb"<publication-reference.{0,200}?<country>\s*(\w+)\s*</country>\s*"
    rb"<doc-number>\s*(\w+)\s*</doc-number>\s*(?:<kind>\s*(\w+)\s*</kind>)?",
    re.DOTALL,
)
_ATTRIBUTES = re.compile(rb"<ep-patent-document\s([^>]*)")
_ATTRIBUTE = re.compile(rb"([\w-]+)\s*=\s*[\"'](\w+)[\"']")
_HEAD_BYTES = 8192


def _id(head: bytes) -> str:
    """The publication number of a document that cannot be parsed, or ""."""
    if found := _PUBLICATION.search(head):
        return publication_id(*(part.decode("ascii", "ignore") for part in found.groups(b"")))
    if found := _ATTRIBUTES.search(head):
        given = {k.decode(): v.decode("ascii", "ignore") for k, v in _ATTRIBUTE.findall(found[1])}
        return publication_id(
            given.get("country", "EP"), given.get("doc-number", ""), given.get("kind", "")
        )
    return ""


def read_xml(source: ByteSource, limits: Limits) -> Iterator[ClassifiedFiling | Unreadable]:
    """Reads all documents of a file in order, one at a time.

    Yields:
        A filing or its error for every document, but for attachments.
    """
    attachments = filings = 0
    encoding = "utf-8" if source.transcoded else ""
    for raw in split_documents(source, limits.document_bytes):
        where = f"{source.name}, document {raw.number:,}"
        if raw.number > 1:
            where += f" (at byte {raw.offset:,})"
        fallback_id = f"{source.name}#{raw.number}"
        try:
            found = _read(raw, fallback_id, where, encoding, limits)
        except CpcError as error:
            yield Unreadable(_id(raw.data[:_HEAD_BYTES]) or fallback_id, error)
            filings += 1
            continue
        if found is None:
            attachments += 1
        else:
            filings += 1
            yield found
    if attachments:
        _LOGGER.info(
            "%s: %d sequence listings or tables were passed over", source.name, attachments
        )
    if not filings:
        raise EmptyFilingError(f"{source.name} holds no filing. Check that it is the right file.")


def _read(
    raw: RawDocument, fallback_id: str, where: str, encoding: str, limits: Limits
) -> ClassifiedFiling | None:
    """Reads one document; None for an attachment."""
    if raw.too_large:
        raise FilingTooLargeError(
            f"{where} is longer than {limits.document_bytes:,} bytes. Split it or leave it out."
        )
    prolog = read_prolog(raw.data, where)
    if prolog.root in _ATTACHMENTS:
        return None
    if not prolog.root:
        if not _END_TAGS.sub(b"", raw.data[prolog.body :]).strip(b" \t\r\n\x00"):
            return None  # a stray declaration or comment, or the end of a wrapper
        raise FilingError(
            f"{where} begins with something other than a root element: text or tags that belong "
            "to no document. Check whether the file is whole and in order there."
        )
    data = raw.data
    if prolog.root not in _READERS and (inner := _INNER.search(data, prolog.body)):
        data = data[: prolog.body] + data[inner.start() :]  # wrapped by some tool, e.g. in <html>
        prolog = read_prolog(data, where)
    reader = _READERS.get(prolog.root)
    if reader is None:
        head = raw.data[prolog.body : prolog.body + _HEAD_BYTES]
        raise UnsupportedFormatError(refusal(where, describe_root(prolog.root, head)))
    return reader(parse(data, prolog, where, encoding), fallback_id, where, limits)
