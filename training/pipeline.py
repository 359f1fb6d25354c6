"""``cpc train fit``: from a recipe to a bundle, each step kept in the run folder and resumed.

corpus -> stage 1 (adapt) -> int8 graph -> embeddings -> pooling of passages -> stage 2 (head)
       -> graph, parity -> memory -> calibration -> figures -> bundle
"""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from accelerate.utils import broadcast
from tokenizers import Tokenizer

from taxonomy.title_text import title_path
from training.adapt import adapt, tokenise
from training.assemble import Embeddings, build_bundle
from training.batches import Batches
from training.checkpoint import load_params, read_tensors, write_tensors
from training.corpus import Example, Known, filing_weights, text_weights
from training.embed import embed_filings, embed_texts
from training.encoder import PatentEncoder, embed, load_encoder
from training.errors import RunError
from training.export import BundleGraph, export_graph, merge, quantise
from training.fit_head import Embedded, HeadLoss, fit_head
from training.fit_pool import fit_pool
from training.head import TreeHead
from training.passage_vectors import PassageVectors
from training.pooling import AttentionPool
from training.pretrained import prepare
from training.processes import accelerator, is_sharded, part, place
from training.recipe import Memory, Recipe, Serve
from training.sources import Sources, example_readings, read_sources
from training.tokens import load_tokenizer

__all__ = ["fit"]

log = logging.getLogger(__name__)


def fit(recipe: Recipe, data: Path, run: Path, out: Path) -> dict[str, Any]:
    """Make a bundle.

    Args:
        recipe: how.
        data: folder that the recipe's paths are relative to.
        run: where steps are kept; an interrupted run goes on from there.
        out: the folder of the bundle; replaced when the new one is whole.

    Returns:
        The bundle's figures; nothing in a process that only helped with stage 1, under
        `accelerate launch`: the main one goes on alone.

    Raises:
        TrainingError: a recipe, corpus, run or parity that is not right.
    """
    run.mkdir(parents=True, exist_ok=True)
    processes = accelerator()
    torch.manual_seed(recipe.seed)
    sources = read_sources(recipe, data)
    with processes.main_process_first():
        pretrained = prepare(recipe.encoder, sources, run)
    tokenizer = load_tokenizer(pretrained)
    encoder = load_encoder(pretrained, recipe.memory.dim)
    place(encoder.base, processes)
    encoder.projection.data = encoder.projection.data.to(processes.device)
    encoder.center = encoder.center.to(processes.device)
    head = TreeHead(sources.hierarchy, encoder.dim).to(processes.device)
    _adapt(recipe, sources, encoder, head, tokenizer, run, processes)
    part(processes)
    if not processes.is_main_process:
        return {}
    if is_sharded(encoder):
        encoder = load_encoder(pretrained, recipe.memory.dim)
        trained = {f"encoder.{k}": p for k, p in encoder.state().items()}
        load_params(run / "adapt.safetensors", trained)
    encoder, head = encoder.cpu(), head.cpu()
    encoder.soften(recipe.adapt.keep)
    pool = AttentionPool(encoder.dim)
    vectors = _embeddings(recipe, sources, encoder, pool, head, tokenizer, run)
    losses = _head(recipe, sources, head, vectors, run)
    graph = BundleGraph(merge(encoder), pool, head, sources.hierarchy)
    return build_bundle(recipe, sources, encoder, graph, tokenizer, vectors, losses, run, out)


def _adapt(
    recipe: Recipe,
    sources: Sources,
    encoder: PatentEncoder,
    head: TreeHead,
    tokenizer: Tokenizer,
    run: Path,
    processes: Accelerator,
) -> None:
    """Stage 1, in place."""
    batches = Batches(
        sources.train,
        sources.unlabelled,
        sources.texts,
        sources.text_rows,
        sources.hierarchy,
        recipe.adapt,
        recipe.seed,
        recipe.serve.fields,
        recipe.serve.max_chars,
        recipe.corpus,
    )
    if not (run / "adapt.safetensors").exists():
        _start_space(recipe, sources, encoder, tokenizer, batches, processes)
    row_texts = [title_path(s, sources.taxonomy) for s in sources.hierarchy.symbols]
    adapt(
        encoder,
        head,
        tokenizer,
        batches,
        row_texts,
        sources.hierarchy,
        recipe.adapt,
        run,
        recipe.fingerprint(sources.digest, head=False),
        processes,
    )


