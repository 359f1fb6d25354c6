"""White space, control characters, dates, languages and numbers, as every format needs them."""

from __future__ import annotations

import datetime
import re

__all__ = ["iso_date", "language_code", "one_line", "paragraphs", "publication_id"]

_UNWANTED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff\ufffe\uffff\ud800-\udfff]")
_LINE = re.compile(r"[^\n]+")
_DATE = re.compile(r"(\d{4})([-/.]?)(\d{2})\2(\d{2})(?:[T ].*)?", re.DOTALL)
_LANGUAGE = re.compile(r"([a-z]{2})(?:[-_].*)?", re.DOTALL)
_THREE_LETTERS = {
    "eng": "en", "deu": "de", "ger": "de", "fra": "fr", "fre": "fr", "kor": "ko", "jpn": "ja",
    "zho": "zh", "chi": "zh", "spa": "es", "ita": "it", "por": "pt", "rus": "ru",
}  # fmt: skip
_ZEROS = re.compile(r"([A-Z]*)0*(.*)", re.DOTALL)


def paragraphs(text: str) -> str:
    """Collapses white space, drops blank lines and what no text may hold (lone surrogates too)."""
    lines = (" ".join(found[0].split()) for found in _LINE.finditer(_UNWANTED.sub(" ", text)))
    return "\n".join(line for line in lines if line)


def one_line(text: str) -> str:
    """The same on one line."""
    return " ".join(_UNWANTED.sub(" ", text).split())


def iso_date(text: str) -> str:
    """`20240531`, `2024-05-31`, `2024/05/31` or a time stamp as `2024-05-31`; else ""."""
    found = _DATE.fullmatch(text.strip())
    if not found:
        return ""
    try:
        return datetime.date(int(found[1]), int(found[3]), int(found[4])).isoformat()
    except ValueError:
        return ""


def language_code(text: str) -> str:
    """ISO 639-1 code of `EN`, `en-US` or `eng`; "" where it is none of these."""
    text = text.strip().lower()
    found = _LANGUAGE.fullmatch(text)
    return found[1] if found else _THREE_LETTERS.get(text, "")


def publication_id(country: str, number: str, kind: str) -> str:
    """Publication number as the offices print it on the document.

    Files of the USPTO pad their numbers (`07057742`, `D0435854`, `RE045317`), its documents do
    not: `US7057742B2`, `USD435854S1`, `USRE45317E1`. European numbers always have seven digits:
    `EP0640886B1`.
    """
    country, number, kind = (part.strip().upper() for part in (country, number, kind))
    if country == "US" and (found := _ZEROS.fullmatch(number)):
        number = found[1] + found[2]
    return f"{country}{number}{kind}" if number else ""
