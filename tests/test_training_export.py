"""From torch to ONNX, for every family: the same answers, int8 close to them, in one file or two;
another graph is refused."""

from __future__ import annotations

import copy
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from tiny_bundle import build_tiny_bundle
from tiny_encoder import DECODERS, FAMILIES, write_encoder

from cpc_classifier.bundle import ModelBundle, write_manifest
from cpc_classifier.classifier import Classifier
from cpc_classifier.errors import BundleError
from cpc_classifier.filing import Filing
from cpc_classifier.graph import Graph
from cpc_classifier.hierarchy import Hierarchy
from cpc_classifier.passages import Piece
from training.encoder import PatentEncoder, embed, load_encoder
from training.errors import ParityError
from training.export import (
    BundleGraph,
    check_parity,
    data_file,
    export_graph,
    is_rotary,
    merge,
    quantise,
    tensors,
)
from training.head import TreeHead
from training.pooling import AttentionPool
from training.processes import accelerator, place
from training.recipe import Encoder

HIERARCHY = Hierarchy(
    ("A", "A01", "A01B", "A01C", "B"),
    np.array([-1, 0, 1, 1, -1], np.int32),
    np.array([0, 1, 2, 2, 0], np.int8),
)
ROWS = [[Piece(0, ids)] for ids in ([2, 5, 6, 7, 3], [2, 9, 3], [2, *range(4, 40), 3])]
LONG = [[Piece(0, [2, *range(4, 4 + n), 3])] for n in (1, 7, 18, 40, 55)]
SEVERAL = [
    [Piece(1, [2, 5, 6, 7, 3]), Piece(2, [2, *range(4, 30), 3]), Piece(4, [2, 9, 3])],
    [Piece(0, [2, *range(4, 40), 3])],
    [Piece(3, [2, 8, 8, 9, 3]), Piece(2, [2, 9, 3])],
]
"""Filings with several passages."""


def _encoder(folder: Path, pooling: str = "mean", weights: str = "float32") -> PatentEncoder:
    recipe = Encoder(
        str(folder), "none", lora_rank=4, targets="all-linear", pooling=pooling, weights=weights
    )
    encoder = load_encoder(recipe, memory_dim=8)
    with torch.no_grad():
        for name, weights in encoder.trainable().items():
            if "lora_B" in name:  # they start at 0, so that a lost adapter would go unnoticed
                weights.normal_(0, 0.1)
    return encoder


def _graph(encoder: PatentEncoder) -> BundleGraph:
    head = TreeHead(HIERARCHY, encoder.dim)
    head.text.copy_(torch.nn.functional.normalize(torch.randn(head.text.shape), dim=1))
    pool = AttentionPool(encoder.dim)
    with torch.no_grad():
        pool.query.normal_(0, 3)
        pool.prior.normal_()
    return BundleGraph(merge(encoder), pool, head, HIERARCHY)


@dataclass(frozen=True, slots=True, eq=False)
class Exported:
    """An encoder in torch, the graph that is made of it, and the file."""

    encoder: PatentEncoder
    graph: BundleGraph
    path: Path


def _exported(folder: Path, family: str) -> Exported:
    write_encoder(folder / "encoder", [f"w{i}" for i in range(60)], family)
    torch.manual_seed(1)
    encoder = _encoder(folder / "encoder", "last" if family in DECODERS else "mean")
    graph = _graph(encoder)
    export_graph(graph, folder / "model.onnx")
    return Exported(encoder, graph, folder / "model.onnx")


@pytest.fixture(scope="module", params=FAMILIES)
def any_family(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Exported]:
    return request.param, _exported(tmp_path_factory.mktemp(request.param), request.param)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[PatentEncoder, BundleGraph, Path]:
    found = _exported(tmp_path_factory.mktemp("export"), "bert")
    return found.encoder, found.graph, found.path


def test_padded_batches_of_any_size_say_what_torch_says(any_family: tuple[str, Exported]) -> None:
    made = any_family[1]
    session = Graph(made.path, threads=1)
    for batch in (LONG, LONG[:1], LONG[1:3], LONG[::-1], [LONG[4]] * 7, SEVERAL, SEVERAL[:1]):
        with torch.inference_mode():
            wanted = made.graph(*tensors(batch))
        found = session.run(batch, ("embedding", "memory_query", "logits", "scores"))
        for expected, values in zip(wanted, found.values(), strict=True):
            np.testing.assert_allclose(values, expected.numpy(), atol=1e-4)
    assert check_parity(made.graph, made.path, LONG, top=3)["scores_max_difference"] < 1e-5


