"""USPTO grants and applications: Red Book XML, ICE DTDs 4.0 (2004) to 4.7 (2022).

Source: "Patent Grant Full Text Data / XML" and "Patent Application Full Text Data / XML" of the
USPTO's bulk data, with their DTDs. What a document says of its own DTD is not checked: the
elements read here are the same in all of them. CPC came with 4.4 (2013).

Combination sets (`further-cpc/combination-set`) are kept apart: their symbols are links between
allocations, not allocations of their own. Each has a `group-number` and `combination-rank`s, which
hold a `rank-number` and a `classification-cpc`.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from cpc_classifier.filing import ClassifiedFiling, Filing
from cpc_classifier.intake.assemble import RawAllocation, RawCombination, assemble
from cpc_classifier.intake.limits import Limits
from cpc_classifier.intake.text import iso_date, language_code, publication_id
from cpc_classifier.intake.xml_text import claims_text, content, line_of, text_of

__all__ = ["ROOTS", "read_ice"]

ROOTS = {
    "us-patent-grant": "us-bibliographic-data-grant",
    "us-patent-application": "us-bibliographic-data-application",
}


def read_ice(
    root: etree._Element, fallback_id: str, where: str, limits: Limits
) -> ClassifiedFiling:
    """Reads one document.

    Args:
        root: `us-patent-grant` or `us-patent-application`.
        fallback_id: the filing's id where the document has no publication number.
        where: names the document in messages.
        limits: on the length of the texts.
    """
    data = root.find(ROOTS[root.tag])
    number = "publication-reference/document-id/"
    filing = Filing(
        id=publication_id(
            content(data, number + "country") or "US",
            content(data, number + "doc-number"),
            content(data, number + "kind"),
        )
        or fallback_id,
        title=content(data, "invention-title"),
        abstract=text_of(root.findall("abstract")[:1]),
        claims=claims_text(root.findall("claims")),
        description=text_of(root.findall("description")),
        language=language_code(root.get("lang", "EN")),
        filing_date=iso_date(content(data, "application-reference/document-id/date")),
        publication_date=iso_date(content(data, number + "date") or root.get("date-publ", "")),
    )
    return assemble(filing, _allocations(data), where, limits, combinations=_combinations(data))


def _allocations(data: etree._Element | None) -> Iterator[RawAllocation]:
    if data is None:
        return
    for group, default in (("main-cpc", "F"), ("further-cpc", "L")):
        for found in data.iterfind(f"classifications-cpc/{group}/classification-cpc"):
            yield _allocation(found, default)


def _combinations(data: etree._Element | None) -> Iterator[RawCombination]:
    if data is None:
        return
    for found in data.iterfind("classifications-cpc/*/combination-set"):
        yield (
            content(found, "group-number"),
            [
                (content(rank, "rank-number"), _allocation(member, "L"))
                for rank in found.iterfind("combination-rank")
                for member in rank.iterfind("classification-cpc")
            ],
        )


def _allocation(found: etree._Element, position: str) -> RawAllocation:
    """A `classification-cpc`, in a position unless it tells one."""
    part = {
        name: content(found, name)
        for name in ("section", "class", "subclass", "main-group", "subgroup")
    }
    return (
        "{section}{class}{subclass} {main-group}/{subgroup}".format(**part),
        content(found, "classification-value"),
        content(found, "symbol-position") or position,
        line_of(found.find("cpc-version-indicator")),
    )
