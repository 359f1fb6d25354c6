"""From torch to one ONNX graph, fp32 and int8, with the proof that they say the same.

The graph: input_ids, attention_mask of passages, their kinds, and which filing they are of ->
embedding, memory_query, logits, scores of the filings. The adapter is merged before, the head's
scale, turn, text vectors and residuals are folded into one matrix.

A protobuf holds at most 2 GiB (https://protobuf.dev/programming-guides/proto-limits): a larger
graph keeps its numbers in a second file, `model.onnx.data`, which it names: both stay in one
folder, and move together.
"""

from __future__ import annotations

import copy
import logging
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnx_ir as ir
import onnxruntime as ort
import torch
from onnx import numpy_helper
from onnx_ir.passes.common import RemoveUnusedNodesPass
from onnxruntime.quantization import QuantType, quantize_dynamic
from torch import Tensor, nn

from cpc_classifier.graph import feed
from cpc_classifier.hierarchy import Hierarchy
from cpc_classifier.passages import Piece
from training.encoder import PatentEncoder
from training.errors import ParityError
from training.head import TreeHead
from training.pooling import AttentionPool
from training.tokens import pad

__all__ = [
    "INPUTS",
    "OUTPUTS",
    "BundleGraph",
    "check_parity",
    "export_graph",
    "merge",
    "quantise",
    "tensors",
]

log = logging.getLogger(__name__)

INPUTS = ("input_ids", "attention_mask", "kinds", "member")
OUTPUTS = ("embedding", "memory_query", "logits", "scores")
OPSET, ROTARY_OPSET = 23, 20
"""23 gives ONNX Runtime its native Attention for BERT-like encoders. It also brings an operator for
rotary positions, which ONNX Runtime 1.32 refuses for a batch of several texts: models that have
them take 20, without either."""
LARGEST = 2**31 - 2**26
"""Bytes of numbers in one file: what a protobuf holds, less 64 MiB for the graph itself."""
TINY = 1e-12
SCORE_TOLERANCE = 1e-4
TIE = 1e-6
"""Scores this close to each other are equal but for rounding: float32 sums in another order."""


