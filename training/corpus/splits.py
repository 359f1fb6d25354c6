"""Who is learnt from and who validates: by date, by family, by a share; and what is left out.

Depends on each record alone, not on the others of its file, but for copies of one filing.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from cpc_classifier.filing import Filing
from training.corpus.duplicates import without_duplicates
from training.corpus.examples import Example, Known
from training.recipe import Data

__all__ = ["chosen", "family", "split"]

KIND_CODE = re.compile(r"(?<=\d)[A-Z]\d?$")


def split(examples: Sequence[Example], recipe: Data) -> tuple[list[Example], list[Example]]:
    """Examples to learn from, and those that validate instead.

    A filing published from `calibrate_from` on validates, and a share of those with a text and
    complete labels does. All publications of one filing go the same way.
    """
    learnt: list[Example] = []
    held: list[Example] = []
    day = recipe.calibrate_from
    late = {family(e.filing) for e in examples if day and e.filing.publication_date >= day}
    for e in examples:
        tells = e.known == Known.ALL and bool(e.filing.abstract or e.filing.claims)
        drawn = tells and _share(e.filing) < recipe.calibrate
        readable = bool(e.filing.abstract or e.filing.claims)
        if family(e.filing) not in late:
            (held if drawn else learnt).append(e)
        elif readable:  # a late title alone neither teaches nor tells
            held.append(e)
    return learnt, held


def chosen(
    examples: Sequence[Example], held: Sequence[Filing], recipe: Data
) -> tuple[list[Example], dict[str, int]]:
    """The examples that a recipe wants, and how many it leaves out, by reason.

    Args:
        held: filings that validate or test; what is too like them is left out.
    """
    removed: dict[str, int] = {}
    kept = []
    for e in examples:
        kind = "title-only" if e.is_title_only else str(e.trust)
        reason = next((k for k in (kind, str(e.trust)) if k in recipe.without), "")
        if reason:
            removed[reason] = removed.get(reason, 0) + 1
        else:
            kept.append(e)
    if recipe.copies < 1.0:
        kept, copies, told = without_duplicates(kept, held, recipe.copies)
        removed |= {"copies of others": copies, "copies of held-out filings": told}
    return kept, removed


def family(filing: Filing) -> str:
    """What the publications of one filing share: office and number, without the kind code.

    Titles and abstracts tell it where there is no number.
    """
    number = KIND_CODE.sub("", re.sub(r"[\W_]", "", filing.id.upper()))
    return number or f"{filing.title}\n{filing.abstract}"


def _share(filing: Filing) -> float:
    """In [0, 1), the same for a whole family."""
    return int.from_bytes(hashlib.sha256(family(filing).encode()).digest()[:4]) / 2**32
