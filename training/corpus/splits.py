"""Who is learnt from and who validates: by date, by family, by a share; and what is left out.

Depends on each record alone, not on the others of its file, but for copies of one filing.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence

from cpc_classifier.filing import Filing
from training.corpus.duplicates import without_duplicates
from training.corpus.examples import Example
from training.corpus.families import family
from training.corpus.trust import Known
from training.corpus.weights import filing_weights, trust_weights
from training.recipe import Data, Recipe

__all__ = ["chosen", "split"]


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
    examples: Sequence[Example], held: Sequence[Filing], recipe: Recipe
) -> tuple[list[Example], dict[str, int]]:
    """The examples that a recipe wants, and how many it leaves out, by reason.

    Args:
        held: filings that validate or test; what is too like them is left out.
    """
    weights = filing_weights(examples, recipe.corpus)
    kept, removed = [], Counter[str]()
    for e, weight, trust in zip(
        examples, weights, trust_weights(examples, recipe.corpus), strict=True
    ):
        if weight > 0:
            kept.append(e)
        else:
            removed[f"weight 0: {e.trust if trust == 0 else 'title-only'}"] += 1
    if recipe.data.copies < 1.0:
        kept, gone = without_duplicates(kept, held, recipe.data.copies)
        removed["of a family that is learnt"] = gone.families
        removed["copies of others"] = gone.copies
        removed["held-out filings and copies of them"] = gone.held
    return kept, dict(removed)


def _share(filing: Filing) -> float:
    """In [0, 1), the same for a whole family."""
    return int.from_bytes(hashlib.sha256(family(filing).encode()).digest()[:4]) / 2**32
