"""Puts a bundle together from what was trained, calibrates it, measures it, puts it in place."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer

from cpc_classifier.bundle import CALIBRATION, LABELS, ModelBundle, write_manifest
from cpc_classifier.calibration import Calibration
from cpc_classifier.classifier import Classifier
from cpc_classifier.memory import Memory
from cpc_classifier.passages import cut
from cpc_classifier.subgroups import SUBGROUPS_FILE
from taxonomy.symbol import Rank, Symbol
from training.calibrate import Observed, fit_calibration
from training.calibrate_subgroups import Allocated, fit_subgroups
from training.checkpoint import write_tensors
from training.corpus import Example, Known
from training.encoder import PatentEncoder
from training.errors import ParityError
from training.export import BundleGraph, check_parity, export_graph, quantise
from training.memory_items import build_memory, deep_rows, symbol_rows
from training.pooling import AttentionPool
from training.recipe import Recipe
from training.sources import Sources, example_readings

__all__ = ["Embeddings", "build_bundle"]

PROBES = 24
"""Filings on which the exported graph is compared with torch."""
INT8_LOSS = 0.01
"""First guesses that int8 may lose, as a share; and two standard errors of as many."""


@dataclass(frozen=True, slots=True, eq=False)
class Embeddings:
    """Embeddings by the int8 graph, float16 (n, dim)."""

    train: np.ndarray
    valid: np.ndarray
    texts: np.ndarray


def build_bundle(
    recipe: Recipe,
    sources: Sources,
    encoder: PatentEncoder,
    graph: BundleGraph,
    tokenizer: Tokenizer,
    vectors: Embeddings,
    losses: list[float],
    run: Path,
    out: Path,
) -> dict[str, Any]:
    """Put the bundle together in the run folder, measure it, then put it in place.

    Args:
        encoder: with its adapter, which the bundle keeps for a later training.
        graph: what is deployed, the adapter merged.
        tokenizer: the encoder's.
        vectors: of all texts, by the int8 graph.
        losses: of the head, on validation filings.
    """
    folder = run / "bundle"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    fp32 = run / "fp32" / "model.onnx"
    fp32.parent.mkdir(exist_ok=True)
    export_graph(graph, fp32)
    quantise(fp32, folder / "model.onnx", recipe.serve.token_bits)
    tokenizer.no_truncation()
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    sources.labels.write(folder / LABELS)
    sources.subgroups.write(folder / SUBGROUPS_FILE, sources.labels)
    _memory(sources, graph.encoder, vectors).save(folder)
    _adapter(encoder, graph.pool, folder)
    Calibration(
        100,
        0.05,
        0.1,
        (1.0,) * 4,
        (1.0,) * 4,
        (0.0,) * 4,
        2.0,
        recipe.serve.assign_precision,
        recipe.serve.assign_confidence,
    ).save(folder / CALIBRATION)
    _manifest(recipe, sources, encoder.dim, folder, {})
    _calibrate(recipe, sources, folder)
    _manifest(recipe, sources, encoder.dim, folder, {})
    probes = example_readings(recipe, sources.valid[:PROBES])
    pieces = cut(tokenizer, probes, recipe.serve.max_tokens, recipe.serve.passages)
    figures = {
        "parity": check_parity(graph, fp32, pieces),
        "validation_loss_by_epoch": [round(x, 4) for x in losses],
        "valid": _quality(recipe, sources, folder, fp32),
    }
    # all is fitted and measured: the filings that validated are evidence like any other
    _memory(sources, graph.encoder, vectors, validated=True).save(folder)
    _manifest(recipe, sources, encoder.dim, folder, figures)
    out.parent.mkdir(parents=True, exist_ok=True)
    old = out.with_name(out.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    staged = out.with_name(out.name + ".new")
    shutil.rmtree(staged, ignore_errors=True)
    shutil.copytree(folder, staged)
    for file in staged.iterdir():
        file.chmod(0o644)  # safetensors makes its files readable by their owner only
    if out.exists():
        out.rename(old)
    staged.rename(out)
    shutil.rmtree(old, ignore_errors=True)
    return figures


def _memory(
    sources: Sources, encoder: PatentEncoder, vectors: Embeddings, *, validated: bool = False
) -> Memory:
    """All label texts and training filings, in the memory's space; at last the others too."""
    filings, found = sources.train, vectors.train
    if validated:
        filings, found = filings + sources.valid, np.concatenate((found, vectors.valid))
    with torch.inference_mode():
        texts, filed = (
            encoder.memory_query(torch.from_numpy(v.astype(np.float32))).numpy()
            for v in (vectors.texts, found)
        )
    row_of = deep_rows(sources.labels, sources.subgroups)
    return build_memory(sources.texts, texts, filings, filed, row_of)


