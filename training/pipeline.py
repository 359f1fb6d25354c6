"""``cpc train fit``: from a recipe to a bundle, each step kept in the run folder and resumed.

    corpus -> stage 1 (adapt) -> int8 graph -> embeddings -> stage 2 (head) -> graph, parity
           -> memory -> calibration -> figures -> bundle
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer

from cpc_classifier.bundle import ModelBundle, write_manifest
from cpc_classifier.calibration import Calibration
from cpc_classifier.classifier import Classifier
from cpc_classifier.encoder import OnnxEncoder, filing_text
from cpc_classifier.hierarchy import Hierarchy
from cpc_classifier.labels import LabelIndex
from cpc_classifier.memory import Memory
from taxonomy.readers.definitions import read_definitions
from taxonomy.readers.title_list import read_title_list
from taxonomy.symbol import Rank
from taxonomy.tree import Taxonomy
from training.adapt import adapt, tokenise
from training.batches import Batches, label_rows
from training.calibrate import Observed, fit_calibration
from training.checkpoint import read_tensors, write_tensors
from training.corpus import Example, Known, read_examples, refuse_overlap
from training.embed import embed_texts
from training.encoder import PatentEncoder, embed, load_encoder, load_tokenizer
from training.errors import ParityError, RecipeError, RunError
from training.evaluate import evaluate, read_labelled
from training.export import BundleGraph, check_parity, export_graph, merge, quantise
from training.fit_head import Embedded, fit_head
from training.head import TreeHead
from training.label_texts import LabelText, label_texts, title_path
from training.recipe import Recipe

__all__ = ["fit"]

log = logging.getLogger(__name__)

PROBES = 24
"""Filings on which the exported graph is compared with torch."""
INT8_LOSS = 0.01
"""First guesses that int8 may lose, as a share."""


@dataclass(frozen=True, slots=True, eq=False)
class Corpus:
    """All that is learnt from."""

    taxonomy: Taxonomy
    labels: LabelIndex
    hierarchy: Hierarchy
    train: list[Example]
    valid: list[Example]
    texts: list[LabelText]
    text_rows: np.ndarray
    """int32 (len(texts),): the label row in which each text's symbol lies."""
    fingerprint: str


