"""The title of a symbol as text for a model or a comparison.

The choice: a reference, which is a part in parentheses that names a symbol, tells of other places,
so it is dropped; other parentheses belong to the title and stay. Braces only mark text that is
CPC's own (Guide to the CPC), so the braces go and the words stay.
"""

from __future__ import annotations

import re

from taxonomy.symbol import Rank
from taxonomy.tree import Taxonomy

__all__ = ["clean_title", "title_path"]

PARENTHESES = re.compile(r"\([^()]*\)")
SYMBOL_LIKE = re.compile(r"\b[A-HY]\d\d[A-Z]?(\s?\d{1,4}/\d{2,6})?\b")


def clean_title(title: str) -> str:
    """A title without references and braces.

    >>> clean_title("Secondary cells (electrodes H01M4/00); {Accumulators}")
    'Secondary cells; Accumulators'
    """
    text = title.replace("{", "").replace("}", "")
    while True:
        shorter = PARENTHESES.sub(lambda m: " " if SYMBOL_LIKE.search(m[0]) else m[0], text)
        if shorter == text:
            break
        text = shorter
    text = re.sub(r"\s+([;,.])", r"\1", re.sub(r"\s+", " ", text)).strip(" ;,")
    return text.capitalize() if text.isupper() else text


def title_path(symbol: str, taxonomy: Taxonomy) -> str:
    """The symbol's own title, then those above it up to the subclass, nearest first.

    The own title stands first so that a cut never loses it. A section or a class reads its own
    title only.
    """
    path = taxonomy.path(symbol)
    lowest = min(len(path) - 1, int(Rank.SUBCLASS))
    return ". ".join(clean_title(taxonomy.title(s)) for s in reversed(path[lowest:]))
