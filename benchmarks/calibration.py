"""The calibration error of first guesses beside what a perfectly calibrated model would show.

With few filings some error is chance: were each first guess right exactly as often as its score
says, the bins would still not be even. For each test set this draws such outcomes and prints the
mean and the 95th percentile of their error beside the measured one; then the same for all sets.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from machine import SHARED, bundle_folder, heading, need_modules, needed

GET = "The test sets come with the project's shared folder; name another with --data."
DRAWS, SEED = 2000, 7


def first_guesses(bundle: Path, file: Path) -> tuple[np.ndarray, np.ndarray]:
    """Score of the best subclass of each filing with complete labels, and whether it is true."""
    from cpc_classifier.classifier import Classifier
    from taxonomy.symbol import Rank
    from training.evaluation.judged import judge
    from training.evaluation.labelled import read_labelled
    from training.evaluation.predict import predict
    from training.evaluation.tree import Tree

    classifier = Classifier.load(bundle)
    tree = Tree.of(classifier.hierarchy.symbols, classifier.hierarchy.parent)
    data = [d for d in read_labelled(file) if d.complete]
    judged = judge(predict(classifier, data)[Rank.SUBCLASS], data, tree, Rank.SUBCLASS)
    return judged.scores[:, 0], judged.right[:, 0]


def line(name: str, score: np.ndarray, right: np.ndarray) -> str:
    """One row of the table."""
    from training.evaluation.calibration import expected_calibration_error as error

    rng = np.random.default_rng(SEED)
    chance = [error(score, rng.random(len(score)) < score) for _ in range(DRAWS)]
    return (
        f"| {name} | {len(score)} | {error(score, right):.4f} | {np.mean(chance):.4f} "
        f"| {np.quantile(chance, 0.95):.4f} | {score.mean():.3f} | {right.mean():.3f} |"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bundle", type=Path, help="default: $CPC_BUNDLE, else the starter")
    parser.add_argument("--data", type=Path, default=SHARED / "data" / "patents")
    options = parser.parse_args()
    need_modules("cpc_classifier", "onnxruntime", "torch")
    needed(options.data, "the folder of test sets", GET)
    bundle = bundle_folder(options.bundle)
    print(heading("Calibration of first guesses at subclass", "onnxruntime", "numpy"))
    print("| test set | filings | ECE | perfect: mean | perfect: 95 % | mean score | right |")
    print("|---|---|---|---|---|---|---|")
    scores, rights = [], []
    for file in sorted(options.data.glob("test_*.jsonl.gz")):
        if "korean" in file.name:
            continue
        score, right = first_guesses(bundle, file)
        if len(score):
            print(line(file.name.removesuffix(".jsonl.gz"), score, right), flush=True)
            scores.append(score)
            rights.append(right)
    print(line("all of them", np.concatenate(scores), np.concatenate(rights)))


if __name__ == "__main__":
    main()
