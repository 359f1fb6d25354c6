"""What a revision of the scheme costs and does: difference, closure, migration of labelled patents.

Each symbol of the labelled patents is taken from the newest of the older releases that has it to
2025.05, with the transfers that the reclassification warnings of the scheme XML announce. Prints
what became of all symbols; reads the filings' symbols only, never their texts.
"""

from __future__ import annotations

import gzip
import json
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from machine import SHARED, heading, need_modules, needed

DATA = SHARED / "data"
UNKNOWN = "unknown: a release lacks the groups of its subclass"
LISTS = ("202202", "202208", "202505")
SCHEMES = ("201908", "202105")
MOST_DIFF_S, MOST_CLOSURE_S = 3.0, 1.0


def main() -> None:
    """Measure and print; exit status 1 where a limit is missed."""
    need_modules("taxonomy")
    from taxonomy.diff import compare
    from taxonomy.readers.definitions import read_definitions
    from taxonomy.readers.scheme_xml import read_scheme_xml
    from taxonomy.readers.title_list import read_title_list
    from taxonomy.reclassification import announced

    folder = needed(DATA / "cpc", "the CPC releases", "Put them in ../shared/data.")
    print(heading("A revision of the scheme", "numpy", "scipy"), flush=True)
    lists = [read_title_list(folder / f"CPCTitleList{r}.zip") for r in LISTS]
    schemes = [read_scheme_xml(folder / f"CPCSchemeXML{r}.zip") for r in SCHEMES]
    trees = [*(scheme.taxonomy for scheme in schemes), *lists]
    new = trees[-1]

    print("\n| from | to | added | deleted | retitled | reworded | moved | other dots | s |")
    print("|---|---|---|---|---|---|---|---|---|")
    slowest = 0.0
    for old, late in ((0, 1), (2, 3), (3, 4)):
        start = time.perf_counter()
        c = compare(trees[old], trees[late]).counts()
        took = time.perf_counter() - start
        slowest = max(slowest, took)
        told = [c[k] for k in ("added", "deleted", "retitled", "reworded", "moved", "redotted")]
        cells = " | ".join(f"{count:,}" for count in told)
        print(f"| {trees[old].release} | {trees[late].release} | {cells} | {took:.2f} |")

    drawn = np.random.default_rng(0).integers(len(new), size=1_000_000)
    symbols = [new.symbols[row] for row in drawn]
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        new.closure(symbols)
        seconds.append(time.perf_counter() - start)
    closure = statistics.median(seconds)
    print(f"\nclosure of 1,000,000 symbols: {closure:.2f} s (median of 3)\n", flush=True)

    said = [transfer for scheme in schemes for transfer in announced(scheme)]
    told = read_definitions(folder / "FullCPCDefinitionXML202505.zip")
    migrate(trees, said, {symbol: d.covers for symbol, d in told.items()})
    sys.exit(slowest > MOST_DIFF_S or closure > MOST_CLOSURE_S)


def migrate(trees: list, said: list, definitions: dict[str, str]) -> None:
    """Take all symbols of the labelled patents to the last of the trees, and print the counts."""
    from taxonomy.errors import BadSymbolError
    from taxonomy.migrate import Outcome, fates
    from taxonomy.symbol import Symbol

    new, older = trees[-1], trees[-2::-1]
    filings: list[list[str]] = []
    broken = Counter()
    for record in records():
        found = []
        for text in record["cpc"]:
            try:
                found.append(str(Symbol.parse(text)))
            except BadSymbolError:
                broken[text] += 1
        filings.append(found)
    distinct = {symbol for found in filings for symbol in found}
    known = {}
    for i, tree in enumerate(older):
        mine = {s for s in distinct - known.keys() if s in tree or i == len(older) - 1}
        known |= fates(mine, tree, new, said, definitions)
    total = Counter({UNKNOWN: 0})
    for found in filings:
        for symbol in found:
            total[kind(symbol, known[symbol], older, Outcome)] += 1
    each = Counter(kind(s, fate, older, Outcome) for s, fate in known.items())
    work = sum(any(known[s].look for s in found) for found in filings)
    print("| what becomes of it | symbols | allocations |\n|---|---|---|")
    for name, count in total.most_common():
        print(f"| {name} | {each[name]:,} | {count:,} |")
    print(f"| all | {len(known):,} | {total.total():,} |")
    print(
        f"\n{len(filings):,} filings with CPC symbols, {work:,} to look at; "
        f"{broken.total()} texts that are no symbol"
    )


def kind(symbol: str, fate: object, older: list, outcome: type) -> str:
    """What became of a symbol, in a few words."""
    if fate.outcome == outcome.UNCHANGED:
        return "unchanged, a part went elsewhere" if fate.look else "unchanged"
    if fate.outcome == outcome.TRANSFERRED:
        return "transferred to several" if fate.look else "transferred to one"
    if fate.outcome == outcome.UNKNOWN:
        return UNKNOWN
    if not any(symbol in tree for tree in older):
        return "retired: in no release here"
    if not fate.targets:
        return "retired, no candidate"
    sure = fate.targets[0].confidence >= 0.5
    return f"retired, best candidate {'at least' if sure else 'below'} 0.5"


def records() -> Iterator[dict]:
    """All labelled patents, with their symbols."""
    for path in sorted((DATA / "patents").glob("*.jsonl.gz")):
        if path.name.startswith(("train", "valid", "test")):
            with gzip.open(path, "rt", encoding="utf-8") as lines:
                for line in lines:
                    record = json.loads(line)
                    if record["cpc"]:
                        yield {"cpc": record["cpc"]}


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    main()
