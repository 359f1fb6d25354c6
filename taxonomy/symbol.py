"""CPC symbols in every spelling in use, and the five ranks they come in.

Owns the grammar of a symbol; knows no release. How deep a subgroup lies is not in its digits,
and neither is the main group above a 2000-series code: only the tree knows.

Sources: Guide to the CPC, section 2 (symbols and their order); WIPO standard ST.8 for the
zero-padded form; the order of 2000-series codes as it is in the official title lists.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import IntEnum

from taxonomy.errors import BadSymbolError, UnknownRankError

__all__ = ["Rank", "Symbol"]


class Rank(IntEnum):
    """The five levels of the scheme; a higher rank has a lower value."""

    SECTION = 0
    CLASS = 1
    SUBCLASS = 2
    MAIN_GROUP = 3
    SUBGROUP = 4

    @property
    def label(self) -> str:
        """The name as it is written in results and options, such as `main-group`."""
        return self.name.lower().replace("_", "-")

    @classmethod
    def parse(cls, label: str) -> Rank:
        """Reads a label such as `main-group`; case does not matter.

        Raises:
            UnknownRankError: no rank has this label.
        """
        for rank in cls:
            if rank.label == label.strip().lower():
                return rank
        known = ", ".join(rank.label for rank in cls)
        raise UnknownRankError(f"{_shown(label)} is no level of the CPC; use one of {known}")


_ACCEPTED = "write it like H, H01, H01M, H01M10/0525, H01M 10/0525 or H01M0010052500"
_LONGEST = 60  # characters; the longest spelling in use has about 30
_PLAIN = re.compile(
    r"(?P<section>[A-HY])"
    r"(?:(?P<digits>[0-9]{2})"
    r"(?:(?P<letter>[A-Z])"
    r"(?: ?(?P<group>[0-9]{1,4}) ?/ ?(?P<subgroup>[0-9]{2,6}))?)?)?"
    r"(?: ?\([0-9]{4}\.[0-9]{2}\))?"
)
_PADDED = re.compile(
    r"(?P<section>[A-HY])(?P<digits>[0-9]{2})(?P<letter>[A-Z])"
    r"(?P<group>[0-9]{4})(?P<subgroup>[0-9]{6})"
)


@dataclass(frozen=True, slots=True, order=True)
class Symbol:
    """One place in the CPC; symbols compare in the order of the scheme.

    Attributes:
        section: one letter, A to H or Y.
        digits: two digits of the class, "" for a section.
        letter: the letter of the subclass, "" above it.
        group: the number of the main group, 1 to 9999; 0 above it.
        subgroup: 2 to 6 digits after the stroke, "00" for a main group, "" above it.
    """

    section: str = field(compare=False)
    digits: str = field(default="", compare=False)
    letter: str = field(default="", compare=False)
    group: int = field(default=0, compare=False)
    subgroup: str = field(default="", compare=False)
    _order: tuple[str, str, str, int, str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        # A subgroup's digits sort as a decimal fraction, which is how texts compare; a main
        # group comes before all of its subgroups.
        fraction = "" if self.subgroup == "00" else self.subgroup
        order = (
            self.section, self.digits, self.letter, _place(self.group), fraction, self.group,
        )  # fmt: skip
        object.__setattr__(self, "_order", order)

    @classmethod
    def parse(cls, text: str) -> Symbol:
        """Reads a symbol in any spelling.

        Args:
            text: `H01M10/0525`, `H01M 10/0525` with any spaces, `H01M0010052500`,
                `H01M10/0525 (2013.01)`, `H01M`, `H01` or `H`, in capitals or not.

        Returns:
            The symbol; zeros that only fill up the subgroup beyond two digits are gone.

        Raises:
            BadSymbolError: `text` is no symbol; says what is wrong and what is accepted.
        """
        spaced = " ".join(text[: _LONGEST + 1].split())
        upper = spaced.upper() if spaced.isascii() else spaced
        found = _PLAIN.fullmatch(upper) or _PADDED.fullmatch(upper)
        if found is None or len(text) > _LONGEST:
            raise BadSymbolError(f"{_shown(text)} is no CPC symbol: {_fault(upper)}; {_ACCEPTED}")
        group, subgroup = found["group"], found["subgroup"]
        if group is None:
            return cls(found["section"], found["digits"] or "", found["letter"] or "")
        if int(group) == 0:
            raise BadSymbolError(f"{_shown(text)} is no CPC symbol: no group 0; {_ACCEPTED}")
        return cls(
            found["section"],
            found["digits"],
            found["letter"],
            int(group),
            subgroup[:2] + subgroup[2:].rstrip("0"),
        )

    def __str__(self) -> str:
        top = self.section + self.digits + self.letter
        return f"{top}{self.group}/{self.subgroup}" if self.group else top

    @property
    def rank(self) -> Rank:
        """How far down the symbol is written."""
        if self.group:
            return Rank.MAIN_GROUP if self.subgroup == "00" else Rank.SUBGROUP
        return Rank(bool(self.digits) + bool(self.letter))

    @property
    def is_indexing(self) -> bool:
        """Whether it is a 2000-series code, which is for additional information only."""
        return self.group >= 2000

    @property
    def is_additional_only(self) -> bool:
        """Whether it never says what is inventive: the 2000-series and all of section Y."""
        return self.is_indexing or self.section == "Y"

    @property
    def padded(self) -> str:
        """The 14 characters of the zero-padded form; as it is above main groups."""
        top = self.section + self.digits + self.letter
        return f"{top}{self.group:04}{self.subgroup:0<6}" if self.group else top

    def at(self, rank: Rank) -> Symbol:
        """The symbol above (or this one itself) at a rank, by its digits alone.

        For the main group of a 2000-series code ask the tree: A01C2001/048 lies under A01C1/00.

        Raises:
            BadSymbolError: the symbol is not written down to that rank.
        """
        if self.rank < rank:
            raise BadSymbolError(f"{self} is a {self.rank.label} and names no {rank.label}")
        if rank == Rank.SUBGROUP:
            return self
        if rank == Rank.MAIN_GROUP:
            return Symbol(self.section, self.digits, self.letter, self.group, "00")
        digits = self.digits if rank >= Rank.CLASS else ""
        return Symbol(self.section, digits, self.letter if rank >= Rank.SUBCLASS else "")


def _place(group: int) -> int:
    """Where a group stands in its subclass: that of a 2000-series code is its number less 2000.

    999/00 closes the subclass.
    """
    if group == 999:
        return 10_000
    return group - 2000 if group >= 2000 else group


def _shown(text: str) -> str:
    return repr(text if len(text) <= _LONGEST else text[:_LONGEST] + "…")


def _fault(upper: str) -> str:
    """What is wrong with a text, in a few words."""
    if not upper:
        return "it is empty"
    if len(upper) > _LONGEST:
        return "it is too long"
    steps = (
        (r"[A-HY]", "it does not start with a section, A to H or Y"),
        (r".($|[0-9]{2})", "a class has two digits after the section"),
        (r".{1,3}$|.{3}[A-Z]", "a subclass has a letter after the class"),
        (r".{1,4}$|.{4}[ (]?[0-9]", "a group is a number after the subclass"),
        (r".*/|.{4}[0-9]{10}$", "there is no stroke between group and subgroup"),
        (r".{4} ?[0-9]{1,4} ?/", "a group has 1 to 4 digits"),
        (r".*/ ?[0-9]{2,6}(\D|$)", "a subgroup has 2 to 6 digits"),
    )
    return next((s for pattern, s in steps if not re.match(pattern, upper)), "the end is odd")
