"""What a filing is: its texts, its dates, and the CPC symbols an office has allocated to it.

Owns the value types only; `cpc_classifier.intake` fills them. Texts are kept out of every
`repr`, so that a filing that is printed or logged by accident does not show what it says.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from taxonomy.allocation import Allocation, CombinationSet
from taxonomy.errors import CpcError

__all__ = ["TEXT_FIELDS", "ClassifiedFiling", "Filing", "Item", "Unreadable"]

TEXT_FIELDS = ("title", "abstract", "claims", "description")


@dataclass(frozen=True, slots=True)
class Filing:
    """One patent document; "" stands for whatever is not known.

    Attributes:
        id: publication number (`US10000000B2`, `EP1605745A1`) or what the sender calls it.
        title: one line, in `language`.
        abstract: paragraphs separated by a newline.
        claims: one line a claim, each beginning with its number.
        description: paragraphs, headings and table rows, separated by a newline.
        language: ISO 639-1, lower case.
        filing_date: ISO 8601, `2024-05-31`.
        publication_date: ISO 8601, `2024-05-31`.
    """

    id: str
    title: str = field(default="", repr=False)
    abstract: str = field(default="", repr=False)
    claims: str = field(default="", repr=False)
    description: str = field(default="", repr=False)
    language: str = ""
    filing_date: str = ""
    publication_date: str = ""

    @property
    def characters(self) -> int:
        """Length of all texts together, in characters."""
        return sum(len(getattr(self, name)) for name in TEXT_FIELDS)

    @property
    def filled(self) -> tuple[str, ...]:
        """Names of the fields that hold a text (white space is not text)."""
        return tuple(name for name in TEXT_FIELDS if getattr(self, name).strip())

    @property
    def is_empty(self) -> bool:
        """Whether no field holds a text."""
        return not self.filled


@dataclass(frozen=True, slots=True)
class ClassifiedFiling:
    """A filing and the allocations that came with it.

    Attributes:
        filing: the document.
        allocations: in the order of the document; empty where it has none.
        release: CPC release the allocations were made in, e.g. "2025.05", or "".
        combinations: its combination sets, in the order of the document.
    """

    filing: Filing
    allocations: tuple[Allocation, ...] = ()
    release: str = ""
    combinations: tuple[CombinationSet, ...] = ()


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A filing, or a whole file, that could not be read; the others go on.

    Attributes:
        id: the filing's number where it could be found, else `name#position` or the file's name.
        error: why, in words that hold nothing of the filing's text.
    """

    id: str
    error: CpcError


Item = Filing | ClassifiedFiling | Unreadable
"""What a reader of filings gives, and what is classified."""
