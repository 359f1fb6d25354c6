"""The scaling curve: how scores become figures, and figures a curve."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from cpc_classifier.filing import Filing
from cpc_classifier.labels import LabelIndex
from taxonomy.symbol import Rank
from taxonomy.tree import Taxonomy
from training.evaluation.labelled import Labelled

sys.path.append(str(Path(__file__).resolve().parents[1]))
sys.path.append(str(Path(__file__).resolve().parents[1] / "benchmarks"))

from scaling import measured
from scaling_plot import best_peer, curves, draw_plot, pooled


def result(peer: str, share: float, first: float, rank: str = "subclass") -> dict[str, Any]:
    sets = {
        "a": {"filings": 30, "first": first, "three": first},
        "b": {"filings": 10, "first": first + 0.4, "three": 1.0},
        "c": {"filings": 0},
    }
    return {"peer": peer, "share": share, "rank": rank, "sets": sets, "filings": round(100 * share)}


def test_scores_of_several_sets_are_told_apart(mini_scheme: Taxonomy) -> None:
    hierarchy = LabelIndex.from_taxonomy(mini_scheme).to_hierarchy()
    rows = hierarchy.rows_at(Rank.SUBCLASS).tolist()[:2]
    names = [hierarchy.symbols[row] for row in rows]
    scores = np.zeros((3, len(hierarchy)), np.float32)
    scores[[0, 1, 2], [rows[0], rows[1], rows[1]]] = 0.9
    data = [Labelled(Filing(str(i), title="t"), (names[0],), True) for i in range(3)]
    found = measured(hierarchy, mini_scheme, scores, {"x": data[:1], "y": data[1:]})
    assert found["subclass"]["x"] == {"filings": 1, "first": 1.0, "three": 1.0, "ten": 1.0}
    assert found["subclass"]["y"]["filings"] == 2
    assert found["subclass"]["y"]["first"] == 0.0
    assert found["main group"] == {"x": {"filings": 0}, "y": {"filings": 0}}


def test_figures_are_pooled_over_filings() -> None:
    assert pooled(result("P", 1, 0.5)["sets"], "first") == pytest.approx(0.6)


def test_a_curve_needs_two_shares_and_the_best_peer_a_curve() -> None:
    results = [result("P", 1, 0.5), result("P", 0.5, 0.3), result("Q", 1, 0.6)]
    found = curves(results, "subclass", "first")
    assert list(found) == ["P"]
    assert [share for share, _ in found["P"]] == [0.5, 1]
    assert curves(results, "main group", "three") == {}
    assert best_peer(results) == "P"
    assert best_peer([*results, result("Q", 0.5, 0.2)]) == "Q"
    assert best_peer(results[2:]) == ""


def test_the_plot_is_drawn_with_and_without_peers(tmp_path: Path) -> None:
    ours = [
        result("ours", share, share / 4, rank)
        for share in (0.25, 1)
        for rank in ("subclass", "main group")
    ]
    (tmp_path / "ours.json").write_text(json.dumps(ours))
    draw_plot(tmp_path / "ours.json", tmp_path / "none.json", tmp_path / "a.png")
    (tmp_path / "peers.json").write_text(json.dumps([result("P", s, 0.1) for s in (0.25, 1)]))
    draw_plot(tmp_path / "ours.json", tmp_path / "peers.json", tmp_path / "b.png")
    assert (tmp_path / "a.png").stat().st_size < (tmp_path / "b.png").stat().st_size
