"""Filings from named values: what JSON objects, CSV rows and requests have in common.

A name is matched without regard to case; blanks and hyphens count as underscores. Where several
names of one field are given, the first of the list below that is not empty wins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from cpc_classifier.errors import FilingError
from cpc_classifier.filing import TEXT_FIELDS, ClassifiedFiling, Filing
from cpc_classifier.intake.assemble import RawAllocation, assemble, too_large
from cpc_classifier.intake.limits import DEFAULT_LIMITS, Limits
from cpc_classifier.intake.text import iso_date, language_code, one_line, paragraphs

__all__ = ["FIELD_NAMES", "field_of", "filing_from_values"]

FIELD_NAMES: dict[str, tuple[str, ...]] = {
    "id": ("id", "publication_number", "number", "doc_number", "document_number"),
    "title": ("title", "invention_title"),
    "abstract": ("abstract",),
    "claims": ("claims", "claim"),
    "description": ("description",),
    "language": ("language", "lang"),
    "filing_date": ("filing_date", "application_date"),
    "publication_date": ("publication_date", "date"),
    "cpc": ("cpc", "cpcs", "cpc_symbols", "cpc_codes"),
    "release": ("release", "cpc_release"),
}
_FIELD_OF = {name: field for field, names in FIELD_NAMES.items() for name in names}
_BETWEEN_SYMBOLS = re.compile(r"[;,|\n]")
_ID_CHARS = 200
_NUMBER = re.compile(r"\W*\d")


def _plain(name: str) -> str:
    return re.sub(r"[\s_-]+", "_", name.strip().strip("\ufeff").casefold())


def field_of(name: str) -> str:
    """The field a name stands for, or ""."""
    return _FIELD_OF.get(_plain(name), "")


def _string(value: object, name: str, where: str) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if type(value) is int and name not in TEXT_FIELDS:  # a number as an id, 20240531 as a date
        return str(value)
    raise FilingError(f"{where}: the field {name!r} is of the type {_type(value)}; give a string.")


def _type(value: object) -> str:
    names = {dict: "object", list: "list", bool: "boolean", int: "number", float: "number"}
    return names.get(type(value), type(value).__name__)


def _claims(value: object, where: str) -> str:
    """Claims from a string, or from a list of strings or of objects with a `text`."""
    if not isinstance(value, list):
        return paragraphs(_string(value, "claims", where))
    lines: list[str] = []
    for number, item in enumerate(value, start=1):
        text = item.get("text") if isinstance(item, dict) else item
        if not isinstance(text, str):
            raise FilingError(
                f"{where}: item {number} of the field 'claims' is of the type {_type(text)}; give "
                "a list of strings."
            )
        line = one_line(text)
        lines.append(line if _NUMBER.match(line) or not line else f"{number}. {line}")
    return "\n".join(line for line in lines if line)


def _allocations(value: object, where: str) -> Iterator[RawAllocation]:
    """Symbols from `"H01M10/0525; H01M4/38"`, a list of them, or a list of objects."""
    items = _BETWEEN_SYMBOLS.split(value) if isinstance(value, str) else value
    for item in [] if items is None else items if isinstance(items, list) else [items]:
        if isinstance(item, str):
            if item.strip():
                yield item, "", "", ""
        elif isinstance(item, dict):
            kind, position, version, symbol = (
                _string(item.get(name), f"cpc.{name}", where)
                for name in ("kind", "position", "version", "symbol")
            )
            yield symbol, kind, position, version
        else:
            raise FilingError(
                f"{where}: the field 'cpc' holds a {_type(item)}; give a list of symbols, or of "
                "objects with symbol, kind and position."
            )


def filing_from_values(
    values: Mapping[str, object],
    fallback_id: str,
    where: str,
    limits: Limits = DEFAULT_LIMITS,
) -> ClassifiedFiling:
    """Makes a filing of named values.

    Args:
        values: a decoded JSON object or a row; unknown names are passed over.
        fallback_id: the id where none is given.
        where: names the place in messages.
        limits: on the length of the texts.

    Raises:
        FilingError: no text field is there, or a value is of a wrong type.
        EmptyFilingError: all texts are empty.
        FilingTooLargeError: the texts are longer than the limit.
    """
    given: dict[str, object] = {}
    for field, names in FIELD_NAMES.items():
        ranked = sorted(
            (names.index(_plain(name)), name) for name in values if field_of(name) == field
        )
        filled = [values[name] for _, name in ranked if values[name] not in (None, "")]
        if ranked:
            given[field] = filled[0] if filled else ""
    if not any(field in given for field in TEXT_FIELDS):
        raise FilingError(
            f"{where} has none of the fields title, abstract, claims, description. Name the texts "
            "so (and the number id)."
        )
    strings = {
        field: _string(given.get(field), field, where)
        for field in FIELD_NAMES
        if field not in ("claims", "cpc")
    }
    claims = given.get("claims")
    raw: list[object] = [strings[name] for name in TEXT_FIELDS if name in strings]
    raw += claims if isinstance(claims, list) else [claims]
    if (size := sum(len(text) for text in raw if isinstance(text, str))) > limits.filing_chars:
        raise too_large(size, where, limits)
    filing = Filing(
        id=one_line(strings["id"])[:_ID_CHARS] or fallback_id,
        title=one_line(strings["title"]),
        abstract=paragraphs(strings["abstract"]),
        claims=_claims(claims, where),
        description=paragraphs(strings["description"]),
        language=language_code(strings["language"]),
        filing_date=iso_date(strings["filing_date"]),
        publication_date=iso_date(strings["publication_date"]),
    )
    symbols = list(_allocations(given.get("cpc"), where))
    return assemble(filing, symbols, where, limits, one_line(strings["release"])[:_ID_CHARS])
