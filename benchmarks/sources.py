"""What each source of examples gives: the whole corpus, and each kind left out in turn.

    .venv/bin/python benchmarks/sources.py RUN [--epochs 2] [--only ipc]

The head is fitted and the memory made without the kind, as where the recipe's ``[corpus]`` gives it
no weight; then both are judged together on validation filings, with the starter's own numbers. The
encoder is the run's own, which met all of them in stage 1: what it learnt from a kind is not lost
here. The head compares with title vectors in any case: without titles it has none as *examples*.
Records of a trust and those with a title alone overlap.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass

import numpy as np
import torch
from trained import Trained, guesses, options, read_trained

from cpc_classifier.bundle import CALIBRATION, starter
from cpc_classifier.calibration import Calibration
from taxonomy.symbol import Rank
from training.corpus import Example, Trust
from training.sources import Sources

ASKED = ((Rank.SUBCLASS, 1), (Rank.SUBCLASS, 3), (Rank.MAIN_GROUP, 3))


@dataclass(frozen=True, slots=True, eq=False)
class Kept:
    """What is left to learn from.

    Attributes:
        filings: bool (len(train),), in head and memory.
        learnt: bool (len(texts),), label texts that are examples of the head.
        items: bool (len(texts),), definitions and labels in the memory.
        titles: whether the memory's titles are neighbours.
    """

    filings: np.ndarray
    learnt: np.ndarray
    items: np.ndarray
    titles: bool = True


def variants(sources: Sources) -> dict[str, Kept]:
    """What is left out -> what is kept; first the whole corpus."""
    filings = np.ones(len(sources.train), bool)
    trusts = np.array([str(e.trust) for e in sources.train])
    bare = np.array([e.is_title_only for e in sources.train], bool)
    kinds = np.array([text.kind for text in sources.texts])
    texts = np.ones(len(kinds), bool)
    found = {"nothing": Kept(filings, texts, texts)}
    found |= {str(trust): Kept(trusts != trust, texts, texts) for trust in Trust}
    found["records with a title alone"] = Kept(~bare, texts, texts)
    for name, kind in (("definitions", "definition"), ("labels in other languages", "label")):
        found[name] = Kept(filings, kinds != kind, kinds != kind)
    found["titles, as examples of the head"] = Kept(filings, kinds != "title", texts)
    found["titles, in the memory"] = Kept(filings, texts, texts, titles=False)
    found["titles, in both"] = Kept(filings, kinds != "title", texts, titles=False)
    found["all filings"] = Kept(np.zeros_like(filings), texts, texts)
    return found


def groups(examples: list[Example]) -> dict[str, np.ndarray]:
    """Validation filings to be judged apart: where they stand."""
    korean = [e.filing.language == "ko" for e in examples]
    claims = [bool(e.filing.claims) and not e.filing.abstract for e in examples]
    every = [True] * len(examples)
    found = {"all": every, "Korean": korean, "claims, no abstract": claims}
    return {name: np.flatnonzero(own) for name, own in found.items() if any(own)}


def scored(trained: Trained, kept: Kept, calibration: Calibration, epochs: int) -> np.ndarray:
    """Scores of the validation filings, float32 (n, rows), by what is kept."""
    head = trained.head(kept.filings, kept.learnt, epochs)
    with torch.inference_mode():
        logits = head(torch.from_numpy(trained.valid)).numpy()
    memory = trained.memory(kept.filings, kept.items)
    return trained.scores(logits, trained.valid, memory, calibration, titles=kept.titles)


def right(scores: np.ndarray, sources: Sources) -> np.ndarray:
    """Of which validation filings the best subclass is a true one: bool (n,)."""
    rows = sources.hierarchy.rows_at(Rank.SUBCLASS)
    best = rows[np.argmax(scores[:, rows], axis=1)]
    return np.array([b in e.rows for b, e in zip(best, sources.valid, strict=True)])


def main() -> None:
    """Leave each out, fit, judge, print the table."""
    parser = options(__doc__ or "")
    parser.add_argument("--epochs", type=int, default=0, help="default: the recipe's")
    parser.add_argument("--only", default="", help="kinds whose name holds this, and the whole")
    args = parser.parse_args()
    trained = read_trained(args.run, args.recipe, args.data)
    sources, calibration = trained.sources, Calibration.load(starter() / CALIBRATION)
    judged = groups(sources.valid)
    print("Subclass first / one of three right / main group one of three right; lost and won:")
    print("first guesses at subclass that only the whole corpus has right, and only the other.\n")
    names = [f"{name} ({len(at):,})" for name, at in judged.items()]
    print(f"| left out | filings kept | {' | '.join(names)} | lost, won |")
    print("|---" * (len(names) + 3) + "|")
    whole = np.zeros(0, bool)
    for name, kept in variants(sources).items():
        if name != "nothing" and args.only not in name:
            continue
        began = time.monotonic()
        scores = scored(trained, kept, calibration, args.epochs)
        cells = [f"{kept.filings.sum():,}"]
        for at in judged.values():
            told = [sources.valid[i] for i in at.tolist()]
            shares = (guesses(scores[at], told, sources, rank, k) for rank, k in ASKED)
            cells.append(" / ".join(f"{share:.3f}" for share in shares))
        hits = right(scores, sources)
        whole = whole if len(whole) else hits
        cells.append(f"{(whole & ~hits).sum()}, {(hits & ~whole).sum()}")
        print(f"| {name} | {' | '.join(cells)} |", flush=True)
        print(f"{name}: {time.monotonic() - began:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
