"""A bundle learns filings of a kind it has never seen: `cpc train fit --from` measured.

    .venv/bin/python benchmarks/warm_start.py RUN [--source NAME] [--filings 2000]

From a finished run a bundle is made whose head and memory know no filing of one source. It is gone
on from with some of these; both bundles are measured on the others of the source, and on the
validation filings of all other sources.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from machine import stop
from trained import Trained, guesses, options, read_trained

from cpc_classifier.bundle import MANIFEST, MODEL, ModelBundle, write_manifest
from cpc_classifier.classifier import Classifier
from taxonomy.symbol import Rank
from training.corpus import Example, Known
from training.graph_head import write_head
from training.recipe import Recipe
from training.warm_start import warm_start


def base_bundle(trained: Trained, learnt: np.ndarray, finished: Path, out: Path) -> None:
    """The finished bundle with the head and the memory of some of its filings alone."""
    head = trained.head(learnt)
    shutil.copytree(finished, out, ignore=shutil.ignore_patterns(MANIFEST))
    with torch.inference_mode():
        write_head(out / MODEL, head.vectors().T.contiguous().numpy(), head.bias.numpy())
    trained.memory(learnt).save(out)
    told = ModelBundle.load(finished).manifest
    write_manifest(
        out,
        name="without",
        version="1",
        release=told.release,
        encoder=dataclasses.asdict(told.encoder),
        text=dataclasses.asdict(told.text),
        recipe={},
        figures={},
    )


def prepared(trained: Trained, new: list[Example], data: Path, folder: Path) -> Recipe:
    """A data folder with the new filings alone to learn from, and the recipe for it."""
    for name in ("patents", "cpc"):
        (folder / name).symlink_to((data / name).resolve())
    with (folder / "new.jsonl").open("w", encoding="utf-8") as file:
        for e in new:
            f = e.filing
            record = {
                "id": f.id, "title": f.title, "abstract": f.abstract, "claims": f.claims,
                "description": f.description, "lang": f.language, "date": f.publication_date,
                "cpc": list(e.symbols), "cpc_complete": e.known == Known.ALL,
                "ipc": [], "ipc_complete": False, "source": e.source,
            }  # fmt: skip
            file.write(json.dumps(record) + "\n")
    data_ = dataclasses.replace(trained.recipe.data, train=("new.jsonl",), calibrate=0.0)
    return dataclasses.replace(trained.recipe, name="warm", version="1", data=data_)


def figures(bundle: Path, trained: Trained, examples: list[Example]) -> str:
    """Subclass first and three, main group three."""
    classifier = Classifier.load(bundle)
    scores = classifier.scores([e.filing for e in examples])
    asked = ((Rank.SUBCLASS, 1), (Rank.SUBCLASS, 3), (Rank.MAIN_GROUP, 3))
    found = (guesses(scores, examples, trained.sources, rank, k) for rank, k in asked)
    return " / ".join(f"{share:.3f}" for share in found)


def main() -> None:
    """Make both bundles, measure, print the table."""
    parser = options(__doc__ or "")
    parser.add_argument("--source", default="", help="default: the largest with a text")
    parser.add_argument("--filings", type=int, default=2000)
    parser.add_argument("--finished", type=Path, help="the run's bundle  [default: RUN/bundle]")
    args = parser.parse_args()
    trained = read_trained(args.run, args.recipe, args.data)
    sources = trained.sources
    full = np.array([not e.is_title_only for e in sources.train])
    names = np.array([e.source for e in sources.train])
    count = {str(name): int((full & (names == name)).sum()) for name in np.unique(names)}
    source = args.source or max(count, key=lambda name: count[name])
    if count.get(source, 0) < 1.5 * args.filings:
        stop(f"--source {source!r} has {count.get(source, 0)} filings with a text: {count}")
    theirs = np.flatnonzero(full & (names == source))
    order = np.random.default_rng(17).permutation(theirs)
    new = [sources.train[i] for i in order[: args.filings].tolist()]
    others = [sources.train[i] for i in order[args.filings : args.filings + 2000].tolist()]
    elsewhere = [e for e in sources.valid if e.source != source]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "data").mkdir()
        base, warm = folder / "base", folder / "warm"
        base_bundle(trained, names != source, args.finished or args.run / "bundle", base)
        recipe = prepared(trained, new, args.data, folder / "data")
        began = time.monotonic()
        told = warm_start(recipe, folder / "data", base, warm)["warm_start"]
        seconds = time.monotonic() - began
        print(
            f"source {source}: {len(new)} learnt in {seconds:.0f} s, epoch {told['epochs']} kept\n"
        )
        print("| subclass first / three / main group three | before | after |")
        print("|---|---|---|")
        for what, examples in (
            (f"{len(others)} others of the source", others),
            (f"{len(elsewhere)} validation filings of other sources", elsewhere),
        ):
            both = (figures(bundle, trained, examples) for bundle in (base, warm))
            print(f"| {what} | " + " | ".join(both) + " |")


if __name__ == "__main__":
    main()
