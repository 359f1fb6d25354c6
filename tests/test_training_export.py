"""From torch to ONNX: the same answers, int8 close to them, and another graph is refused."""

from __future__ import annotations

import copy
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from tiny_encoder import write_encoder

from cpc_classifier.graph import Graph
from cpc_classifier.hierarchy import Hierarchy
from training.encoder import PatentEncoder, load_encoder
from training.errors import ParityError
from training.export import BundleGraph, check_parity, export_graph, merge, quantise
from training.head import TreeHead
from training.recipe import Encoder

HIERARCHY = Hierarchy(
    ("A", "A01", "A01B", "A01C", "B"),
    np.array([-1, 0, 1, 1, -1], np.int32),
    np.array([0, 1, 2, 2, 0], np.int8),
)
ROWS = [[2, 5, 6, 7, 3], [2, 9, 3], [2, *range(4, 40), 3]]


def _encoder(folder: Path) -> PatentEncoder:
    encoder = load_encoder(Encoder(str(folder), "Apache-2.0", lora_rank=4), memory_dim=8)
    with torch.no_grad():
        for name, weights in encoder.trainable().items():
            if "lora_B" in name:  # they start at 0, so that a lost adapter would go unnoticed
                weights.normal_(0, 0.1)
    return encoder


def _graph(encoder: PatentEncoder) -> BundleGraph:
    head = TreeHead(HIERARCHY, encoder.dim)
    head.text.copy_(torch.nn.functional.normalize(torch.randn(head.text.shape), dim=1))
    return BundleGraph(merge(encoder), head, HIERARCHY)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[PatentEncoder, BundleGraph, Path]:
    folder = tmp_path_factory.mktemp("export")
    write_encoder(folder / "encoder", [f"w{i}" for i in range(60)])
    torch.manual_seed(1)
    encoder = _encoder(folder / "encoder")
    graph = _graph(encoder)
    export_graph(graph, folder / "model.onnx")
    return encoder, graph, folder / "model.onnx"


def test_the_graph_says_what_torch_says(made: tuple[PatentEncoder, BundleGraph, Path]) -> None:
    _, graph, path = made
    found = check_parity(graph, path, ROWS, top=3)
    assert found["scores_max_difference"] < 1e-5
    assert found["same_top"] == 1.0


def test_the_adapter_is_in_the_graph(made: tuple[PatentEncoder, BundleGraph, Path]) -> None:
    encoder, _, path = made
    ids = torch.tensor([ROWS[0]])
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