def fit(recipe: Recipe, data: Path, run: Path, out: Path) -> dict[str, Any]:
    """Make a bundle.

    Args:
        recipe: how.
        data: folder that the recipe's paths are relative to.
        run: where steps are kept; an interrupted run goes on from there.
        out: the folder of the bundle; replaced when the new one is whole.

    Returns:
        The bundle's figures.

    Raises:
        TrainingError: a recipe, corpus, run or parity that is not right.
    """
    run.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(recipe.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    corpus = _corpus(recipe, data)
    tokenizer = load_tokenizer(recipe.encoder)
    encoder = load_encoder(recipe.encoder, recipe.memory.dim).to(device)
    head = TreeHead(corpus.hierarchy, encoder.dim).to(device)
    _adapt(recipe, corpus, encoder, head, tokenizer, run, device)
    encoder, head = encoder.cpu(), head.cpu()
    vectors = _embeddings(recipe, corpus, encoder, head, tokenizer, run)
    losses = _head(recipe, corpus, head, vectors, run)
    return _bundle(recipe, corpus, encoder, head, tokenizer, vectors, losses, run, out)


def _corpus(recipe: Recipe, data: Path) -> Corpus:
    train, valid = _files(data, recipe.data.train), _files(data, recipe.data.valid)
    refuse_overlap(train + valid, _files(data, recipe.data.held_out), recipe.data.exclude)
    taxonomy = read_title_list(data / recipe.data.titles)
    definitions = read_definitions(data / recipe.data.definitions) if recipe.data.definitions else {}
    labels = LabelIndex.from_taxonomy(taxonomy)
    hierarchy = labels.to_hierarchy()
    texts = label_texts(taxonomy, definitions)
    read = (taxonomy, hierarchy, recipe.data.languages, recipe.data.exclude)
    digest = hashlib.sha256(json.dumps(recipe.as_dict(), sort_keys=True).encode())
    for path in train + valid:
        digest.update(path.read_bytes())
    return Corpus(
        taxonomy, labels, hierarchy, read_examples(train, *read),
        [e for e in read_examples(valid, *read) if e.filing.abstract or e.filing.claims],
        texts, label_rows([t.symbol for t in texts], taxonomy, hierarchy), digest.hexdigest(),
    )


def _files(data: Path, patterns: Sequence[str]) -> list[Path]:
    found = []
    for pattern in patterns:
        matching = sorted(data.glob(pattern))
        if not matching:
            raise RecipeError(f"no file {data / pattern}: give the data folder with --data")
        found += matching
    return found


def _adapt(
    recipe: Recipe, corpus: Corpus, encoder: PatentEncoder, head: TreeHead, tokenizer: Tokenizer,
    run: Path, device: torch.device,
) -> None:
    """Stage 1, in place."""
    batches = Batches(
        corpus.train, corpus.texts, corpus.text_rows, corpus.hierarchy, recipe.adapt, recipe.seed,
        recipe.serve.fields, recipe.serve.max_chars,
    )
    if not (run / "adapt.safetensors").exists():
        _start_projection(recipe, corpus, encoder, tokenizer, batches, device)
    row_texts = [title_path(s, corpus.taxonomy) for s in corpus.hierarchy.symbols]
    adapt(encoder, head, tokenizer, batches, row_texts, corpus.hierarchy, recipe.adapt, run,
          corpus.fingerprint, device)


def _start_projection(
    recipe: Recipe, corpus: Corpus, encoder: PatentEncoder, tokenizer: Tokenizer,
    batches: Batches, device: torch.device,
) -> None:
    """Begin with the principal directions of pretrained embeddings."""
    rng = np.random.default_rng([recipe.seed, 1])
    sample = [corpus.texts[i].text for i in rng.integers(len(corpus.texts), size=4096)]
    for step in range(24):  # steps that training never reaches, for filings of all kinds
        batch = batches[10**6 + step]
        sample += batch.texts[: batch.filings]
    e = embed(encoder, tokenise(tokenizer, sample, 64), device)
    _, directions = np.linalg.eigh(e.T @ e)
    first = np.ascontiguousarray(directions[:, ::-1][:, : recipe.memory.dim])
    encoder.projection.data.copy_(torch.from_numpy(first))


@dataclass(frozen=True, slots=True, eq=False)
class Vectors:
    """Embeddings by the int8 graph, float16 (n, dim)."""

    train: np.ndarray
    valid: np.ndarray
    texts: np.ndarray


def _embeddings(
    recipe: Recipe, corpus: Corpus, encoder: PatentEncoder, head: TreeHead, tokenizer: Tokenizer,
    run: Path,
) -> Vectors:
    """What the int8 encoder says of every text."""
    state = hashlib.sha256((run / "adapt.safetensors").read_bytes()).hexdigest()[:16]
    graph = run / f"encoder-{state}.onnx"
    if not graph.exists():
        export_graph(BundleGraph(merge(encoder), head, corpus.hierarchy), run / "encoder.fp32.onnx")
        quantise(run / "encoder.fp32.onnx", run / "encoder.part.onnx")
        (run / "encoder.part.onnx").replace(graph)

    def vectors(name: str, texts: list[str], max_tokens: int) -> np.ndarray:
        return embed_texts(graph, tokenizer, texts, max_tokens, run / "embeddings", name,
                           f"{state}-{max_tokens}")

    return Vectors(
        vectors("train", _texts(recipe, corpus.train), recipe.memory.max_tokens),
        vectors("valid", _texts(recipe, corpus.valid), recipe.serve.max_tokens),
        vectors("texts", [t.text for t in corpus.texts], recipe.adapt.title_tokens),
    )


def _texts(recipe: Recipe, examples: Sequence[Example]) -> list[str]:
    return [filing_text(e.filing, recipe.serve.fields, recipe.serve.max_chars) for e in examples]


def _head(
    recipe: Recipe, corpus: Corpus, head: TreeHead, vectors: Vectors, run: Path
) -> list[float]:
    """Stage 2, in place; the finished head is kept in the run folder."""
    at = [corpus.taxonomy.row(s) for s in corpus.hierarchy.symbols]  # texts begin with all titles
    head.text.copy_(torch.from_numpy(vectors.texts[at].astype(np.float32)))
    path = run / "head.safetensors"
    if path.exists():
        tensors, metadata = read_tensors(path)
        if metadata.get("recipe") != corpus.fingerprint:
            raise RunError(f"{path} belongs to another recipe or corpus: give another run folder")
        head.load_state_dict(tensors)
        return [float(x) for x in json.loads(metadata["losses"])]
    closures = {int(r): corpus.hierarchy.closure([int(r)]) for r in np.unique(corpus.text_rows)}
    losses = fit_head(
        head, _embedded(vectors.train, corpus.train),
        Embedded(vectors.texts, [closures[int(r)] for r in corpus.text_rows],
                 np.full(len(corpus.texts), Known.ALL, np.int8)),
        _embedded(vectors.valid, corpus.valid), corpus.hierarchy, recipe.fit, recipe.seed,
    )
    write_tensors(path, head.state_dict(), recipe=corpus.fingerprint, losses=json.dumps(losses))
    return losses


def _embedded(vectors: np.ndarray, examples: Sequence[Example]) -> Embedded:
    known = np.array([e.known for e in examples], np.int8)
    return Embedded(vectors, [e.rows for e in examples], known)


def _bundle(
    recipe: Recipe, corpus: Corpus, encoder: PatentEncoder, head: TreeHead, tokenizer: Tokenizer,
    vectors: Vectors, losses: list[float], run: Path, out: Path,
) -> dict[str, Any]:
    """Put the bundle together in the run folder, measure it, then put it in place."""
    folder = run / "bundle"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    merged = merge(encoder)
    graph = BundleGraph(merged, head, corpus.hierarchy)
    fp32 = run / "model.fp32.onnx"
    export_graph(graph, fp32)
    quantise(fp32, folder / "model.onnx")
    tokenizer.no_truncation()
    tokenizer.save(str(folder / "tokenizer.json"))
    corpus.labels.write(folder / "labels.tsv")
    _memory(corpus, merged, vectors).save(folder)
    _warm_start(encoder, head, folder)
    Calibration(100, 0.05, 0.1, (1.0,) * 4, (1.0,) * 4, (0.0,) * 4, 2.0,
                recipe.serve.assign_precision, recipe.serve.assign_confidence
                ).save(folder / "calibration.json")
    _manifest(recipe, corpus, encoder, folder, {})
    _calibrate(recipe, corpus, folder)
    _manifest(recipe, corpus, encoder, folder, {})
    rows = tokenise(tokenizer, _texts(recipe, corpus.valid[:PROBES]), recipe.serve.max_tokens)
    figures = {
        "parity": check_parity(graph, fp32, rows),
        "validation_loss_by_epoch": [round(x, 4) for x in losses],
        "valid": _quality(recipe, corpus, folder, fp32),
    }
    _manifest(recipe, corpus, encoder, folder, figures)
    out.parent.mkdir(parents=True, exist_ok=True)
    old = out.with_name(out.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    staged = out.with_name(out.name + ".new")
    shutil.rmtree(staged, ignore_errors=True)
    shutil.copytree(folder, staged)
    if out.exists():
        out.rename(old)
    staged.rename(out)
    shutil.rmtree(old, ignore_errors=True)
    return figures


def _memory(corpus: Corpus, encoder: PatentEncoder, vectors: Vectors) -> Memory:
    """All label texts and training filings, in the memory's space."""
    both = np.concatenate((vectors.texts, vectors.train)).astype(np.float32)
    with torch.inference_mode():
        projected = encoder.memory_query(torch.from_numpy(both)).numpy()
    names = [f"t\t{t.symbol}" for t in corpus.texts]
    names += [f"f\t{e.filing.id}" for e in corpus.train]
    rows = [corpus.text_rows[i : i + 1] for i in range(len(corpus.texts))]
    return Memory.pack(projected, rows + [e.deepest for e in corpus.train], names)


def _warm_start(encoder: PatentEncoder, head: TreeHead, folder: Path) -> None:
    """What retraining starts from, in half precision."""
    adapter = {k: p.detach().half() for k, p in encoder.trainable().items()}
    write_tensors(folder / "adapter.safetensors", adapter)
    small = {k: p.detach().half() for k, p in head.named_parameters() if k != "residual"}
    residual = head.residual.detach()
    step = residual.abs().amax(dim=1, keepdim=True).clamp(min=1e-8) / 127
    small["residual_codes"] = torch.round(residual / step).to(torch.int8)
    small["residual_step"] = step[:, 0].half()
    write_tensors(folder / "head.safetensors", small)


def _manifest(
    recipe: Recipe, corpus: Corpus, encoder: PatentEncoder, folder: Path, figures: dict[str, Any]
) -> None:
    spec = recipe.serve
    write_manifest(
        folder, name=recipe.name, version=recipe.version, release=corpus.taxonomy.release,
        encoder={"id": recipe.encoder.model, "licence": recipe.encoder.licence,
                 "dim": encoder.dim, "max_tokens": spec.max_tokens},
        text={"fields": list(spec.fields), "max_chars": spec.max_chars},
        recipe=recipe.as_dict(), figures=figures,
    )


def _calibrate(recipe: Recipe, corpus: Corpus, folder: Path) -> None:
    classifier = Classifier.load(folder)
    encoded = classifier.encoder.encode(_texts(recipe, corpus.valid))
    observed = Observed(
        encoded["memory_query"], encoded["logits"], [e.rows for e in corpus.valid],
        np.array([e.known for e in corpus.valid], np.int8),
    )
    spec = recipe.serve
    fit_calibration(
        observed, classifier.memory, corpus.hierarchy, spec.assign_precision, spec.assign_confidence
    ).save(folder / "calibration.json")


def _quality(recipe: Recipe, corpus: Corpus, folder: Path, fp32: Path) -> dict[str, Any]:
    """First guesses at subclass on validation filings, int8 beside fp32.

    Raises:
        ParityError: int8 loses more than a point.
    """
    classifier = Classifier.load(folder)
    texts = _texts(recipe, corpus.valid)
    rows = classifier.hierarchy.rows_at(Rank.SUBCLASS)
    found = {}
    for name, graph in (("int8", folder / "model.onnx"), ("fp32", fp32)):
        classifier.encoder = OnnxEncoder(ModelBundle.load(folder), graph=graph)
        best = rows[np.argmax(classifier.scores(texts)[:, rows], axis=1)]
        found[name] = float(np.mean([b in e.rows for b, e in zip(best, corpus.valid, strict=True)]))
    if found["fp32"] - found["int8"] > INT8_LOSS:
        raise ParityError(f"int8 loses {found['fp32'] - found['int8']:.3f} first guesses at subclass")
    return {"filings": len(texts), "subclass_first_int8": round(found["int8"], 4),
            "subclass_first_fp32": round(found["fp32"], 4)}
