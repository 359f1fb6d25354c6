"""Allocations of one release in terms of another: what stays, what goes where, what a person must
decide.

An official transfer to one symbol is applied; several are offered, and so are inferred ones, which
are never applied. A symbol that is in neither release is accounted for as retired.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from taxonomy.allocation import ADDITIONAL, INVENTIVE, Allocation
from taxonomy.diff import uncompared
from taxonomy.flags import Flag
from taxonomy.infer import infer
from taxonomy.transfer import INFERRED, Transfer, resolve
from taxonomy.tree import Taxonomy

__all__ = ["Fate", "Migrated", "Outcome", "WorkItem", "applied", "fates", "migrate", "worklist"]


class Outcome(StrEnum):
    """What becomes of a symbol."""

    UNCHANGED = "unchanged"
    """It is in the new release."""
    TRANSFERRED = "transferred"
    """It is not, and an office or a table of one's own says where its documents went."""
    RETIRED = "retired"
    """It is not, and nobody says where, or there is no such place."""
    UNKNOWN = "unknown"
    """Nobody can tell: the new release, as it is here, lacks all groups of its subclass."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a symbol, the same for all filings that have it.

    Attributes:
        outcome: see `Outcome`.
        targets: where it went, most confident first; for a retired one, inferred candidates; for
            an unchanged one, where a part of its documents went.
        look: why a person must look at the filings, "" where nobody must.
        additional: whether it went to one place, and that is for additional information only.
    """

    outcome: Outcome
    targets: tuple[Transfer, ...]
    look: str
    additional: bool = False


@dataclass(frozen=True, slots=True)
class Migrated:
    """An allocation of the old release and what becomes of it."""

    allocation: Allocation
    fate: Fate

    @property
    def look(self) -> str:
        """Why a person must look at it, "" where nobody must; see `Fate` and `applied`."""
        fate = self.fate
        if fate.additional and not fate.look and self.allocation.kind == INVENTIVE:
            return f"it was inventive; {fate.targets[0].target} is for additional information only"
        return fate.look


@dataclass(frozen=True, slots=True)
class WorkItem:
    """A symbol of a filing that a person must look at; `migrated.look` says why."""

    filing: str
    migrated: Migrated


def fates(
    symbols: Iterable[str],
    old: Taxonomy,
    new: Taxonomy,
    transfers: Iterable[Transfer] = (),
    definitions: Mapping[str, str] | None = None,
) -> dict[str, Fate]:
    """What becomes of each symbol.

    Args:
        symbols: as the official files print them, in any order.
        old, new: the releases.
        transfers: what offices and tables of one's own say.
        definitions: symbol of the new release -> what its definition says, to infer with.

    Returns:
        Symbol -> its fate.

    Raises:
        ReleaseFileError: one of the releases has subgroups and the other does not.
    """
    said = _followed(transfers, new)
    lacking = {s for s in uncompared(old, new) if not new.children(s)}
    asked = list(dict.fromkeys(symbols))
    known = {symbol: _told(symbol, said.get(symbol, ()), old, new) for symbol in asked}
    lost = [s for s in asked if known[s].outcome == Outcome.RETIRED and not _ended(said.get(s, ()))]
    for symbol in lost:
        if symbol[:4] in lacking:
            look = f"release {new.release}, as it is here, lacks the groups of {symbol[:4]}"
            known[symbol] = Fate(Outcome.UNKNOWN, (), look)
    for symbol, guesses in infer(lost, old, new, definitions).items():
        known[symbol] = replace(known[symbol], targets=guesses)
    return known


def _followed(transfers: Iterable[Transfer], new: Taxonomy) -> dict[str, tuple[Transfer, ...]]:
    """Transfers by symbol; one to a symbol that is gone itself is followed to where that went.

    A symbol that is still there is not followed: its transfers are those of a part of it.
    """
    parts: dict[str, list[Transfer]] = {}
    whole: list[Transfer] = []
    for transfer in transfers:
        if transfer.symbol in new:
            parts.setdefault(transfer.symbol, []).append(transfer)
        else:
            whole.append(transfer)
    ends = resolve(whole)
    return {symbol: tuple(said) for symbol, said in parts.items()} | {
        symbol: tuple(t for t in said if t.target in new or t.target not in ends)
        for symbol, said in ends.items()
    }


