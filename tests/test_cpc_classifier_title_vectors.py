from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from tiny_bundle import TITLES, build_tiny_bundle

from cpc_classifier import title_vectors as module
from cpc_classifier.bundle import ModelBundle
from cpc_classifier.encoder import OnnxEncoder
from cpc_classifier.passages import plain
from cpc_classifier.title_vectors import title_vectors

TEXTS = [*TITLES.values(), *TITLES.values()]


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> OnnxEncoder:
    folder = build_tiny_bundle(tmp_path_factory.mktemp("titles") / "tiny")
    return OnnxEncoder(ModelBundle.load(folder), 1)


def test_each_text_gets_its_memory_query(encoder: OnnxEncoder, tmp_path: Path) -> None:
    wanted = encoder.encode([plain(t) for t in TEXTS], ("memory_query",))["memory_query"]
    np.testing.assert_allclose(title_vectors(encoder, TEXTS, tmp_path, 48), wanted, atol=1e-5)


def test_finished_parts_are_not_read_again(
    encoder: OnnxEncoder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PART", 10)
    wanted = title_vectors(encoder, TEXTS, tmp_path, 48)
    parts = sorted(tmp_path.iterdir())
    assert len(parts) == -(-len(TITLES) // 10)  # each wording once
    parts[1].unlink()
    kept = {part: part.stat().st_mtime_ns for part in parts if part.exists()}
    np.testing.assert_array_equal(title_vectors(encoder, TEXTS, tmp_path, 48), wanted)
    assert {part: part.stat().st_mtime_ns for part in kept} == kept
    assert parts[1].exists()


def test_a_long_title_is_cut_and_stays_one_piece(encoder: OnnxEncoder, tmp_path: Path) -> None:
    words = [word for title in TITLES.values() for word in title.split()]
    read = title_vectors(encoder, [" ".join(words[:9])], tmp_path, 3)
    wanted = encoder.encode([plain(" ".join(words[:3]))], ("memory_query",))
    np.testing.assert_allclose(read, wanted["memory_query"], atol=1e-5)