def _adapter(encoder: PatentEncoder, pool: AttentionPool, folder: Path) -> None:
    """What encoder and pooling learnt, each row as int8 codes and a step; vectors in half
    precision.

    The head needs no file of its own: it is in the graph (`graph_head.py`).
    """
    learnt: dict[str, torch.Tensor] = {}
    state = encoder.state() | {f"pool.{name}": values for name, values in pool.state_dict().items()}
    for name, values in state.items():
        if values.ndim < 2:
            learnt[name] = values.half()
            continue
        step = values.detach().abs().amax(dim=1, keepdim=True).clamp(min=1e-8) / 127
        learnt[f"{name}.codes"] = torch.round(values.detach() / step).to(torch.int8)
        learnt[f"{name}.step"] = step[:, 0].half()
    write_tensors(folder / "adapter.safetensors", learnt)


def _manifest(
    recipe: Recipe, sources: Sources, dim: int, folder: Path, figures: dict[str, Any]
) -> None:
    spec = recipe.serve
    write_manifest(
        folder,
        name=recipe.name,
        version=recipe.version,
        release=sources.taxonomy.release,
        encoder={
            "id": recipe.encoder.model,
            "licence": recipe.encoder.licence,
            "dim": dim,
            "max_tokens": spec.max_tokens,
        },
        text={
            "fields": list(spec.fields),
            "max_chars": spec.max_chars,
            "passages": spec.passages,
            "title_tokens": recipe.adapt.title_tokens,
        },
        recipe=recipe.as_dict(),
        figures=figures,
    )


def _calibrate(recipe: Recipe, sources: Sources, folder: Path) -> None:
    classifier = Classifier.load(folder)
    encoded = classifier.encoder.encode(example_readings(recipe, sources.valid))
    queries, logits = encoded["memory_query"], encoded["logits"]
    known = np.array([e.tells for e in sources.valid], np.int8)
    observed = Observed(queries, logits, [e.rows for e in sources.valid], known)
    spec = recipe.serve
    calibration = fit_calibration(
        observed,
        classifier.memory,
        sources.hierarchy,
        sources.subgroups,
        spec.assign_precision,
        spec.assign_confidence,
    )
    at = [i for i, e in enumerate(sources.valid) if known[i] == Known.ALL and _placed(e)]
    rows = symbol_rows([sources.valid[i] for i in at], deep_rows(sources.labels, sources.subgroups))
    allocated = Allocated(logits[at], queries[at], rows)
    subgroup = fit_subgroups(
        allocated, classifier.memory, sources.hierarchy, sources.subgroups, calibration
    )
    replace(calibration, subgroup=subgroup).save(folder / CALIBRATION)


def _placed(example: Example) -> bool:
    """Whether all its symbols are main groups or subgroups."""
    return all(Symbol.parse(s).rank >= Rank.MAIN_GROUP for s in example.symbols)


def _quality(recipe: Recipe, sources: Sources, folder: Path, fp32: Path) -> dict[str, Any]:
    """First guesses at subclass on validation filings, int8 beside fp32.

    Raises:
        ParityError: int8 loses more than a point, beyond chance.
    """
    found = {"int8": _first_guesses(sources, folder)}
    beside = fp32.parent.parent / "bundle.fp32"
    shutil.rmtree(beside, ignore_errors=True)
    shutil.copytree(folder, beside)
    for file in fp32.parent.iterdir():  # a graph above 2 GB has its weights in a second file
        shutil.copyfile(file, beside / file.name)
    _manifest(recipe, sources, ModelBundle.load(folder).manifest.encoder.dim, beside, {})
    found["fp32"] = _first_guesses(sources, beside)
    lost = round((found["fp32"] - found["int8"]) * len(sources.valid))
    most = INT8_LOSS * len(sources.valid)
    if lost > most + 2 * most**0.5:
        raise ParityError(
            f"int8 loses {found['fp32'] - found['int8']:.3f} first guesses at subclass"
        )
    return {"filings": len(sources.valid)} | {
        f"subclass_first_{name}": round(share, 4) for name, share in found.items()
    }


def _first_guesses(sources: Sources, folder: Path) -> float:
    """Share of validation filings whose best subclass is a true one."""
    classifier = Classifier.load(folder)
    rows = classifier.hierarchy.rows_at(Rank.SUBCLASS)
    scores = classifier.scores([e.filing for e in sources.valid])[:, rows]
    best = rows[np.argmax(scores, axis=1)]
    return float(np.mean([b in e.rows for b, e in zip(best, sources.valid, strict=True)]))
