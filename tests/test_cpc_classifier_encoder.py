from __future__ import annotations

import logging
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny_bundle import MAX_TOKENS, PASSAGES, SCHEME, build_tiny_bundle

from cpc_classifier.bundle import ModelBundle
from cpc_classifier.encoder import OnnxEncoder, filing_text
from cpc_classifier.errors import BundleError
from cpc_classifier.filing import Filing
from cpc_classifier.graph import available_cores
from cpc_classifier.passages import KINDS, Passage, plain

FIELDS = ("title", "abstract", "claims", "description")
WORDS = [word for line in SCHEME.strip().splitlines() for word in line.split()[1:]]


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> ModelBundle:
    return ModelBundle.load(build_tiny_bundle(tmp_path_factory.mktemp("encoder") / "tiny"))


@pytest.fixture(scope="module")
def encoder(bundle: ModelBundle) -> OnnxEncoder:
    return OnnxEncoder(bundle, threads=1)


def test_fields_follow_each_other_and_empty_ones_are_skipped() -> None:
    filing = Filing("1", title=" Solid\n battery ", claims="1. A cell.", description="\n\t ")
    assert filing_text(filing, FIELDS, 100) == "Solid battery. 1. A cell."
    assert filing_text(filing, ("claims", "title"), 100) == "1. A cell.. Solid battery"
    assert filing_text(filing, ("abstract", "description"), 100) == ""


def test_the_text_is_cut() -> None:
    filing = Filing("1", title="abc", claims="x" * 10_000_000)
    assert filing_text(filing, FIELDS, 10) == "abc. xxxxx"
    late = Filing("1", title=" " * 5000 + "word")
    assert filing_text(late, FIELDS, 10) == "word"


@settings(deadline=None)
@given(
    title=st.text(max_size=40),
    claims=st.text(max_size=40),
    most=st.integers(1, 60),
)
def test_the_text_is_never_too_long_and_always_utf8(title: str, claims: str, most: int) -> None:
    text = filing_text(Filing("1", title=title, claims=claims), FIELDS, most)
    assert len(text) <= most
    assert text.encode("utf-8").decode("utf-8") == text
    assert bool(text) == bool((title + claims).strip())


def test_a_lone_surrogate_is_replaced() -> None:
    assert filing_text(Filing("1", title="a \ud800 b"), FIELDS, 100) == "a ? b"


def test_a_text_gets_the_same_answer_alone_and_among_others(encoder: OnnxEncoder) -> None:
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(WORDS, size=n)) for n in rng.integers(1, 200, size=150)]
    together = encoder.encode([plain(text) for text in texts])
    assert set(together) == {"memory_query", "logits"}
    for i in (0, 77, 149):
        alone = encoder.encode([plain(texts[i])])
        for name, values in alone.items():
            np.testing.assert_allclose(together[name][i], values[0], atol=1e-5)


def test_the_outputs_asked_for_are_those_given(encoder: OnnxEncoder) -> None:
    found = encoder.encode([plain("lithium"), plain("plough furrow")], ("embedding", "scores"))
    assert found["embedding"].shape == (2, encoder.width("embedding"))
    np.testing.assert_allclose(np.linalg.norm(found["embedding"], axis=1), 1, atol=1e-5)
    assert found["scores"].min() >= 0
    assert found["scores"].max() <= 1


def test_tokens_are_cut_at_what_the_encoder_reads(encoder: OnnxEncoder) -> None:
    described = [Passage(KINDS.index("description"), "lithium " * 500)]
    long, short, told = encoder.tokenise(
        [plain("lithium " * 500), plain("lithium electrolyte"), described]
    )
    assert [len(piece.ids) for piece in long] == [MAX_TOKENS]
    assert [len(piece.ids) for piece in short] == [2]
    assert [len(piece.ids) for piece in told] == [MAX_TOKENS] * PASSAGES
    [[one]] = encoder.tokenise([plain("lithium " * 500)], max_tokens=9, most=1)
    assert len(one.ids) == 9


def test_many_threads_read_at_once(encoder: OnnxEncoder) -> None:
    """They share one tokenizer, and what it is set to."""
    texts = [plain(" ".join(WORDS) * 20)] * 40
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: encoder.tokenise(texts), range(64)))
    assert all(own == found[0] for own in found)


def test_unknown_words_and_no_texts_are_answered(encoder: OnnxEncoder) -> None:
    assert np.isfinite(encoder.encode([plain("\x00 qqq")])["logits"]).all()
    assert encoder.encode([])["logits"].shape == (0, encoder.width("logits"))


def test_one_line_names_the_provider(bundle: ModelBundle, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="cpc_classifier"):
        encoder = OnnxEncoder(bundle)
    assert encoder.threads == available_cores()
    assert [r.getMessage() for r in caplog.records] == [
        f"bundle tiny-1 on {encoder.provider} with {encoder.threads} threads"
    ]


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_a_file_that_does_not_load_is_named(bundle: ModelBundle, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "broken"
    shutil.copytree(bundle.folder, folder)
    (folder / name).write_bytes(b"{}")
    with pytest.raises(BundleError, match=name):
        OnnxEncoder(ModelBundle(folder, bundle.manifest, bundle.sha256))


def test_a_text_alone_has_the_same_values_with_all_threads(bundle: ModelBundle) -> None:
    encoder = OnnxEncoder(bundle, threads=2)
    pieces = encoder.tokenise([plain("lithium battery")])
    narrow, wide = encoder.run(pieces), encoder.run(pieces, alone=True)
    for name, values in narrow.items():
        np.testing.assert_allclose(values, wide[name], atol=1e-6)