def test_padding_changes_nothing_in_the_graph(any_family: tuple[str, Exported]) -> None:
    session = Graph(any_family[1].path, threads=1)
    together = session.run(LONG, ("embedding",))["embedding"]
    alone = [session.run([row], ("embedding",))["embedding"] for row in LONG]
    np.testing.assert_allclose(together, np.concatenate(alone), atol=1e-5)


def test_the_adapter_of_any_family_is_in_the_graph(any_family: tuple[str, Exported]) -> None:
    made = any_family[1]
    ids, mask, *_ = tensors(LONG)
    with torch.inference_mode():
        adapted = made.encoder(ids, mask).numpy()
        with made.encoder.base.disable_adapter():  # type: ignore[operator]
            bare = made.encoder(ids, mask).numpy()
    found = Graph(made.path, threads=1).run(LONG, ("embedding",))["embedding"]
    np.testing.assert_allclose(found, adapted, atol=1e-4)
    assert np.abs(found - bare).max() > 0.01


def test_the_operators_are_those_that_the_family_needs(any_family: tuple[str, Exported]) -> None:
    family, made = any_family
    model = onnx.load(made.path)
    operators = {node.op_type for node in model.graph.node}
    (version,) = [o.version for o in model.opset_import if o.domain == ""]
    assert is_rotary(made.encoder) == (family in DECODERS)
    assert version == (20 if family in DECODERS else 23)
    assert ("Attention" in operators) == (family not in DECODERS)
    assert "RotaryEmbedding" not in operators


def test_int8_of_any_family_keeps_the_direction(
    any_family: tuple[str, Exported], tmp_path: Path
) -> None:
    made = any_family[1]
    quantise(made.path, tmp_path / "model.onnx")
    exact, rough = (
        Graph(p, threads=1).run_all(LONG, ("embedding",))["embedding"]
        for p in (made.path, tmp_path / "model.onnx")
    )
    assert ((exact * rough).sum(1) > 0.95).all()  # of random weights; trained ones lose less
    stored = onnx.load(tmp_path / "model.onnx").graph.initializer
    exact_numbers = [i for i in stored if i.data_type == onnx.TensorProto.FLOAT]
    assert [i.name for i in exact_numbers if len(i.dims) == 2] == []


def test_token_embeddings_in_4_bits_keep_the_direction(
    made: tuple[PatentEncoder, BundleGraph, Path], tmp_path: Path
) -> None:
    paths = [tmp_path / name / "model.onnx" for name in ("eight", "four")]
    for path, bits in zip(paths, (8, 4), strict=True):
        path.parent.mkdir()
        quantise(made[2], path, bits)
        assert {p.name for p in path.parent.iterdir()} == {"model.onnx"}
    exact, _, four = (
        Graph(p, threads=1).run_all(LONG, ("embedding",))["embedding"] for p in (made[2], *paths)
    )
    assert ((exact * four).sum(1) > 0.95).all()
    operators = {n.op_type for n in onnx.load(paths[1]).graph.node}
    assert "GatherBlockQuantized" in operators
    assert paths[1].stat().st_size < paths[0].stat().st_size


@pytest.fixture(scope="module")
def large(made: tuple[PatentEncoder, BundleGraph, Path]) -> Path:
    """The same graph, where a file may hold 1,000 bytes of numbers."""
    path = made[2].parent / "large" / "model.onnx"
    path.parent.mkdir()
    export_graph(made[1], path, largest=1000)
    return path


def test_numbers_that_do_not_fit_lie_beside_the_graph(
    made: tuple[PatentEncoder, BundleGraph, Path], large: Path
) -> None:
    assert not data_file(made[2]).exists()
    assert data_file(large).stat().st_size > 10 * 1000
    assert large.stat().st_size < made[2].stat().st_size - 10 * 1000
    check_parity(made[1], large, LONG, top=3)
    inside, beside = (
        Graph(p, threads=1).run(LONG, ("scores",))["scores"] for p in (made[2], large)
    )
    np.testing.assert_array_equal(inside, beside)


def test_int8_of_a_large_graph_lies_where_it_fits(
    made: tuple[PatentEncoder, BundleGraph, Path], large: Path, tmp_path: Path
) -> None:
    usual, beside, inside = (
        tmp_path / name / "model.onnx" for name in ("usual", "beside", "inside")
    )
    for path in (usual, beside, inside):
        path.parent.mkdir()
    quantise(made[2], usual)
    quantise(large, inside)
    for _ in range(2):  # a second time it takes the place of the first
        quantise(large, beside, largest=1000)
    assert {p.name for p in inside.parent.iterdir()} == {"model.onnx"}
    assert {p.name for p in beside.parent.iterdir()} == {"model.onnx", "model.onnx.data"}
    assert data_file(beside).stat().st_size < usual.stat().st_size
    said = [Graph(p, threads=1).run(ROWS, ("scores",))["scores"] for p in (usual, beside, inside)]
    np.testing.assert_array_equal(said[0], said[1])
    np.testing.assert_array_equal(said[0], said[2])


