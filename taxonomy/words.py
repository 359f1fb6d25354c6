"""From a text to the words that are searched for.

A word is a run of letters and digits without its case. British spellings become American ones
(`fibre`, `moulding`, `vaporise`) and a few British words the American ones, on both sides, so that
either finds the other. Endings are not cut here: the Porter stemmer of SQLite does that. Hyphens
part words, and the parts are also one word: `fork-lift` is `fork`, `lift`, `forklift`. Hangul has
no stems that a table of endings could cut, so its words are taken as pairs of syllables
(`연료전지` is `연료`, `료전`, `전지`), which find a word whatever particle or blank follows it.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

__all__ = ["LONGEST_WORD", "STOP_WORDS", "folded", "syllable_pairs", "typed_words", "words"]

LONGEST_WORD = 64  # characters; what is longer is cut
STOP_WORDS = frozenset(
    "a an and are as at be being by e eg etc for from g general has having i ie in into is it its "
    "like means not of on or other otherwise per provided so such than that the thereby therefor "
    "therefore therein thereof thereto this those to using use used which with within".split()
)
"""Words that say nothing of a place; they are left out unless a query has no others."""

_RUN = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_SCRIPT = re.compile(r"[\uac00-\ud7a3]+|[^\uac00-\ud7a3]+")
_SPELLINGS = tuple(
    (re.compile(old), new)
    for old, new in (
        (r"(?<=[a-z]{3})our", "or"), (r"\bodour", "odor"),
        (r"(fib|cent|met|lit|calib|theat)re(?!ng)", r"\1er"),
        (r"(?<=[a-z]{3})is(e|ed|er|ers|es|ing|able|ation|ations)\b", r"iz\1"),
        (r"lys(e|ed|er|ers|es|ing)\b", r"lyz\1"),
        (r"(travel|cancel|label|model|signal|level|channel|tunnel|fuel|swivel)l(?=ed|er|i)", r"\1"),
        (r"mould", "mold"), (r"plough", "plow"), (r"aluminium", "aluminum"), (r"sulph", "sulf"),
        (r"\btyre", "tire"), (r"aeroplane", "airplane"), (r"programme", "program"),
        (r"\bdisc(?=s?\b)", "disk"), (r"anaesth", "anesth"), (r"\bhaem", "hem"), (r"oedem", "edem"),
        (r"oestr", "estr"), (r"\bfoet", "fet"), (r"paed", "ped"), (r"\bgrey", "gray"),
        (r"logue(?=s?\b)", "log"), (r"draught", "draft"), (r"\bgauge", "gage"), (r"\bkerb", "curb"),
        (r"(lic|def|off)ence", r"\1ense"), (r"artefact", "artifact"), (r"cheque", "check"),
        (r"jewellery", "jewelry"), (r"\bdrier", "dryer"), (r"conveyer", "conveyor"),
        (r"adapter", "adaptor"), (r"windscreen", "windshield"), (r"\bspanner", "wrench"),
        (r"\bnapp(y|ies)\b", "diaper"), (r"\bpetrol\b", "gasoline"), (r"\blorr(y|ies)\b", "truck"),
        (r"railroad", "railway"),
    )
)  # fmt: skip


def words(text: str) -> list[str]:
    """The words of a title, folded, stop words and joined hyphens included, in order.

    >>> words("Fork-lift trucks, e.g. 지게차")
    ['fork', 'lift', 'forklift', 'trucks', 'e', 'g', '지게', '게차']
    """
    found: list[str] = []
    for run in _runs(text):
        if run.isascii() and "-" not in run:  # nearly all
            found.append(folded(run))
            continue
        parts = run.split("-")
        for part in parts:
            found += _pieces(part)
        if 1 < len(parts) <= 3 and all(part.isalpha() for part in parts):
            found += (folded(a + b) for a, b in itertools.pairwise(parts))
    return found


def typed_words(query: str) -> list[str]:
    """The words of a query, folded, in order.

    >>> typed_words("ink-jet 프린터")
    ['ink', 'jet', '프린', '린터']
    """
    return [word for run in _runs(query) for part in run.split("-") for word in _pieces(part)]


def _runs(text: str) -> list[str]:
    """The words of a text with their hyphens, case-folded."""
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return _RUN.findall(plain.casefold())


def _pieces(part: str) -> Iterable[str]:
    """A run of letters and figures as folded words: one, unless there is Hangul in it."""
    if part.isascii():
        return (folded(part),)
    scripts = _SCRIPT.findall(part[:LONGEST_WORD])
    return [word for piece in scripts for word in syllable_pairs(piece) or (folded(piece),)]


@lru_cache(200_000)
def folded(word: str) -> str:
    """One word without case, in American spelling.

    >>> folded("Fibres"), folded("vaporising"), folded("Übertragung")
    ('fibers', 'vaporizing', 'übertragung')
    """
    word = word.casefold()[:LONGEST_WORD]
    if word.isascii() and len(word) > 3:
        for old, new in _SPELLINGS:
            word = old.sub(new, word)
    return word


def syllable_pairs(word: str) -> tuple[str, ...]:
    """The pairs of neighbouring syllables of a word in Hangul, () for a word in other letters.

    >>> syllable_pairs("냉장고"), syllable_pairs("차")
    (('냉장', '장고'), ('차',))
    """
    if not "\uac00" <= word[:1] <= "\ud7a3":
        return ()
    return tuple(word[i : i + 2] for i in range(len(word) - 1)) or (word,)
