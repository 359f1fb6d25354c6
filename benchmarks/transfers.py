"""How well deleted symbols find their successors, and the weights of `taxonomy/infer.py`.

The reclassification warnings of a scheme say where documents go; groups that name at most ten
targets are taken as if they had been deleted, and all targets of such warnings as if they had been
added. A logistic regression learns from four fifths of the classes which candidate is a target,
and is measured on the rest, in turns. The weights that are printed are those of all classes.

What this does not show: real deletions are not known to be like announced ones, and every target
counts as added here, so that the weight of "added" is as high as it can be; the rows without it
say what is left where the target is older than the release that is compared. The second last
table tells of symbols that a release before announced and this one deleted: such ones.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from machine import SHARED, heading, need_modules, needed, stop
from numpy.typing import NDArray

if TYPE_CHECKING:
    from taxonomy.scheme import Scheme

OLDER = SHARED / "data" / "cpc" / "CPCSchemeXML201908.zip"
SCHEME = SHARED / "data" / "cpc" / "CPCSchemeXML202105.zip"
DEFINITIONS = SHARED / "data" / "cpc" / "FullCPCDefinitionXML202505.zip"
MOST_TARGETS = 10
FOLDS = 5
RIDGE = 1e-3  # on the weights, beside 100 times the mean loss of a candidate
BOUNDS = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0)

Features = NDArray[np.float64]
Hits = NDArray[np.bool_]


def evidence(scheme: Scheme, covers: dict[str, str]) -> tuple[Features, Hits, list[str]]:
    """What speaks for each candidate, which of them are targets, and the class of each symbol.

    Args:
        scheme: whose warnings are learnt from.
        covers: symbol -> what its definition says.

    Returns:
        float64 (k, m, f), bool (k, m), and k symbols of classes.
    """
    from taxonomy.infer import candidates, gather
    from taxonomy.reclassification import announced

    tree = scheme.taxonomy
    named: dict[str, set[str]] = defaultdict(set)
    for transfer in announced(scheme):
        pair = transfer.symbol, transfer.target
        if all("/" in symbol and symbol in tree for symbol in pair):
            named[transfer.symbol].add(transfer.target)
    targets = {symbol: to for symbol, to in named.items() if len(to) <= MOST_TARGETS}
    if not targets:
        stop(f"release {tree.release} announces no transfers that could be learnt from")
    symbols = sorted(targets, key=tree.row)
    added = np.zeros(len(tree), bool)
    added[tree.rows(set().union(*targets.values()))] = True
    rows = tree.rows(symbols)
    pool = candidates(tree, rows, tree, added)
    found = gather(tree, rows, tree, pool, added, covers)
    hits = np.array(
        [
            [tree.symbols[row] in targets[symbol] for row in near]
            for symbol, near in zip(symbols, found.rows.tolist(), strict=True)
        ]
    )
    print(f"symbols   {len(symbols):,}, with {int(added.sum()):,} targets")
    return found.features.astype(np.float64), hits, [symbol[:3] for symbol in symbols]


def fit(features: Features, hits: Hits) -> NDArray[np.float64]:
    """The weights of a logistic regression, and its bias at the end: float64 (f + 1,)."""
    from scipy.optimize import minimize
    from scipy.special import expit, log_expit

    x, y = features.reshape(-1, features.shape[2]), hits.ravel()

    def loss(w: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        z = x @ w[:-1] + w[-1]
        wrong = expit(z) - y
        slope = np.append(x.T @ wrong, wrong.sum()) / len(y) * 100
        slope[:-1] += 2 * RIDGE * w[:-1]
        mean = -np.where(y, log_expit(z), log_expit(-z)).mean()
        return float(mean * 100 + RIDGE * (w[:-1] ** 2).sum()), slope

    start = np.zeros(x.shape[1] + 1)
    options = {"maxiter": 500}
    return np.asarray(minimize(loss, start, jac=True, method="L-BFGS-B", options=options).x)


def scores(features: Features, hits: Hits, classes: Sequence[str]) -> NDArray[np.float64]:
    """The score of each candidate by weights that have not seen its class: float64 (k, m)."""
    names, number = np.unique(classes, return_inverse=True)
    fold = np.random.default_rng(0).integers(0, FOLDS, len(names))[number]
    found = np.zeros(hits.shape)
    for held in range(FOLDS):
        weights = fit(features[fold != held], hits[fold != held])
        found[fold == held] = features[fold == held] @ weights[:-1] + weights[-1]
    return found


def ranked(found: NDArray[np.float64], hits: Hits) -> Hits:
    """The hits, best candidate first."""
    return np.take_along_axis(hits, np.argsort(-found, axis=1, kind="stable"), 1)


def row(name: str, found: NDArray[np.float64], hits: Hits) -> None:
    """Prints how often a target is among the first ones."""
    first = ranked(found, hits)
    told = (f"{first[:, :most].any(axis=1).mean():.3f}" for most in (1, 3, 5))
    print(f"| {name} | {' | '.join(told)} |")


def calibration(found: NDArray[np.float64], hits: Hits) -> None:
    """Prints how often the best candidate is a target, by its confidence."""
    best, right = 1 / (1 + np.exp(-found.max(axis=1))), ranked(found, hits)[:, 0]
    print("\n| confidence of the best | symbols | mean | right |\n|---|---|---|---|")
    for low, high in pairwise(BOUNDS):
        these = (best >= low) & (best < high)
        if these.any():
            told = f"{best[these].mean():.2f} | {right[these].mean():.2f}"
            print(f"| {low:.1f} to {high:.1f} | {int(these.sum())} | {told} |")


def deletions(older: Scheme, scheme: Scheme, covers: dict[str, str]) -> None:
    """Prints how often `infer` finds an announced target of symbols that were really deleted.

    Args:
        older: whose warnings announce them.
        scheme: the release that does not have them any more.
        covers: symbol -> what its definition says.
    """
    from taxonomy.diff import compare
    from taxonomy.infer import infer
    from taxonomy.reclassification import announced

    old, new = older.taxonomy, scheme.taxonomy
    gone = set(compare(old, new).deleted)
    named: dict[str, set[str]] = defaultdict(set)
    for transfer in announced(older):
        if transfer.symbol in gone and transfer.target in new:
            named[transfer.symbol].add(transfer.target)
    found = infer(named, old, new, covers, most=5)
    print(f"\nof {len(gone):,} deleted from {old.release} to {new.release}, {len(named)} announced")
    print("\n| announced targets | symbols | added targets | @1 | @3 | @5 |")
    print("|---|---|---|---|---|---|")
    for name, most in ((f"at most {MOST_TARGETS}", MOST_TARGETS), ("any number", len(new))):
        these = {symbol: to for symbol, to in named.items() if len(to) <= most}
        added = sum(target not in old for to in these.values() for target in to)
        hits = (
            sum(
                any(t.target in to for t in found.get(symbol, ())[:n])
                for symbol, to in these.items()
            )
            for n in (1, 3, 5)
        )
        print(f"| {name} | {len(these)} | {added} | {' | '.join(map(str, hits))} |")


def main() -> None:
    """Measure and print; exit status 1 where the weights in use are others."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--older", type=Path, default=OLDER, help="zip or folder")
    parser.add_argument("--scheme", type=Path, default=SCHEME, help="zip or folder")
    parser.add_argument("--definitions", type=Path, default=DEFINITIONS, help="zip or folder")
    options = parser.parse_args()
    need_modules("taxonomy")
    remedy = "Download CPCSchemeXMLYYYYMM.zip; give"
    needed(options.older, "the older scheme", f"{remedy} --older.")
    needed(options.scheme, "the scheme", f"{remedy} --scheme.")
    needed(
        options.definitions,
        "the definitions",
        "Download FullCPCDefinitionXMLYYYYMM.zip; give --definitions.",
    )
    from taxonomy.infer import BIAS, FEATURES, WEIGHTS
    from taxonomy.readers.definitions import read_definitions
    from taxonomy.readers.scheme_xml import read_scheme_xml

    print(heading("Inferred transfers", "numpy", "scipy"), flush=True)
    start = time.perf_counter()
    scheme = read_scheme_xml(options.scheme)
    covers = {symbol: told.covers for symbol, told in read_definitions(options.definitions).items()}
    features, hits, classes = evidence(scheme, covers)
    print(f"a target is among the {hits.shape[1]} candidates of {hits.any(axis=1).mean():.3f}")
    print(f"seconds   {time.perf_counter() - start:.0f} to read and gather\n")
    print(f"| {FOLDS}-fold over {len(set(classes))} classes | @1 | @3 | @5 |\n|---|---|---|---|")
    found = scores(features, hits, classes)
    row("all evidence", found, hits)
    for name in FEATURES:
        kept = [i for i, other in enumerate(FEATURES) if other != name]
        row(f"without {name}", scores(features[:, :, kept], hits, classes), hits)
    row("title and path, not fitted", features[:, :, 0] + features[:, :, 1], hits)
    calibration(found, hits)
    deletions(read_scheme_xml(options.older), scheme, covers)
    weights = fit(features, hits)
    used = np.append(WEIGHTS, BIAS)
    print("\n| weight | fitted | in use |\n|---|---|---|")
    for name, one, other in zip((*FEATURES, "bias"), weights, used, strict=True):
        print(f"| {name} | {one:.2f} | {other:.2f} |")
    if np.abs(weights - used).max() > 0.0051:
        print("the weights in use are not those that were fitted")
        sys.exit(1)


if __name__ == "__main__":
    main()
