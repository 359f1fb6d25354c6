"""What more filings give: head, memory and calibration of a share of them, measured on the tests.

    .venv/bin/python benchmarks/scaling.py RUN [--share 0.12 0.25 0.5 1] [--plot]

A share holds the same filings as a share of the peers does. Its head and its memory know these
filings and all label texts; its calibration is fitted on the validation filings, which then join
the memory, as in a bundle, and as the peers learn them. The encoder is the run's own at every
share, with its pooling of passages: adapted on all the filings, as adapting it takes an hour a
share on 2 cores. So the small shares are flattered, and the curve of the whole method would be
steeper.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from scaling_plot import CAUTION, OURS, PLOT, RESULTS, Result, draw_plot
from trained import Trained, options, read_trained

from benchmarks.peers.corpus import draw
from benchmarks.peers.results import table
from benchmarks.peers.scoring import LIMIT, hits
from benchmarks.peers.tuning import write_json
from cpc_classifier.bundle import ModelBundle
from cpc_classifier.calibration import Calibration
from cpc_classifier.encoder import OnnxEncoder
from cpc_classifier.hierarchy import Hierarchy
from cpc_classifier.memory import Memory
from cpc_classifier.passages import passages
from taxonomy.symbol import Rank
from taxonomy.tree import Taxonomy
from training.calibrate import Observed, fit_calibration
from training.evaluation.labelled import Labelled, read_labelled
from training.evaluation.predictions import Predictions
from training.evaluation.tree import Tree
from training.head import TreeHead
from training.memory_items import build_memory, deep_rows

RANKS = {"subclass": Rank.SUBCLASS, "main group": Rank.MAIN_GROUP}
Sets = Mapping[str, Sequence[Labelled]]


def logits_of(head: TreeHead, vectors: np.ndarray) -> np.ndarray:
    """float32 (n, rows)."""
    with torch.inference_mode():
        return head(torch.from_numpy(vectors)).numpy()


def calibrated(trained: Trained, head: TreeHead, memory: Memory) -> Calibration:
    """The numbers fitted on the validation filings, as `training.assemble` does."""
    sources, serve = trained.sources, trained.recipe.serve
    known = np.array([e.tells for e in sources.valid], np.int8)
    rows = [e.rows for e in sources.valid]
    return fit_calibration(
        Observed(trained.short(trained.valid), logits_of(head, trained.valid), rows, known),
        memory,
        sources.hierarchy,
        sources.subgroups,
        serve.assign_precision,
        serve.assign_confidence,
    )


def full_memory(trained: Trained, chosen: np.ndarray) -> Memory:
    """All label texts, the chosen filings, and those that validated."""
    sources, at = trained.sources, np.flatnonzero(chosen)
    return build_memory(
        sources.texts,
        trained.short(trained.texts),
        [sources.train[i] for i in at.tolist()] + sources.valid,
        trained.short(np.concatenate((trained.train[at], trained.valid))),
        deep_rows(sources.labels, sources.subgroups),
    )


def share_scores(trained: Trained, chosen: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Scores of filings by what is learnt from some others: float32 (n, rows)."""
    head = trained.head(chosen)
    numbers = calibrated(trained, head, trained.memory(chosen))
    return trained.scores(logits_of(head, vectors), vectors, full_memory(trained, chosen), numbers)


def measured(
    hierarchy: Hierarchy, taxonomy: Taxonomy, scores: np.ndarray, sets: Sets
) -> dict[str, Result]:
    """Rank -> set -> figures, of scores float32 (filings of all sets, rows)."""
    tree = Tree.of(taxonomy.symbols, taxonomy.parent_rows)
    ends = np.cumsum([len(data) for data in sets.values()])
    found: dict[str, Result] = {name: {} for name in RANKS}
    for (name, data), part in zip(sets.items(), np.split(scores, ends[:-1]), strict=True):
        for label, rank in RANKS.items():
            rows = hierarchy.rows_at(rank)
            symbols = [hierarchy.symbols[r] for r in rows.tolist()]
            best = Predictions.best(symbols, part[:, rows], LIMIT)
            found[label][name] = hits(best, data, tree, rank)
    return found


def main() -> None:
    """Learn each share, measure, keep the results, print the table, draw."""
    parser = options(__doc__ or "")
    parser.add_argument("--share", type=float, nargs="+", default=[0.12, 0.25, 0.5, 1.0])
    parser.add_argument("--bundle", type=Path, help="encodes the tests [default: RUN/bundle]")
    parser.add_argument("--only", default="test_*", help="test sets, by a pattern")
    parser.add_argument("--out", type=Path, default=RESULTS / "ours.json")
    parser.add_argument("--plot", action="store_true", help="draw scaling.png beside this script")
    args = parser.parse_args()
    trained = read_trained(args.run, args.recipe, args.data)
    paths = sorted((args.data / "patents").glob(f"{args.only}.jsonl.gz"))
    sets = {path.name.removesuffix(".jsonl.gz"): read_labelled(path) for path in paths}
    serve, sources = trained.recipe.serve, trained.sources
    readings = [
        passages(d.filing, serve.fields, serve.max_chars) for own in sets.values() for d in own
    ]
    encoder = OnnxEncoder(ModelBundle.load(args.bundle or args.run / "bundle"))
    vectors = encoder.encode(readings, ("embedding",))["embedding"]
    drawn = np.array([draw(e, trained.recipe.seed) for e in sources.train])
    results: list[Result] = []
    for share in args.share:
        began, chosen = time.monotonic(), drawn < share
        scores = share_scores(trained, chosen, vectors)
        found = measured(sources.hierarchy, sources.taxonomy, scores, sets)
        seconds = round(time.monotonic() - began)
        told = {"peer": OURS, "share": share, "seconds": seconds, "filings": int(chosen.sum())}
        results += [told | {"rank": rank, "sets": own} for rank, own in found.items()]
        write_json(args.out, results)
        print(f"<!-- {share:.0%}, {chosen.sum()} filings: {seconds} s -->", flush=True)
    print(f"Ours: {CAUTION}.\n\n{table(results)}")
    if args.plot:
        draw_plot(args.out, RESULTS / "results.json", PLOT)


if __name__ == "__main__":
    main()
