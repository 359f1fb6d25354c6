"""What the CPC is: symbols, releases and the tree. No machine learning, no web.

    from taxonomy import load
    load().path("H01M 10/0525")

The modules: `symbol` (spellings and ranks), `tree` (one release), `readers` (official files),
`snapshot` and `releases` (what is on this machine), `structure` and `labels` (what ships with the
package), `search`, `errors`.
"""

from __future__ import annotations

from taxonomy.errors import (
    BadSymbolError,
    CpcError,
    ReleaseFileError,
    SnapshotError,
    UnknownRankError,
    UnknownReleaseError,
    UnknownSymbolError,
)
from taxonomy.readers.title_list import read_title_list
from taxonomy.releases import home, import_release, imported, load, packaged
from taxonomy.snapshot import read_snapshot, write_snapshot
from taxonomy.symbol import Rank, Symbol
from taxonomy.tree import SchemeEntry, Taxonomy

__all__ = [
    "BadSymbolError",
    "CpcError",
    "Rank",
    "ReleaseFileError",
    "SchemeEntry",
    "SnapshotError",
    "Symbol",
    "Taxonomy",
    "UnknownRankError",
    "UnknownReleaseError",
    "UnknownSymbolError",
    "home",
    "import_release",
    "imported",
    "load",
    "packaged",
    "read_snapshot",
    "read_title_list",
    "write_snapshot",
]