def migrate(
    allocations: Iterable[Allocation],
    old: Taxonomy,
    new: Taxonomy,
    transfers: Iterable[Transfer] = (),
) -> tuple[Migrated, ...]:
    """What becomes of each allocation, in their order.

    Args:
        allocations: of one filing or of many.
        old, new: the releases.
        transfers: what offices and tables of one's own say.
    """
    given = tuple(allocations)
    known = fates((a.symbol for a in given), old, new, transfers)
    return tuple(Migrated(a, known[a.symbol]) for a in given)


def applied(migrated: Iterable[Migrated]) -> tuple[Allocation, ...]:
    """The allocations that hold in the new release without a person's decision.

    Those that stay, and the targets of those that went to one place for sure, whose version is
    unknown then. Where that place is for additional information only, an inventive symbol becomes
    an additional one, as `rules.repair` would make it; since nothing inventive may be left then,
    and no rule tells, a person must look at it all the same (`Migrated.look`). Where two become
    one, the inventive one is kept, or else the first. Which is the first of the filing may have to
    be set anew (see `rules.repair`).

    Args:
        migrated: of one filing.
    """
    kept: dict[str, Allocation] = {}
    for one in migrated:
        allocation = one.allocation
        if one.fate.outcome == Outcome.TRANSFERRED and not one.fate.look:
            target = one.fate.targets[0].target
            kind = ADDITIONAL if one.fate.additional else allocation.kind
            allocation = replace(allocation, symbol=target, kind=kind, version="")
        elif one.fate.outcome != Outcome.UNCHANGED:
            continue
        before = kept.setdefault(allocation.symbol, allocation)
        if allocation.kind == INVENTIVE != before.kind:
            kept[allocation.symbol] = allocation
    return tuple(kept.values())


def worklist(
    filings: Iterable[tuple[str, Iterable[Allocation]]], known: Mapping[str, Fate]
) -> Iterator[WorkItem]:
    """The symbols that a person must look at, filing by filing.

    Args:
        filings: the id of each and its allocations.
        known: the fates of all their symbols.
    """
    for filing, allocations in filings:
        for allocation in allocations:
            migrated = Migrated(allocation, known[allocation.symbol])
            if migrated.look:
                yield WorkItem(filing, migrated)


def _ended(said: Iterable[Transfer]) -> bool:
    """Whether somebody says that a symbol was retired without another place."""
    return any(not transfer.target for transfer in said)


def _told(symbol: str, said: Sequence[Transfer], old: Taxonomy, new: Taxonomy) -> Fate:
    """The fate as far as it is said; of several sayings of one place, the most confident holds."""
    best: dict[str, Transfer] = {}
    for transfer in sorted(said, key=lambda transfer: -transfer.confidence):
        if transfer.target and transfer.target != symbol and transfer.target in new:
            best.setdefault(transfer.target, transfer)
    targets = tuple(best.values())
    shared = tuple(replace(t, confidence=t.confidence / len(targets)) for t in targets)
    if symbol in new:
        return Fate(Outcome.UNCHANGED, shared, "a part went to other places" if targets else "")
    if len(targets) > 1:
        return Fate(Outcome.TRANSFERRED, shared, f"it went to one or more of {len(targets)} places")
    elsewhere = ", ".join(
        dict.fromkeys(t.target for t in said if t.target not in ("", symbol, *best))
    )
    if targets and elsewhere:
        look = f"it went to {elsewhere}, too, which {new.release} does not have"
        return Fate(Outcome.TRANSFERRED, targets, look)
    if targets:
        look = "the place is inferred" if targets[0].source == INFERRED else ""
        additional = bool(new.flag(targets[0].target) & Flag.ADDITIONAL_ONLY)
        return Fate(Outcome.TRANSFERRED, targets, look, additional)
    if _ended(said):
        return Fate(Outcome.RETIRED, (), "it was retired without another place")
    if elsewhere:
        return Fate(
            Outcome.RETIRED, (), f"it went to {elsewhere}, which {new.release} does not have"
        )
    where = old.release if symbol in old else f"neither {old.release} nor {new.release}"
    return Fate(Outcome.RETIRED, (), f"it is of {where}, and nobody says where it went")
