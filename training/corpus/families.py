"""Publications of one filing, by their numbers."""

from __future__ import annotations

import re

from cpc_classifier.filing import Filing

__all__ = ["family", "number"]

KIND_CODE = re.compile(r"(?<=\d)[A-Z]\d?$")


def number(filing: Filing) -> str:
    """Office and number, without punctuation and kind code; "" where there is no id."""
    return KIND_CODE.sub("", re.sub(r"[\W_]", "", filing.id.upper()))


def family(filing: Filing) -> str:
    """What the publications of one filing share: its number, without the kind code.

    Title and abstract tell it where there is no number.
    """
    return number(filing) or f"{filing.title}\n{filing.abstract}"
