"""What each field of a filing is worth: the same filings, read with some of their fields alone.

    .venv/bin/python benchmarks/fields.py RUN

Of a finished run of `cpc train fit`; validation filings that have a title, an abstract and claims,
with a memory that does not hold them.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from trained import Trained, guesses, options, read_trained

from cpc_classifier.bundle import CALIBRATION, ModelBundle
from cpc_classifier.calibration import Calibration
from cpc_classifier.encoder import OnnxEncoder, filing_text
from cpc_classifier.filing import TEXT_FIELDS
from cpc_classifier.memory import Memory
from cpc_classifier.scoring import Evidence, Scoring
from taxonomy.symbol import Rank
from training.corpus import Example

SEEN: tuple[tuple[str, ...], ...] = (
    ("title",),
    ("abstract",),
    ("claims",),
    ("title", "abstract"),
    ("title", "claims"),
    ("abstract", "claims"),
    ("title", "abstract", "claims"),
    ("claims", "abstract", "title"),
)
"""In this order, cut at what the encoder reads."""
NEEDED = ("title", "abstract", "claims")


def row(
    trained: Trained,
    encoder: OnnxEncoder,
    memory: Memory,
    calibration: Calibration,
    examples: list[Example],
    fields: tuple[str, ...],
) -> str:
    """A line of the table."""
    bare = {name: "" for name in TEXT_FIELDS if name not in fields}
    texts = [
        filing_text(replace(e.filing, **bare), fields, trained.recipe.serve.max_chars)
        for e in examples
    ]
    found = encoder.encode(texts)
    scoring = Scoring(trained.sources.hierarchy, trained.sources.subgroups, memory, calibration)
    parts = []
    for start in range(0, len(texts), 64):
        part = slice(start, start + 64)
        queries = found["memory_query"][part]
        near = memory.search(queries, calibration.k)
        parts.append(scoring.label_scores(Evidence(found["logits"][part], queries, *near)))
    scores = np.concatenate(parts)
    asked = ((Rank.SUBCLASS, 1), (Rank.SUBCLASS, 3), (Rank.MAIN_GROUP, 3))
    shares = [guesses(scores, examples, trained.sources, rank, k) for rank, k in asked]
    return f"| {', '.join(fields)} | " + " | ".join(f"{share:.3f}" for share in shares) + " |"


def main() -> None:
    """Print the table."""
    parser = options(__doc__ or "")
    parser.add_argument("--finished", type=Path, help="the run's bundle  [default: RUN/finished]")
    args = parser.parse_args()
    trained = read_trained(args.run, args.recipe, args.data)
    folder = args.finished or args.run / "finished"
    encoder = OnnxEncoder(ModelBundle.load(folder))
    memory = trained.memory(np.ones(len(trained.sources.train), bool))
    calibration = Calibration.load(folder / CALIBRATION)
    examples = [e for e in trained.sources.valid if all(getattr(e.filing, f) for f in NEEDED)]
    print(f"{len(examples)} validation filings with a title, an abstract and claims\n")
    print("| fields | subclass first | three | main group three |")
    print("|---|---|---|---|")
    for fields in SEEN:
        print(row(trained, encoder, memory, calibration, examples, fields), flush=True)


if __name__ == "__main__":
    main()