def test_a_bundle_holds_and_guards_the_numbers_of_a_large_graph(tmp_path: Path) -> None:
    folder = build_tiny_bundle(tmp_path / "bundle")
    filing = Filing("1", title="lithium battery electrolyte")
    before = Classifier.load(folder).suggest([filing])[0].suggestions
    spec = ModelBundle.load(folder).manifest
    graph = folder / "model.onnx"
    model = onnx.load(graph)
    graph.unlink()
    onnx.save(model, graph, save_as_external_data=True, location="model.onnx.data")
    write_manifest(
        folder,
        name=spec.name,
        version=spec.version,
        release=spec.release,
        encoder=asdict(spec.encoder),
        text=asdict(spec.text),
        recipe=spec.recipe,
        figures=spec.figures,
    )
    assert Classifier.load(folder).suggest([filing])[0].suggestions == before
    content = bytearray(data_file(graph).read_bytes())
    content[100] ^= 1
    data_file(graph).write_bytes(content)
    with pytest.raises(BundleError, match=r"model\.onnx\.data: changed"):
        Classifier.load(folder)


def test_the_graph_says_what_torch_says(made: tuple[PatentEncoder, BundleGraph, Path]) -> None:
    _, graph, path = made
    found = check_parity(graph, path, ROWS, top=3)
    assert found["scores_max_difference"] < 1e-5
    assert found["same_top"] == 1.0


def test_the_adapter_is_in_the_graph(made: tuple[PatentEncoder, BundleGraph, Path]) -> None:
    encoder, _, path = made
    ids = torch.tensor([ROWS[0][0].ids])
    with torch.inference_mode():
        adapted = encoder(ids, torch.ones_like(ids))[0].numpy()
    found = Graph(path, threads=1).run([ROWS[0]], ("embedding",))["embedding"][0]
    np.testing.assert_allclose(found, adapted, atol=1e-5)


def test_a_softened_adapter_moves_the_weights_part_of_the_way(
    made: tuple[PatentEncoder, BundleGraph, Path],
) -> None:
    whole = made[0]
    name = "base.encoder.layer.0.attention.self.query.weight"
    pretrained = whole.state_dict()[
        "base.base_model.model.encoder.layer.0.attention.self.query.base_layer.weight"
    ]
    adapted = merge(whole).state_dict()[name]
    part = copy.deepcopy(whole)
    part.soften(0.25)
    expected = pretrained + 0.25 * (adapted - pretrained)
    torch.testing.assert_close(merge(part).state_dict()[name], expected)
    assert not torch.equal(adapted, pretrained)


@pytest.mark.skipif(
    not torch.cuda.is_available() or find_spec("bitsandbytes") is None,
    reason="4 bits need a GPU and bitsandbytes",
)
def test_an_adapter_over_4_bits_is_in_the_merged_weights(tmp_path: Path) -> None:
    write_encoder(tmp_path, [f"w{i}" for i in range(60)], "qwen3")
    encoder = _encoder(tmp_path, "last", weights="nf4")
    merged = merge(encoder)
    with torch.inference_mode():
        exact = merged(*(t.to(encoder.projection.device) for t in tensors(LONG)[:2])).numpy()
    place(encoder.base, accelerator())
    rough = embed(encoder, LONG, accelerator())
    with encoder.base.disable_adapter():  # type: ignore[operator]
        bare = embed(encoder, LONG, accelerator())
    assert ((exact * rough).sum(1) > 0.999).all()
    assert ((exact * bare).sum(1) < 0.99).any()


def test_attention_reads_rows(made: tuple[PatentEncoder, BundleGraph, Path]) -> None:
    nodes = onnx.load(made[2]).graph.node
    attention = [n for n in nodes if n.op_type == "Attention"]
    assert len(attention) == 2
    for node in attention:
        assert {a.name: a.i for a in node.attribute}["q_num_heads"] == 2


def test_another_graph_is_refused(made: tuple[PatentEncoder, BundleGraph, Path]) -> None:
    encoder, _, path = made
    torch.manual_seed(9)
    with pytest.raises(ParityError, match="differ from torch"):
        check_parity(_graph(encoder), path, ROWS, top=3)


def test_int8_keeps_the_direction(
    made: tuple[PatentEncoder, BundleGraph, Path], tmp_path: Path
) -> None:
    quantise(made[2], tmp_path / "int8.onnx")
    exact, rough = (
        Graph(p, threads=1).run_all(ROWS, ("embedding",))["embedding"]
        for p in (made[2], tmp_path / "int8.onnx")
    )
    assert ((exact * rough).sum(1) > 0.99).all()
    assert not np.array_equal(exact, rough)