class BundleGraph(nn.Module):
    """What is deployed: encoder, attention over passages, memory query, conditional logits, scores
    of all rows."""

    above: Tensor

    def __init__(
        self,
        encoder: PatentEncoder,
        pool: AttentionPool,
        head: TreeHead,
        hierarchy: Hierarchy,
    ) -> None:
        super().__init__()
        self.encoder, self.pool = encoder, pool
        self.register_buffer("vectors", head.vectors().detach().T.contiguous())
        self.register_buffer("bias", head.bias.detach().clone())
        n = len(hierarchy.symbols)
        depth = hierarchy.lineage.shape[1]
        above = np.where(hierarchy.lineage >= 0, hierarchy.lineage, n)
        self.register_buffer("above", torch.as_tensor(above.T.astype(np.int64)))
        self.depth = depth

    def forward(
        self, input_ids: Tensor, attention_mask: Tensor, kinds: Tensor, member: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The four outputs, float32, in the order of ``OUTPUTS``; inputs as of `graph.feed`."""
        embedding = self.pool(self.encoder(input_ids, attention_mask), kinds, member)
        logits = embedding @ self.vectors + self.bias
        conditional = torch.sigmoid(logits)
        padded = torch.cat((conditional, torch.ones_like(conditional[:, :1])), dim=1)
        scores = padded[:, self.above[0]]
        for level in range(1, self.depth):
            scores = scores * padded[:, self.above[level]]
        return embedding, self.encoder.memory_query(embedding), logits, scores


def merge(encoder: PatentEncoder) -> PatentEncoder:
    """A copy with the adapter merged into the weights; the original stays trainable."""
    merged = copy.deepcopy(encoder)
    four_bits = getattr(merged.base, "is_quantized", False)
    merged.base = (
        _unpacked(merged.base) if four_bits else merged.base.merge_and_unload()  # type: ignore[operator]
    )
    merged.base.set_attn_implementation("sdpa")  # type: ignore[operator]
    return merged.float().eval()


def _unpacked(adapted: Any) -> nn.Module:
    """4-bit weights as they were computed with, and the adapter's part added to them in float32.

    peft would round the sum to 4 bits again, and lose most of what was learnt.
    """
    layers: dict[str, Any] = dict(adapted.base_model.model.named_modules())
    learnt = {
        name: layer.get_delta_weight(layer.active_adapters[0]).float()
        for name, layer in layers.items()
        if hasattr(layer, "get_delta_weight")
    }
    plain = adapted.unload()
    plain.dequantize(torch.float32)
    with torch.no_grad():
        for name, delta in learnt.items():
            plain.get_submodule(name).weight += delta
    return plain


def is_rotary(encoder: PatentEncoder) -> bool:
    """Whether positions are turned into queries and keys (Llama, Qwen3, EXAONE 4, ModernBERT)."""
    return any(name.endswith("inv_freq") for name, _ in encoder.base.named_buffers())


def export_graph(graph: BundleGraph, path: Path, largest: int = LARGEST) -> None:
    """Write the fp32 graph; batch and tokens may have any size.

    Args:
        path: of the graph; its numbers go to `PATH.data` where they are more than fit one file.
        largest: bytes of numbers in one file.

    Raises:
        ParityError: the exporter gave no graph, or one that is not understood.
    """
    rotary = is_rotary(graph.encoder)
    texts = [[Piece(1, range(1, 20)), Piece(2, range(1, 9))], [Piece(0, range(1, 12))]]
    passages, tokens = torch.export.Dim("passages", min=1), torch.export.Dim("tokens", min=1)
    sizes = {0: passages, 1: tokens}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = torch.onnx.export(
            graph.eval(),
            tensors(texts),
            dynamo=True,
            opset_version=ROTARY_OPSET if rotary else OPSET,
            verbose=False,
            input_names=list(INPUTS),
            output_names=list(OUTPUTS),
            dynamic_shapes={
                "input_ids": sizes,
                "attention_mask": sizes,
                "kinds": {0: passages},
                "member": {0: torch.export.Dim("filings", min=1), 1: passages},
            },
        )
    if program is None:
        raise ParityError("torch.onnx.export gave no program")
    for node in program.model.graph:
        for value in node.outputs:
            if value.name in OUTPUTS and not value.is_graph_output():
                value.name = f"{value.name}_inner"
    if not rotary:
        config: Any = graph.encoder.base.config
        _attend_to_rows(program.model.graph, config.num_attention_heads)
    RemoveUnusedNodesPass()(program.model)
    numbers = [v.const_value for v in program.model.graph.initializers.values()]
    size = sum(number.nbytes for number in numbers if number is not None)
    data_file(path).unlink(missing_ok=True)
    program.save(str(path), include_initializers=True, external_data=size > largest)


def tensors(texts: Sequence[Sequence[Piece]]) -> tuple[Tensor, ...]:
    """Texts as the graph in torch takes them, in the order of ``INPUTS``; padded as in training."""
    ids, mask = pad([piece.ids for text in texts for piece in text])
    told = feed(texts, 0)
    return ids, mask, torch.from_numpy(told["kinds"]), torch.from_numpy(told["member"])


def data_file(path: Path) -> Path:
    """Where the numbers of a graph are that does not hold them itself."""
    return path.with_name(path.name + ".data")


def _attend_to_rows(graph: ir.Graph, heads: int) -> None:
    """Let each Attention read (batch, tokens, dim) itself, without the copies around it.

    The exporter splits the heads by Reshape and Transpose before it and joins them after it; given
    the number of heads the operator does so on its own.
    """
    for node in [n for n in graph if n.op_type == "Attention"]:
        rows = [_before(_before(value, "Transpose"), "Reshape") for value in node.inputs[:3]]
        join = _after(node, "Transpose")
        flat = _after(join, "Reshape")
        attention = ir.node(
            "Attention",
            [*rows, *node.inputs[3:]],
            {"q_num_heads": heads, "kv_num_heads": heads, "scale": node.attributes["scale"]},
            name=node.name,
        )
        graph.insert_before(flat, attention)
        ir.convenience.replace_all_uses_with(flat.outputs[0], attention.outputs[0])
        graph.remove([flat, join, node], safe=True)


def _before(value: ir.Value | None, op_type: str) -> ir.Value | None:
    """What the operator that makes a value reads."""
    node = value.producer() if value is not None else None
    if node is None or node.op_type != op_type:
        raise ParityError(f"{value} is not made by {op_type}: this attention is not understood")
    return node.inputs[0]


def _after(node: ir.Node, op_type: str) -> ir.Node:
    """The one operator that reads a node's output."""
    users = [use.node for use in node.outputs[0].uses()]
    if [user.op_type for user in users] != [op_type]:
        raise ParityError(f"{node.name} is not read by {op_type}: this attention is not understood")
    return users[0]


def quantise(fp32: Path, int8: Path, token_bits: int = 8, largest: int = LARGEST) -> None:
    """Weights to int8 per channel, activations at run time; Attention and biases stay fp32.

    Per tensor would lose a third of the neighbours. Weights take 7 of the 8 bits: processors with
    AVX2 but no VNNI add two products in 16 bits, which 8 bits overflow, and would say something
    else than others do.

    Args:
        fp32: a graph, with its numbers beside it or not.
        int8: likewise, as its size asks for.
        token_bits: of the token embeddings: 8, or 4 in blocks of 32.
        largest: bytes of numbers in one file.
    """
    if token_bits == 4:
        smaller = int8.with_name("tokens.onnx")
        _tokens_to_4_bits(fp32, smaller)
        quantise(smaller, int8, largest=largest)
        for file in (smaller, data_file(smaller)):
            file.unlink(missing_ok=True)
        return
    model = onnx.load(fp32, load_external_data=False)
    known = {i.name for i in model.graph.initializer}
    float_products = [
        node.name
        for node in model.graph.node
        if node.op_type == "MatMul" and not any(name in known for name in node.input)
    ]
    large = data_file(fp32).exists()
    data_file(int8).unlink(missing_ok=True)  # the library would add to it
    quantize_dynamic(
        fp32,
        int8,
        op_types_to_quantize=["MatMul", "Gather"],
        per_channel=True,
        reduce_range=True,
        weight_type=QuantType.QInt8,
        nodes_to_exclude=float_products,
        use_external_data_format=large,
        extra_options={"MatMulConstBOnly": True},
    )
    if large and data_file(int8).stat().st_size <= largest:  # a quarter of it may fit one file
        onnx.save(onnx.load(int8), int8)
        data_file(int8).unlink()


def _tokens_to_4_bits(fp32: Path, path: Path) -> None:
    """The rows that token ids look up, in blocks of 32 numbers with a step each."""
    # here, as the module sets up logging when it is imported
    from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer

    logging.getLogger(MatMulNBitsQuantizer.__module__).setLevel(logging.WARNING)
    model = onnx.load(fp32)
    lookups = [node for node in model.graph.node if node.op_type == "Gather"]
    rows = {node.input[0] for node in lookups if node.input[1] == "input_ids"}
    for tensor in model.graph.initializer:
        if tensor.name in rows:  # a block of zeros, as of padding, has no step
            values = numpy_helper.to_array(tensor)
            values = np.where(values == 0, np.float32(TINY), values)
            tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
    others = [node.name for node in lookups if node.input[0] not in rows]
    quantiser = MatMulNBitsQuantizer(
        model,
        block_size=32,
        is_symmetric=True,
        op_types_to_quantize=("Gather",),
        quant_axes=(("Gather", 1),),
        nodes_to_exclude=others,
    )
    quantiser.process()
    quantiser.model.save_model_to_file(str(path), data_file(fp32).exists())


def check_parity(
    graph: BundleGraph, path: Path, texts: Sequence[Sequence[Piece]], top: int = 10
) -> dict[str, float]:
    """Compare the fp32 graph with torch on the pieces of real texts.

    Returns:
        ``scores_max_difference`` and ``same_top`` (share of texts with the same ``top`` symbols in
        the same order; those whose scores are equal but for rounding may stand in any).

    Raises:
        ParityError: a score differs by more than 1e-4, or a top list differs.
    """
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    worst, same = 0.0, 0
    for text in texts:
        with torch.inference_mode():
            wanted = graph(*tensors([text]))[3][0].numpy()
        found = session.run(["scores"], feed([text], 0))
        worst = max(worst, float(np.abs(found[0][0] - wanted).max()))
        listed = np.argsort(-found[0][0])[:top]
        same += bool(np.abs(wanted[listed] - np.sort(wanted)[::-1][:top]).max() <= TIE)
    log.info("parity: largest difference %.2e, same top %d of %d", worst, same, len(texts))
    if worst > SCORE_TOLERANCE or same < len(texts):
        raise ParityError(
            f"{path}: scores differ from torch by up to {worst:.1e} (at most {SCORE_TOLERANCE}), "
            f"and {len(texts) - same} of {len(texts)} texts have another top {top}"
        )
    return {"scores_max_difference": worst, "same_top": same / len(texts)}
