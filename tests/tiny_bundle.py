"""A real bundle, made in a moment and without torch: a mini scheme, a graph, a memory.

The scheme's symbols are spelt as CPC's are; its titles are invented. The graph is what the real one
is, but small: word vectors, the mean over the text, length 1, then a linear head. A word lies where
its symbol lies, and that near to the symbols above; so the words of a title find their symbol.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.normalizers import Lowercase
from tokenizers.pre_tokenizers import Whitespace

from cpc_classifier.bundle import write_manifest
from cpc_classifier.calibration import Calibration
from cpc_classifier.labels import LabelIndex
from cpc_classifier.memory import Memory
from cpc_classifier.subgroups import SUBGROUPS_FILE, Subgroups
from taxonomy.symbol import Rank

SCHEME = """
A living
A01 farming
A01B soil
A01B1/00 spade shovel
A01B3/00 plough furrow
A01B5/00 harrow disc
A01B2200/00 remark steering
A01K animals
A01K1/00 stable barn
A01K5/00 trough fodder
A01K61/00 fish pond
A01K67/00 breeding mouse
A61 health
A61B diagnosis
A61B1/00 endoscope cavity
A61B5/00 pulse measuring
A61B6/00 radiography xray
A61B17/00 surgical scalpel
A61F implants
A61F2/00 prosthesis stent
A61F5/00 orthopaedic brace
A61F9/00 eye cornea
A61F13/00 bandage plaster
H electricity
H01 elements
H01L semiconductor
H01L21/00 wafer etching
H01L23/00 package heatsink
H01L27/00 integrated substrate
H01L31/00 photovoltaic light
H01M battery
H01M4/00 electrode anode
H01M8/00 fuel hydrogen
H01M10/00 lithium electrolyte
H01M50/00 housing separator
H01M2220/00 remark vehicle
H04 communication
H04L packets
H04L9/00 encryption key
H04L12/00 network switching
H04L45/00 routing hop
H04L67/00 protocol server
H04W wireless
H04W4/00 messaging location
H04W16/00 cell planning
H04W48/00 access roaming
H04W72/00 spectrum scheduling
Y crosscutting
Y02 climate
Y02E clean
Y02E10/00 renewable wind
Y02E30/00 nuclear fusion
Y02E60/00 storage enabling
Y02T mobility
Y02T10/00 road charging
Y02T50/00 aviation aircraft
Y02T70/00 maritime ship
"""
SUBGROUPS = """
A61B5/02 A61B5/00 heartbeat rate
A61B5/021 A61B5/02 pressure cuff
A61B5/08 A61B5/00 breathing lung
H01M10/05 H01M10/00 accumulator cell
H01M10/052 H01M10/05 alkali metal
H01M10/0525 H01M10/052 rocking chair
H01M10/056 H01M10/05 salt solvent
H01M10/42 H01M10/00 maintenance repair
H04L9/08 H04L9/00 distribution exchange
H04L9/32 H04L9/00 signature identity
"""
DEEPER: dict[str, tuple[str, str]] = {
    line.split()[0]: (line.split()[1], line.split(" ", 2)[2])
    for line in SUBGROUPS.strip().splitlines()
}
TITLES: dict[str, str] = dict(line.split(" ", 1) for line in SCHEME.strip().splitlines())
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
DIM, MEMORY_DIM, MAX_TOKENS, MAX_CHARS, PASSAGES = 64, 32, 64, 512, 3


def mini_labels() -> LabelIndex:
    """The label rows of the mini scheme."""
    ranks = {1: Rank.SECTION, 3: Rank.CLASS, 4: Rank.SUBCLASS}
    symbols = tuple(TITLES)
    return LabelIndex(
        symbols,
        tuple(_parent(s) for s in symbols),
        tuple(ranks.get(len(s), Rank.MAIN_GROUP) for s in symbols),
        (True,) * len(symbols),
    )


def mini_subgroups(deep: bool = True) -> Subgroups:
    """The subgroups below them; none of them for a bundle that ends at main groups."""
    row = {symbol: at for at, symbol in enumerate([*TITLES, *DEEPER])}
    parents = [row[above] for above, _ in DEEPER.values()] if deep else []
    return Subgroups(len(TITLES), tuple(DEEPER) if deep else (), np.array(parents, np.int32))


def _parent(symbol: str) -> str:
    if "/" in symbol:
        return symbol[:4]
    return {1: "", 3: symbol[:1], 4: symbol[:3]}[len(symbol)]


def build_tiny_bundle(folder: Path, assign_threshold: float = 0.5, deep: bool = False) -> Path:
    """Make the bundle in a folder that is created here.

    Args:
        folder: gets the files.
        assign_threshold: of the route.
        deep: with subgroups.
    """
    folder.mkdir(parents=True)
    words = [*TITLES.values(), *(words for _, words in DEEPER.values())]
    vocabulary = [*SPECIAL, *dict.fromkeys(word for title in words for word in title.split())]
    _tokenizer(vocabulary).save(str(folder / "tokenizer.json"))
    labels = mini_labels()
    rng = np.random.default_rng(3)
    own = _unit(rng.standard_normal((len(labels), DIM)))
    places = _unit(labels.to_hierarchy().ancestors_csr() @ own)
    table = np.zeros((len(vocabulary), DIM), np.float32)
    for symbol, place in zip(TITLES, places, strict=True):
        table[[vocabulary.index(word) for word in TITLES[symbol].split()]] += place
    subgroups = mini_subgroups(deep)
    below = _placed_below(places, subgroups, rng)
    for symbol, place in zip(subgroups.symbols, below, strict=True):
        table[[vocabulary.index(word) for word in DEEPER[symbol][1].split()]] += place
    turn = np.linalg.qr(rng.standard_normal((DIM, DIM)))[0][:, :MEMORY_DIM].astype(np.float32)
    onnx.save(_graph(table, turn, own * 24, labels), str(folder / "model.onnx"))
    labels.write(folder / "labels.tsv")
    subgroups.write(folder / SUBGROUPS_FILE, labels)
    titles = _unit(np.concatenate((places, below)) @ turn)
    Memory.pack(titles, [], [], titles=len(titles)).save(folder)
    Calibration(
        k=10,
        temperature=0.1,
        smoothing=0.05,
        alpha=(1.0,) * 4,
        beta=(0.5,) * 4,
        offset=(0.0,) * 4,
        assign_threshold=assign_threshold,
        assign_precision=0.9,
        assign_confidence=0.95,
    ).save(folder / "calibration.json")
    write_manifest(
        folder,
        name="tiny",
        version="1",
        release="2025.05",
        encoder={"id": "tiny", "licence": "Apache-2.0", "dim": DIM, "max_tokens": MAX_TOKENS},
        text={
            "fields": ["title", "abstract", "claims", "description"],
            "max_chars": MAX_CHARS,
            "passages": PASSAGES,
            "title_tokens": 48,
        },
        recipe={"seed": 3},
        figures={"subclass": {"first": 1.0}},
        created="2025-05-01T00:00:00Z",
    )
    return folder


def _placed_below(
    places: NDArray[np.float32], subgroups: Subgroups, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Where the words of subgroups lie: near the symbol above."""
    deep = np.concatenate((places, np.zeros((len(subgroups), DIM), np.float32)))
    own = _unit(rng.standard_normal((len(subgroups), DIM)))
    for i, above in enumerate(subgroups.parent.tolist()):
        deep[len(places) + i] = _unit((deep[above] + own[i])[None])[0]
    return deep[len(places) :]


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit.astype(np.float32)


