"""Main groups without a single example: are their filings still found?

    .venv/bin/python benchmarks/unseen.py RUN [--share 0.1] [--filings 2000]

A tenth of the main groups is held out: every filing that has a symbol there is taken from the
head's training and from the memory; their titles stay. Then these filings are classified, and a
guess is right when it is a held-out main group of theirs, among all 9,843. Beside it: the titles
alone, by TF-IDF. The encoder is the run's own, which met the held-out filings in stage 1; the
title path alone (`memory of titles`) shows what that gives.
"""

from __future__ import annotations

import copy
import hashlib

import numpy as np
import torch
from sklearn.feature_extraction.text import TfidfVectorizer
from trained import Trained, options, read_trained

from cpc_classifier.bundle import CALIBRATION, starter
from cpc_classifier.calibration import Calibration
from taxonomy.symbol import Rank
from taxonomy.title_text import title_path
from training.head import TreeHead
from training.sources import example_texts


def held_out(trained: Trained, share: float) -> np.ndarray:
    """The label rows of the main groups held out: drawn by the symbol alone."""
    rows = trained.sources.hierarchy.rows_at(Rank.MAIN_GROUP)
    names = trained.sources.hierarchy.symbols

    def drawn(symbol: str) -> float:
        return int.from_bytes(hashlib.sha256(symbol.encode()).digest()[:4]) / 2**32

    return np.array([row for row in rows.tolist() if drawn(names[row]) < share])


def found(
    scores: np.ndarray, rows: np.ndarray, wanted: list[np.ndarray], k: int
) -> tuple[float, float]:
    """Share of filings one of whose k best rows is wanted, and its standard error."""
    best = rows[np.argsort(-scores, axis=1)[:, :k]]
    hits = np.array([bool(np.isin(b, w).any()) for b, w in zip(best, wanted, strict=True)])
    return float(hits.mean()), float(hits.std() / len(hits) ** 0.5)


def by_text_alone(head: TreeHead, groups: np.ndarray, every: np.ndarray) -> TreeHead:
    """The head without what it learnt of some main groups, for want of examples: no residual, and
    the bias that main groups have in the middle."""
    other = copy.deepcopy(head)
    with torch.no_grad():
        other.residual[groups] = 0.0
        other.bias[groups] = head.bias[every].median()
    return other


def main() -> None:
    """Hold out, train, classify, print the table."""
    parser = options(__doc__ or "")
    parser.add_argument("--share", type=float, default=0.1)
    parser.add_argument("--filings", type=int, default=2000)
    args = parser.parse_args()
    trained = read_trained(args.run, args.recipe, args.data)
    sources = trained.sources
    groups = held_out(trained, args.share)
    theirs = [np.intersect1d(e.rows, groups) for e in sources.train]
    learnt = np.array([not len(own) for own in theirs])
    readable = [bool(e.filing.abstract or e.filing.claims) for e in sources.train]
    english = [e.filing.language == "en" for e in sources.train]
    asked = np.flatnonzero(~learnt & np.array(readable) & np.array(english))
    asked = np.random.default_rng(17).permutation(asked)[: args.filings]
    wanted = [theirs[i] for i in asked.tolist()]
    every = sources.hierarchy.rows_at(Rank.MAIN_GROUP)

    head, vectors = trained.head(learnt), trained.train[asked]
    calibration = Calibration.load(starter() / CALIBRATION)
    memory = trained.memory(learnt)

    def scored(head: TreeHead) -> np.ndarray:
        with torch.inference_mode():
            logits = head(torch.from_numpy(vectors)).numpy()
        return trained.scores(logits, vectors, memory, calibration)[:, every]

    ours, told = scored(head), scored(by_text_alone(head, groups, every))
    titles = trained.memory(np.zeros(len(learnt), bool))
    silent = np.zeros((len(vectors), len(sources.hierarchy)), np.float32)
    alone = trained.scores(silent, vectors, titles, calibration)[:, every]

    texts = example_texts(trained.recipe, [sources.train[i] for i in asked.tolist()])
    names = [sources.hierarchy.symbols[row] for row in every.tolist()]
    paths = [title_path(name, sources.taxonomy) for name in names]
    words = TfidfVectorizer(sublinear_tf=True, stop_words="english").fit(paths + texts)
    zero_shot = (words.transform(texts) @ words.transform(paths).T).toarray()

    print(
        f"{len(groups)} of {len(every)} main groups held out, {(~learnt).sum()} filings with them"
    )
    print(f"{len(asked)} of these asked\n")
    print("| one of three right among all main groups | share | standard error |")
    print("|---|---|---|")
    for name, scores in (
        ("TF-IDF of titles", zero_shot),
        ("memory of titles alone", alone),
        ("head and memory", ours),
        ("the same, with the text vectors alone of those held out", told),
    ):
        share, error = found(scores, every, wanted, 3)
        print(f"| {name} | {share:.3f} | {error:.3f} |")


if __name__ == "__main__":
    main()
