"""What each field of a filing is worth, and what reading several of them as passages gives.

    .venv/bin/python benchmarks/fields.py RUN [--most 3]

Of a finished run of `cpc train fit`; validation filings that have an abstract and claims, with a
memory that holds none of them. Each is read by some of its fields alone, then whole: its first
passage, as one text, and as passages pooled by the mean and by an attention that is fitted here on
training filings with several passages (`training.fit_pool`), with encoder and head as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import nn
from trained import Trained, guesses, options, read_trained

from cpc_classifier.bundle import CALIBRATION, MODEL, TOKENIZER
from cpc_classifier.calibration import Calibration
from cpc_classifier.encoder import filing_text
from cpc_classifier.filing import TEXT_FIELDS, Filing
from cpc_classifier.graph import Graph
from cpc_classifier.passages import Reading, cut, passages, plain
from taxonomy.symbol import Rank
from training.corpus import Example
from training.fit_head import HeadLoss
from training.fit_pool import fit_pool
from training.graph_head import read_head
from training.passage_vectors import PassageVectors
from training.pooling import AttentionPool

SEEN: tuple[tuple[str, ...], ...] = (
    ("title",),
    ("abstract",),
    ("claims",),
    ("title", "abstract"),
    ("title", "claims"),
)
ASKED = ((Rank.SUBCLASS, 1), (Rank.SUBCLASS, 3), (Rank.MAIN_GROUP, 3))
SET = (
    "{} filings with {}\n\n| read | subclass first | three | main group three |\n|---|---|---|---|"
)


class Reader:
    """A finished bundle's graph, passage by passage, and its head."""

    def __init__(self, trained: Trained, bundle: Path) -> None:
        self.trained, self.spec = trained, trained.recipe.serve
        self.graph = Graph(bundle / MODEL)
        self.tokenizer = Tokenizer.from_file(str(bundle / TOKENIZER))
        vectors, bias = read_head(bundle / MODEL)
        self.head = nn.Linear(*vectors.shape)
        with torch.no_grad():
            self.head.weight.copy_(torch.from_numpy(vectors.T.copy()))
            self.head.bias.copy_(torch.from_numpy(bias.copy()))
        self.calibration = Calibration.load(bundle / CALIBRATION)
        self.memory = trained.memory(np.ones(len(trained.sources.train), bool))

    def reading(self, filing: Filing) -> Reading:
        """All passages of a filing."""
        return passages(filing, self.spec.fields, self.spec.max_chars)

    def embedded(self, readings: Sequence[Reading], most: int) -> PassageVectors:
        """Each passage by itself."""
        pieces = cut(self.tokenizer, readings, self.spec.max_tokens, most)
        alone = [[piece] for own in pieces for piece in own]
        vectors = self.graph.run_all(alone, ("embedding",))["embedding"]
        return PassageVectors.of(vectors.astype(np.float16), pieces)

    def row(
        self, name: str, examples: Sequence[Example], held: PassageVectors, pool: AttentionPool
    ) -> None:
        """Print a line of a table."""
        embedding = held.pooled(pool).astype(np.float32)
        with torch.inference_mode():
            logits = self.head(torch.from_numpy(embedding)).numpy()
        scores = self.trained.scores(logits, embedding, self.memory, self.calibration)
        shares = [guesses(scores, examples, self.trained.sources, rank, k) for rank, k in ASKED]
        print(f"| {name} | " + " | ".join(f"{share:.3f}" for share in shares) + " |", flush=True)


def attention(
    reader: Reader, valid: Sequence[Example], held: PassageVectors, most: int
) -> AttentionPool:
    """The attention, fitted on training filings with several passages."""
    trained = reader.trained
    several = [e for e in trained.sources.train if len(reader.reading(e.filing)) > 1]
    learnt = reader.embedded([reader.reading(e.filing) for e in several], most)
    pool = AttentionPool(held.vectors.shape[1])
    fit = trained.recipe.fit
    loss_of = HeadLoss(trained.sources.hierarchy, fit.list_weight)
    seed = trained.recipe.seed
    losses = fit_pool(pool, reader.head, (learnt, several), (held, valid), loss_of, fit, seed)
    print(f"<!-- {len(several)} filings to learn from; losses {np.round(losses, 3)} -->")
    return pool


def main() -> None:
    """Print the tables."""
    parser = options(__doc__ or "")
    parser.add_argument("--most", type=int, default=3, help="passages of a filing")
    args = parser.parse_args()
    trained = read_trained(args.run, args.recipe, args.data)
    reader = Reader(trained, args.run / "bundle")
    valid = [e for e in trained.sources.valid if e.filing.abstract and e.filing.claims]
    mean = AttentionPool(trained.train.shape[1])
    titled = [e for e in valid if e.filing.title]
    print(SET.format(len(titled), "a title, an abstract and claims"))
    for fields in SEEN:
        bare = {name: "" for name in TEXT_FIELDS if name not in fields}
        readings = [reader.reading(replace(e.filing, **bare)) for e in titled]
        reader.row(", ".join(fields), titled, reader.embedded(readings, 1), mean)
    print("\n" + SET.format(len(valid), "an abstract and claims"))
    readings = [reader.reading(e.filing) for e in valid]
    reader.row("the first passage", valid, reader.embedded(readings, 1), mean)
    texts = [plain(filing_text(e.filing, TEXT_FIELDS, reader.spec.max_chars)) for e in valid]
    reader.row("all fields as one text", valid, reader.embedded(texts, 1), mean)
    held = reader.embedded(readings, args.most)
    reader.row("passages, their mean", valid, held, mean)
    pool = attention(reader, valid, held, args.most)
    reader.row("passages, attention", valid, held, pool)


if __name__ == "__main__":
    main()