def _tokenizer(vocabulary: list[str]) -> Tokenizer:
    tokenizer = Tokenizer(
        WordLevel({word: row for row, word in enumerate(vocabulary)}, unk_token="[UNK]")
    )
    tokenizer.normalizer = Lowercase()
    tokenizer.pre_tokenizer = Whitespace()
    return tokenizer


def _graph(
    table: NDArray[np.float32],
    turn: NDArray[np.float32],
    head: NDArray[np.float32],
    labels: LabelIndex,
) -> onnx.ModelProto:
    """input_ids, attention_mask, kinds, member -> embedding, memory_query, logits, scores; the
    kinds all count the same."""
    closure = labels.to_hierarchy().ancestors_csr().toarray().T
    constants = {
        "table": table,
        "turn": turn,
        "head": np.ascontiguousarray(head.T),
        "closure": closure,
        "bias": np.full(len(labels), -7.0, np.float32),
        "tiny": np.float32(1e-9).reshape(1),
        "last": np.array([2]),
        "one": np.array([1]),
        "nothing": np.float32(0),
    }
    nodes = [
        helper.make_node(op, inputs.split(), [output], **attributes)
        for op, inputs, output, attributes in (
            ("Gather", "table input_ids", "words", {}),
            ("Cast", "attention_mask", "mask", {"to": TensorProto.FLOAT}),
            ("Unsqueeze", "mask last", "column", {}),
            ("Mul", "words column", "seen", {}),
            ("ReduceSum", "seen one", "sum", {"keepdims": 0}),
            ("ReduceL2", "sum one", "length", {"keepdims": 1}),
            ("Max", "length tiny", "divisor", {}),
            ("Div", "sum divisor", "passage", {}),
            ("MatMul", "member passage", "together", {}),
            ("Cast", "kinds", "kind", {"to": TensorProto.FLOAT}),
            ("ReduceSum", "kind", "all_kinds", {"keepdims": 1}),
            ("Mul", "all_kinds nothing", "no_kind", {}),
            ("Add", "together no_kind", "read", {}),
            ("ReduceL2", "read one", "read_length", {"keepdims": 1}),
            ("Max", "read_length tiny", "read_divisor", {}),
            ("Div", "read read_divisor", "embedding", {}),
            ("MatMul", "embedding turn", "turned", {}),
            ("ReduceL2", "turned one", "turned_length", {"keepdims": 1}),
            ("Max", "turned_length tiny", "turned_divisor", {}),
            ("Div", "turned turned_divisor", "memory_query", {}),
            ("MatMul", "embedding head", "products", {}),
            ("Add", "products bias", "logits", {}),
            ("Neg", "logits", "against", {}),
            ("Softplus", "against", "surprise", {}),  # -log of the conditional, finite for any
            ("Neg", "surprise", "log_conditional", {}),
            ("MatMul", "log_conditional closure", "log_scores", {}),
            ("Exp", "log_scores", "scores", {}),
        )
    ]
    widths = {
        "embedding": DIM,
        "memory_query": MEMORY_DIM,
        "logits": len(labels),
        "scores": len(labels),
    }
    graph = helper.make_graph(
        nodes,
        "tiny",
        [
            helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["passages", "tokens"]),
            helper.make_tensor_value_info(
                "attention_mask", TensorProto.INT64, ["passages", "tokens"]
            ),
            helper.make_tensor_value_info("kinds", TensorProto.INT64, ["passages"]),
            helper.make_tensor_value_info("member", TensorProto.FLOAT, ["filings", "passages"]),
        ],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["filings", width])
            for name, width in widths.items()
        ],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    onnx.checker.check_model(model)
    return model
