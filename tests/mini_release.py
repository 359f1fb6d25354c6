"""A release of the mini scheme with invented titles, down to subgroups."""

from __future__ import annotations

from tiny_bundle import DEEPER, TITLES

from taxonomy.tree import SchemeEntry, Taxonomy


def mini_release(name: str = "2031.01", without: str = "", **added: str) -> Taxonomy:
    """The mini scheme as a release.

    Args:
        name: of the release.
        without: a subgroup that it does not have, with those below it.
        added: new main groups and subgroups as `H01M10_054="H01M10/05 words of the title"`.
    """
    above = {s: up for s, (up, _) in DEEPER.items()}
    title = TITLES | {s: words for s, (_, words) in DEEPER.items()}
    for key, value in added.items():
        symbol = key.replace("_", "/")
        above[symbol], title[symbol] = value.split(" ", 1)
    gone = {s for s in title if s == without or _under(s, without, above)}
    entries: list[SchemeEntry] = []

    def take(symbol: str, dots: int) -> None:
        entries.append(SchemeEntry(symbol, dots, title[symbol]))
        for child in sorted(s for s, up in above.items() if up == symbol and s not in gone):
            take(child, 0 if child.endswith("/00") else dots + 1)

    for symbol in TITLES:
        take(symbol, 0 if "/" in symbol else -1)
    return Taxonomy.from_entries(name, entries)


def _under(symbol: str, top: str, above: dict[str, str]) -> bool:
    while symbol in above:
        symbol = above[symbol]
        if symbol == top:
            return True
    return False
