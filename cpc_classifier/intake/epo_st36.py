"""EPO full text: `ep-patent-document`, WIPO ST.36 as the EPO uses it, 1.0 (2004) to 1.5.1.

Source: the EPO's "European publication server" and bulk data, DTDs ep-patent-document-v1-0 to
v1-5-1; the numbers of the fields are INID codes after WIPO ST.9 (B540 title, B140 publication,
B220 filing, B520EP CPC since 1.5.1).

The language of a filing is that of the proceedings (attribute `lang` of the root, else B260). Its
texts are taken in that language: a granted patent has claims in all three languages and one
description; the title comes in three as well. Where the language of the proceedings is missing,
English is taken, then whatever comes first. A specification (B1, B2) has no abstract, and the
publication of an international application (A1 of a Euro-PCT filing) often nothing but a title.

Combination sets are read where `classifications-cpc` holds them as it does at the USPTO. None of
the EPO's documents that could be seen does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from lxml import etree

from cpc_classifier.filing import ClassifiedFiling, Filing
from cpc_classifier.intake.assemble import RawAllocation, RawCombination, assemble
from cpc_classifier.intake.limits import Limits
from cpc_classifier.intake.text import iso_date, language_code, publication_id
from cpc_classifier.intake.xml_text import claims_text, content, line_of, local_name, text_of

__all__ = ["ROOT", "read_st36"]

ROOT = "ep-patent-document"
_CPCS = "B500/B520EP/classifications-cpc/"
_CPC = re.compile(
    r"(?P<symbol>[A-HY]\d\d[A-Z]\s*\d+\s*/\s*\d+)\s+(?P<version>\d{8})\s*"
    r"(?P<position>[FL ])?(?P<kind>[IA])?.*"
)
"""E.g. `H04J   3/0635      20130101 FI20220830BHEP` (WIPO ST.8: level or position, value)."""


def read_st36(
    root: etree._Element, fallback_id: str, where: str, limits: Limits
) -> ClassifiedFiling:
    """Reads one document.

    Args:
        root: `ep-patent-document`.
        fallback_id: the filing's id where the document has no publication number.
        where: names the document in messages.
        limits: on the length of the texts.
    """
    data = root.find("SDOBI")
    language = language_code(root.get("lang", "")) or language_code(content(data, "B200/B260"))
    abstracts, claims = root.findall("abstract"), root.findall("claims")
    descriptions = root.findall("description")
    title, title_language = _title(data, language)
    filing = Filing(
        id=publication_id(
            root.get("country", "") or content(data, "B100/B190") or "EP",
            root.get("doc-number", "") or content(data, "B100/B110"),
            root.get("kind", "") or content(data, "B100/B130"),
        )
        or fallback_id,
        title=title,
        abstract=text_of(_in_language(abstracts, language)[:1]),
        claims=claims_text(_in_language(claims, language)),
        description=text_of(_in_language(descriptions, language)),
        language=language or title_language,
        filing_date=iso_date(content(data, "B200/B220/date")),
        publication_date=iso_date(content(data, "B100/B140/date") or root.get("date-publ", "")),
    )
    return assemble(filing, _allocations(data), where, limits, combinations=_combinations(data))


def _in_language(elements: Sequence[etree._Element], language: str) -> list[etree._Element]:
    """The elements in a language, else in English, else in the language of the first."""
    written = [language_code(element.get("lang", "")) for element in elements]
    chosen = next((code for code in (language, "en", *written) if code in written), "")
    return [element for element, code in zip(elements, written, strict=True) if code == chosen]


def _title(data: etree._Element | None, language: str) -> tuple[str, str]:
    """The title and its language; B541 names the language of the B542 behind it."""
    titles: dict[str, str] = {}
    code = ""
    for element in () if data is None else data.iterfind("B500/B540/*"):
        if local_name(element) == "B541":
            code = language_code(line_of(element))
        elif local_name(element) == "B542":
            titles.setdefault(code, line_of(element))
    chosen = next((code for code in (language, "en", *titles) if titles.get(code)), "")
    return titles.get(chosen, ""), chosen


def _allocations(data: etree._Element | None) -> Iterator[RawAllocation]:
    if data is not None:
        yield from map(_allocation, data.iterfind(_CPCS + "classification-cpc/text"))


def _combinations(data: etree._Element | None) -> Iterator[RawCombination]:
    if data is None:
        return
    for found in data.iterfind(_CPCS + "combination-set"):
        yield (
            content(found, "group-number"),
            [
                (content(rank, "rank-number"), _allocation(text))
                for rank in found.iterfind("combination-rank")
                for text in rank.iterfind("classification-cpc/text")
            ],
        )


def _allocation(text: etree._Element) -> RawAllocation:
    line = line_of(text)
    found = _CPC.fullmatch(line)
    if found is None:
        return line, "", "", ""
    return found["symbol"], found["kind"] or "", found["position"] or "", found["version"]
