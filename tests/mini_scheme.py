"""A small release of an invented scheme, written as the official title list is.

Sections A, H and Y are filled, the other six hold only themselves. There are a 2000-series code
in the middle of a main group, a 2000-series main group, and a chain of six dots. A later release
has changes of every kind.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from pathlib import Path

import pytest

from taxonomy.flags import Flag
from taxonomy.readers.title_list import read_title_list
from taxonomy.tree import SchemeEntry, Taxonomy

RELEASE = "2030.01"
DATE = "20300101"

# One row a line: symbol, dots ("-" above main groups), title.
ROWS = """
A - Daily life
A01 - Growing plants and keeping animals
A01B - Turning the soil
A01B1/00 0 Spades and hoes (lawn tools A01B3/00)
A01B1/02 1 Spades
A01B1/022 2 that fold
A01B1/024 2 with a step for the foot
A01B1/04 1 Hoes
A01B2001/045 2 {Hoes for show gardens}
A01B1/06 1 Handles; Grips
A01B3/00 0 Ploughs
A01B3/02 1 pushed by hand
A01B3/04 1 drawn by horses
A01B3/041 2 by one horse
A01B999/00 0 Soil turned in ways not named elsewhere
A01K - Keeping animals
A01K1/00 0 Stables
A01K1/01 1 Stalls for horses
A01K5/00 0 Feeding troughs
A61 - Healing
A61B - Finding out what ails
A61B5/00 0 Measuring the body
A61B5/02 1 Pulse; Blood pressure
A61B5/021 2 Blood pressure at the wrist
A61B2503/00 0 Who is measured
A61B2503/10 1 Athletes
B - Making and moving
C - Substances
D - Cloth and paper
E - Buildings
F - Engines and heat
G - Measuring and computing
H - Electricity
H01 - Electric parts
H01M - Cells that store charge
H01M4/00 0 Electrodes
H01M4/02 1 of active material
H01M4/13 2 for lithium cells (whole cells H01M10/05)
H01M10/00 0 Rechargeable cells
H01M10/05 1 without water
H01M10/052 2 with lithium
H01M10/0525 3 Lithium-ion batteries
H01M10/0526 4 wound
H01M10/05261 5 round
H01M10/05263 6 of the size of a thumb
H01M10/056 2 by their electrolyte
H01M10/42 1 Care of cells
H01M10/425 2 {Battery monitors}
H01M2220/00 0 Uses of cells
H01M2220/20 1 Cells in vehicles
H01M2220/30 1 Cells in telephones
H04 - Sending messages
H04L - Messages in digits
H04L9/00 0 Secret messages
H04L9/08 1 Handing over keys
H04L9/0852 2 by single photons; Übertragung
Y - Tags across all sections
Y02 - Against the heating of the climate
Y02E - Less greenhouse gas from power
Y02E10/00 0 Power from sun and wind
Y02E10/70 1 Wind
Y02E10/72 2 Windmills with a lying shaft
"""


EDITED, LATER = "2030.05", "2030.08"
# What changes in the later release: a row, and the rows in its place.
CHANGES = {
    "A01B1/022 2 that fold": "A01B1/022 2 that  fold",
    "A01B1/024 2 with a step for the foot": (
        "A01B1/023 1 Spades with steps\nA01B1/024 2 with a step for the foot"
    ),
    "A01B3/00 0 Ploughs": "A01B3/00 0 {Ploughs}",
    "A01B3/041 2 by one horse": "A01B3/05 1 drawn by a single horse",
    "A61B2503/00 0 Who is measured\n": "",
    "A61B2503/10 1 Athletes\n": "",
    "C - Substances": "C - Substances\nC07 - Of carbon\nC07B - How they are made",
    "H01M4/13 2 for lithium cells (whole cells H01M10/05)": (
        "H01M4/13 2 for lithium cells (whole cells H01M10/052)"
    ),
    "H01M10/056 2 by their electrolyte": "H01M10/056 3 by their electrolyte",
    "H04L9/08 1 Handing over keys": "H04L9/08 1 Handing over or sharing keys",
}
"""Old and new text; applied to `ROWS`."""


def rows(text: str = ROWS) -> list[tuple[str, str, str]]:
    """Symbol, dots as written in the files, title."""
    parts = [line.split(" ", 2) for line in text.strip().splitlines()]
    return [(symbol, "" if dots == "-" else dots, title) for symbol, dots, title in parts]


def later_scheme() -> Taxonomy:
    """The later release."""
    text = ROWS
    for old, new in CHANGES.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return Taxonomy.from_entries(
        LATER, [SchemeEntry(s, int(dots) if dots else -1, title) for s, dots, title in rows(text)]
    )


def write_title_list(folder: Path, date: str = DATE) -> Path:
    """Writes the nine files into a folder, and gives the folder."""
    texts: dict[str, str] = {}
    for row in rows():
        texts[row[0][0]] = texts.get(row[0][0], "") + "\t".join(row) + "\r\n"
    for section, text in texts.items():
        (folder / f"cpc-section-{section}_{date}.txt").write_bytes(text.encode())
    return folder


def edited(
    tree: Taxonomy,
    without: Set[str] = frozenset(),
    titles: Mapping[str, str] | None = None,
    flags: Mapping[str, Flag] | None = None,
) -> Taxonomy:
    """A release of May 2030 without some symbols, and with other titles and flags of some.

    The children of a symbol that is left out go to its parent.
    """
    kept = [row for row, symbol in enumerate(tree.symbols) if symbol not in without]
    place = {-1: -1}
    for row in range(len(tree)):
        place[row] = kept.index(row) if row in kept else place[int(tree.parent_rows[row])]
    symbols = [tree.symbols[row] for row in kept]
    return Taxonomy(
        EDITED,
        symbols,
        [place[int(tree.parent_rows[row])] for row in kept],
        tree.ranks[kept],
        [(titles or {}).get(s, tree.title(s)) for s in symbols],
        [(flags or {}).get(s, tree.flag(s)) for s in symbols],
    )


@pytest.fixture
def mini_title_list(tmp_path: Path) -> Path:
    """A folder with the nine files, which the test may change."""
    folder = tmp_path / "title-list"
    folder.mkdir()
    return write_title_list(folder)


@pytest.fixture(scope="session")
def mini_scheme(tmp_path_factory: pytest.TempPathFactory) -> Taxonomy:
    """The mini scheme, read from its files."""
    return read_title_list(write_title_list(tmp_path_factory.mktemp("mini")))
