"""What the CPC is: symbols, releases and the tree. No machine learning, no web.

    from taxonomy import load
    load().path("H01M 10/0525")

Rooms: `symbol` (spellings and ranks), `tree` and `walks` (one release), `readers` (official
files), `release` (several files merged and checked), `snapshot`, `details` and `releases` (what is
on this machine), `fetch` (the only one that uses the network), `structure` and `labels` (what
ships with the package), `search`, `allocation` and `rules` (what an office allocated, and what is
wrong with it), `diff`, `report`, `transfer`, `reclassification`, `infer` and `migrate` (from one
release to another), `ipc`, `errors`.
"""

from __future__ import annotations

from taxonomy.allocation import Allocation, CombinationSet
from taxonomy.diff import TaxonomyDiff, compare
from taxonomy.errors import (
    BadSymbolError,
    CpcError,
    FetchError,
    ReleaseFileError,
    SnapshotError,
    UnknownRankError,
    UnknownReleaseError,
    UnknownSymbolError,
)
from taxonomy.flags import Flag
from taxonomy.readers.title_list import read_title_list
from taxonomy.releases import home, import_release, imported, load, packaged
from taxonomy.snapshot import read_snapshot, write_snapshot
from taxonomy.symbol import Rank, Symbol
from taxonomy.transfer import Transfer
from taxonomy.tree import SchemeEntry, Taxonomy

__all__ = [
    "Allocation",
    "BadSymbolError",
    "CombinationSet",
    "CpcError",
    "FetchError",
    "Flag",
    "Rank",
    "ReleaseFileError",
    "SchemeEntry",
    "SnapshotError",
    "Symbol",
    "Taxonomy",
    "TaxonomyDiff",
    "Transfer",
    "UnknownRankError",
    "UnknownReleaseError",
    "UnknownSymbolError",
    "compare",
    "home",
    "import_release",
    "imported",
    "load",
    "packaged",
    "read_snapshot",
    "read_title_list",
    "write_snapshot",
]