def _start_space(
    recipe: Recipe,
    sources: Sources,
    encoder: PatentEncoder,
    tokenizer: Tokenizer,
    batches: Batches,
    processes: Accelerator,
) -> None:
    """Begin with the mean of pretrained embeddings taken away, and their principal directions."""
    rng = np.random.default_rng([recipe.seed, 1])
    sample = [sources.texts[i].text for i in rng.integers(len(sources.texts), size=4096)]
    for step in range(24):  # steps that training never reaches, for filings of all kinds
        batch = batches[10**6 + step]
        sample += batch.texts[: batch.filings]
    e = embed(encoder, tokenise(tokenizer, sample, 64), processes)
    center = e.mean(axis=0)
    e -= center
    e /= np.linalg.norm(e, axis=1, keepdims=True)
    _, directions = np.linalg.eigh(e.T @ e)
    first = np.ascontiguousarray(directions[:, ::-1][:, : recipe.memory.dim])
    # a direction's sign is each machine's own
    for kept, mine in ((encoder.projection.data, first), (encoder.center, center)):
        kept.copy_(broadcast(torch.from_numpy(mine).to(processes.device)))


def _embeddings(
    recipe: Recipe,
    sources: Sources,
    encoder: PatentEncoder,
    pool: AttentionPool,
    head: TreeHead,
    tokenizer: Tokenizer,
    run: Path,
) -> Embeddings:
    """What the int8 encoder says of every text; the pooling is learnt on the way, in place."""
    made_from = (run / "adapt.safetensors").read_bytes() + str(recipe.adapt.keep).encode()
    state = hashlib.sha256(made_from).hexdigest()[:16]
    graph = run / f"encoder-{state}" / "model.onnx"  # its data may lie beside it, by its name
    if not graph.exists():
        exact, rough = run / "encoder.fp32", run / "encoder.part"
        for folder in (exact, rough):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
        whole = BundleGraph(merge(encoder), pool, head, sources.hierarchy)
        export_graph(whole, exact / "model.onnx")
        quantise(exact / "model.onnx", rough / "model.onnx", recipe.serve.token_bits)
        rough.replace(graph.parent)
    folder = run / "embeddings"

    def read(name: str, examples: list[Example], spec: Memory | Serve) -> PassageVectors:
        tokens, most = spec.max_tokens, spec.passages
        readings, key = example_readings(recipe, examples), f"{state}-{tokens}-{most}"
        return embed_filings(graph, tokenizer, readings, tokens, most, folder, name, key)

    train = read("train", sources.train, recipe.memory)
    valid = read("valid", sources.valid, recipe.serve)
    length = recipe.adapt.title_tokens
    texts = [t.text for t in sources.texts]
    told = embed_texts(graph, tokenizer, texts, length, folder, "texts", f"{state}-{length}")
    at = [sources.taxonomy.row(s) for s in sources.hierarchy.symbols]  # texts begin with all titles
    head.text.copy_(torch.from_numpy(told[at].astype(np.float32)))
    _pool(recipe, sources, head, pool, train, valid, run)
    return Embeddings(train.pooled(pool), valid.pooled(pool), told)


def _pool(
    recipe: Recipe,
    sources: Sources,
    head: TreeHead,
    pool: AttentionPool,
    train: PassageVectors,
    valid: PassageVectors,
    run: Path,
) -> None:
    """How passages are weighed, in place; kept in the run folder."""
    path, made_from = run / "pool.safetensors", recipe.fingerprint(sources.digest, head=True)
    if path.exists():
        tensors, metadata = read_tensors(path)
        if metadata.get("recipe") == made_from:
            pool.load_state_dict(tensors)
            return
    losses = fit_pool(
        pool,
        head,
        (train, sources.train),
        (valid, sources.valid),
        HeadLoss(sources.hierarchy, recipe.fit.list_weight),
        recipe.fit,
        recipe.seed,
    )
    write_tensors(path, pool.state_dict(), recipe=made_from, losses=json.dumps(losses))


def _head(
    recipe: Recipe, sources: Sources, head: TreeHead, vectors: Embeddings, run: Path
) -> list[float]:
    """Stage 2, in place; the finished head is kept in the run folder."""
    path, made_from = run / "head.safetensors", recipe.fingerprint(sources.digest, head=True)
    if path.exists():
        tensors, metadata = read_tensors(path)
        if metadata.get("recipe") != made_from:
            raise RunError(f"{path} belongs to another recipe or sources: give another run folder")
        head.load_state_dict(tensors)
        return [float(x) for x in json.loads(metadata["losses"])]
    closures = {int(r): sources.hierarchy.closure([int(r)]) for r in np.unique(sources.text_rows)}
    losses = fit_head(
        head,
        Embedded.of(vectors.train, sources.train, filing_weights(sources.train, recipe.corpus)),
        Embedded(
            vectors.texts,
            [closures[int(r)] for r in sources.text_rows],
            np.full(len(sources.texts), Known.ALL, np.int8),
            text_weights(sources.texts, recipe.corpus),
        ),
        Embedded.of(vectors.valid, sources.valid),
        sources.hierarchy,
        recipe.fit,
        recipe.seed,
    )
    write_tensors(path, head.state_dict(), recipe=made_from, losses=json.dumps(losses))
    return losses
