"""What each field of a filing is worth, and how many passages: the same filings, read in part.

    .venv/bin/python benchmarks/fields.py RUN

Of a finished run of `cpc train fit`; validation filings, with a memory that does not hold them.
The tables: filings that have a title, an abstract and claims, read with some of these alone; and
all of them, each read to 1, 2, ... passages, pooled by the attention that was learnt, and by the
mean.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer
from trained import Trained, guesses, options, read_trained

from cpc_classifier.bundle import CALIBRATION, MODEL, TOKENIZER
from cpc_classifier.calibration import Calibration
from cpc_classifier.filing import TEXT_FIELDS, Filing
from cpc_classifier.graph import Graph
from cpc_classifier.memory import Memory
from cpc_classifier.passages import Piece, cut, passages
from taxonomy.symbol import Rank
from training.corpus import Example
from training.graph_head import read_head
from training.passage_vectors import PassageVectors
from training.pooling import AttentionPool

SEEN: tuple[tuple[str, ...], ...] = (
    ("title",),
    ("abstract",),
    ("claims",),
    ("title", "abstract"),
    ("title", "claims"),
    ("abstract", "claims"),
    ("title", "abstract", "claims"),
)
NEEDED = ("title", "abstract", "claims")
ASKED = ((Rank.SUBCLASS, 1), (Rank.SUBCLASS, 3), (Rank.MAIN_GROUP, 3))


class Reader:
    """A finished bundle's graph, passage by passage."""

    def __init__(self, trained: Trained, folder: Path) -> None:
        self.trained, self.spec = trained, trained.recipe.serve
        self.graph = Graph(folder / MODEL)
        self.tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
        self.vectors, self.bias = read_head(folder / MODEL)
        self.calibration = Calibration.load(folder / CALIBRATION)
        self.memory: Memory = trained.memory(np.ones(len(trained.sources.train), bool))

    def pieces(self, filings: Sequence[Filing], most: int) -> list[list[Piece]]:
        """What is read of each."""
        read = [passages(f, self.spec.fields, self.spec.max_chars) for f in filings]
        return cut(self.tokenizer, read, self.spec.max_tokens, most)

    def learnt(self, texts: Sequence[Sequence[Piece]]) -> np.ndarray:
        """Embeddings pooled by the graph's own attention."""
        return self.graph.run_all(texts, ("embedding",))["embedding"]

    def mean(self, texts: Sequence[Sequence[Piece]]) -> np.ndarray:
        """Embeddings pooled by the mean."""
        alone = [[piece] for text in texts for piece in text]
        vectors = self.graph.run_all(alone, ("embedding",))["embedding"]
        held = PassageVectors.of(vectors.astype(np.float16), texts)
        return held.pooled(AttentionPool(vectors.shape[1])).astype(np.float32)

    def row(self, name: str, examples: Sequence[Example], embedding: np.ndarray) -> str:
        """A line of a table."""
        logits = embedding @ self.vectors + self.bias
        scores = self.trained.scores(logits, embedding, self.memory, self.calibration)
        shares = [guesses(scores, examples, self.trained.sources, rank, k) for rank, k in ASKED]
        return f"| {name} | " + " | ".join(f"{share:.3f}" for share in shares) + " |"


def by_field(reader: Reader, examples: Sequence[Example]) -> None:
    """Print the table of fields."""
    told = [e for e in examples if all(getattr(e.filing, f) for f in NEEDED)]
    print(f"\n{len(told)} filings with a title, an abstract and claims\n")
    print("| fields | subclass first | three | main group three |\n|---|---|---|---|")
    for fields in SEEN:
        bare = {name: "" for name in TEXT_FIELDS if name not in fields}
        texts = reader.pieces([replace(e.filing, **bare) for e in told], reader.spec.passages)
        print(reader.row(", ".join(fields), told, reader.learnt(texts)), flush=True)


def by_number(reader: Reader, name: str, examples: Sequence[Example]) -> None:
    """Print the table of passages."""
    print(f"\n{len(examples)} {name}\n")
    print("| passages | subclass first | three | main group three |\n|---|---|---|---|")
    ways: tuple[tuple[str, Callable[[Sequence[Sequence[Piece]]], np.ndarray]], ...] = (
        ("attention", reader.learnt),
        ("mean", reader.mean),
    )
    for most in range(1, reader.trained.recipe.memory.passages + 1):
        texts = reader.pieces([e.filing for e in examples], most)
        read = sum(map(len, texts)) / len(texts)
        for way, pool in ways[: 1 if most == 1 else 2]:
            title = f"at most {most} ({read:.2f} on average), {way}"
            print(reader.row(title, examples, pool(texts)), flush=True)


def main() -> None:
    """Print the tables."""
    parser = options(__doc__ or "")
    parser.add_argument("--finished", type=Path, help="the run's bundle  [default: RUN/bundle]")
    args = parser.parse_args()
    trained = read_trained(args.run, args.recipe, args.data)
    reader = Reader(trained, args.finished or args.run / "bundle")
    valid = trained.sources.valid
    by_field(reader, valid)
    by_number(reader, "validation filings", valid)
    claims = [e for e in valid if e.filing.claims and not e.filing.abstract]
    by_number(reader, "of them with claims alone", claims)


if __name__ == "__main__":
    main()
