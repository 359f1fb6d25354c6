from __future__ import annotations

import json
import logging
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tiny_bundle import MEMORY_DIM, TITLES, build_tiny_bundle

import cpc_classifier
from cpc_classifier.bundle import ModelBundle
from cpc_classifier.classifier import Classifier
from cpc_classifier.client import Client
from cpc_classifier.client_async import AsyncClient
from cpc_classifier.errors import BadRequestError, BundleError, FilingError
from cpc_classifier.filing import ClassifiedFiling, Filing, Unreadable
from cpc_classifier.memory import Memory
from cpc_classifier.passages import plain
from cpc_classifier.result import to_json
from taxonomy.symbol import Rank

GROUPS = [symbol for symbol in TITLES if "/" in symbol]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_tiny_bundle(tmp_path_factory.mktemp("classifier") / "tiny")


@pytest.fixture(scope="module")
def classifier(folder: Path) -> Classifier:
    return Classifier.load(folder, threads=1)


def filings(count: int) -> list[Filing]:
    return [
        Filing(f"D{i}", title=TITLES[GROUPS[i % len(GROUPS)]], abstract="battery " * (i % 7))
        for i in range(count)
    ]


def test_the_words_of_a_title_find_its_symbol(classifier: Classifier) -> None:
    results = classifier.suggest([Filing(s, title=TITLES[s]) for s in GROUPS], limit=1)
    right = [r.suggestions[0].symbol == r.id for r in results if "remark" not in TITLES[r.id]]
    assert sum(right) >= 0.9 * len(right)


def test_a_suggestion_has_its_path_with_falling_scores(classifier: Classifier) -> None:
    [result] = classifier.suggest([Filing("1", title="lithium electrolyte")])
    best = result.suggestions[0]
    assert best.symbol == "H01M10/00"
    assert best.rank is Rank.MAIN_GROUP
    assert [step.symbol for step in best.path] == ["H", "H01", "H01M"]
    for suggestion in result.suggestions:
        scores = [step.score for step in suggestion.path] + [suggestion.score]
        assert scores == sorted(scores, reverse=True)
    kinds = {
        s.symbol: s.kind
        for s in classifier.suggest([Filing("1", title="lithium electrolyte")], limit=60)[
            0
        ].suggestions
    }
    assert kinds["H01M2220/00"] == kinds["Y02E60/00"] == "additional"
    assert kinds["H01M4/00"] == "inventive"


def test_scores_are_those_of_the_parts_put_together(classifier: Classifier) -> None:
    text = "lithium electrolyte"
    encoded = classifier.encoder.encode([plain(text)])
    c, tree = classifier.calibration, classifier.hierarchy
    evidence = classifier.scoring.evidence(encoded["logits"], encoded["memory_query"])
    masses = classifier.scoring.masses(evidence)
    q = c.conditionals(encoded["logits"], masses, tree)
    [result] = classifier.suggest([Filing("1", title=text)], limit=1)
    best = result.suggestions[0]
    row = classifier.labels.row(best.symbol)
    wanted = np.prod([q[0, r] for r in [*tree.path_rows(row), row]])
    assert best.score == pytest.approx(wanted, rel=1e-5)
    assert classifier.scores([Filing("1", title=text)])[0, row] == pytest.approx(
        best.score, rel=1e-5
    )
    assert classifier.scores([]).shape == (0, len(tree))


def test_bad_filings_get_an_error_and_the_others_are_answered(classifier: Classifier) -> None:
    unread = Unreadable("U1", FilingError("document 3 cannot be read"))
    good = Filing("G1", title="plough furrow")
    results = classifier.suggest(
        [
            unread,
            good,
            Filing("E1", title=" \n"),
            ClassifiedFiling(good),
            Filing("S1", title="\ud800 plough furrow"),
            Filing(""),
        ]
    )
    assert [r.id for r in results] == ["U1", "G1", "E1", "G1", "S1", ""]
    codes = [r.error.code if r.error else "" for r in results]
    assert codes == ["bad_filing", "", "empty_filing", "", "", "empty_filing"]
    for result in results:
        if result.error:
            assert not result.suggestions
            assert result.route.decision == "review"
            assert to_json(result)["provenance"]["bundle"] == "tiny-1"
        else:
            assert result.suggestions[0].symbol == "A01B3/00"


def test_ten_megabytes_of_text_are_cut(classifier: Classifier) -> None:
    [result] = classifier.suggest([Filing("1", claims="surgical scalpel " * 600_000)])
    assert result.suggestions[0].symbol == "A61B17/00"


def test_a_result_does_not_depend_on_the_company(classifier: Classifier) -> None:
    many = filings(300)
    together = classifier.suggest(many, limit=5)
    for i in (0, 31, 32, 255, 256, 299):
        [alone] = classifier.suggest([many[i]], limit=5)
        assert [s.symbol for s in together[i].suggestions] == [s.symbol for s in alone.suggestions]
        for a, b in zip(together[i].suggestions, alone.suggestions, strict=True):
            assert a.score == pytest.approx(b.score, abs=1e-5)


def test_a_stream_is_drawn_chunk_by_chunk_in_order(classifier: Classifier) -> None:
    drawn = 0

    def source() -> Iterator[Filing]:
        nonlocal drawn
        for filing in filings(100):
            drawn += 1
            yield filing

    stream = classifier.suggest_stream(source(), chunk=8)
    assert next(stream).id == "D0"
    assert drawn == 8
    assert [r.id for r in stream] == [f"D{i}" for i in range(1, 100)]


def test_level_limit_and_threshold(classifier: Classifier) -> None:
    filing = [Filing("1", title="lithium electrolyte")]
    for level in classifier.levels:
        [result] = classifier.suggest(filing, level=level, limit=2)
        assert {s.rank for s in result.suggestions} == {level}
    assert len(classifier.suggest(filing, limit=3)[0].suggestions) == 3
    [sure] = classifier.suggest(filing, threshold=0.5)
    assert [s.symbol for s in sure.suggestions] == ["H01M10/00"]
    [none] = classifier.suggest(filing, threshold=1.0)
    assert none.suggestions == ()
    assert none.route.decision == "review"
    assert classifier.suggest([]) == []


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"level": Rank.SUBGROUP}, "main-group"),
        ({"limit": 0}, "limit 0"),
        ({"threshold": 1.1}, r"threshold 1\.1"),
        ({"threshold": float("nan")}, "nan"),
    ],
)
def test_a_request_without_sense_is_refused_at_once(
    classifier: Classifier, options: dict[str, object], message: str
) -> None:
    with pytest.raises(BadRequestError, match=message):
        classifier.suggest_stream(iter([]), **options)  # type: ignore[arg-type]


def test_the_route_looks_at_the_subclass_whatever_the_level(classifier: Classifier) -> None:
    for level in (None, Rank.SECTION, Rank.MAIN_GROUP):
        [result] = classifier.suggest([Filing("1", title="lithium electrolyte")], level=level)
        assert result.route.decision == "assign"
        assert result.route.reason.startswith("subclass H01M scores 0.9")


def test_an_item_added_to_the_memory_changes_the_suggestions(folder: Path) -> None:
    own = Classifier.load(folder, threads=1)
    filing = Filing("1", title="wind road")
    row = own.labels.row("H04W16/00")
    before = own.scores([filing])[0, row]
    query = own.evidence([filing]).queries[0]
    for _ in range(20):
        own.memory.add(query, [row], "f\tREVIEWED")
    assert own.scores([filing])[0, row] > before


def test_nothing_a_filing_says_is_logged(
    classifier: Classifier, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        classifier.warm_up()
        classifier.suggest([Filing("1", title="lithium zebra"), Filing("2", claims=" ")])
    assert "warm: tokenise" in caplog.text
    assert "zebra" not in caplog.text


def test_info_says_what_serves(classifier: Classifier) -> None:
    info = json.loads(json.dumps(classifier.info()))
    assert info["labels"] == {"section": 3, "class": 5, "subclass": 10, "main-group": 39}
    assert info["bundle"] == "tiny"
    assert info["release"] == "2025.05"
    assert info["sha256"] == classifier.bundle.sha256
    assert info["memory"] == len(TITLES)


def test_parts_that_do_not_fit_are_refused(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    bundle = ModelBundle.load(folder)
    lines = (other / "labels.tsv").read_text(encoding="utf-8").splitlines()
    (other / "labels.tsv").write_text("\n".join(lines[:-1]) + "\n", encoding="utf-8")
    with pytest.raises(BundleError, match="logits has 57 columns, but there are 56 rows"):
        Classifier(ModelBundle(other, bundle.manifest, bundle.sha256))
    shutil.copy(folder / "labels.tsv", other / "labels.tsv")
    Memory.pack(
        np.eye(MEMORY_DIM + 2, dtype=np.float32),
        [[0]] * (MEMORY_DIM + 2),
        ["t\tA"] * (MEMORY_DIM + 2),
    ).save(other)
    with pytest.raises(BundleError, match="dimensions of the memory"):
        Classifier(ModelBundle(other, bundle.manifest, bundle.sha256))


def test_the_public_names() -> None:
    assert cpc_classifier.__all__ == [
        "AsyncClient",
        "ClassifiedFiling",
        "Classifier",
        "Client",
        "Filing",
        "FilingResult",
        "PathStep",
        "Route",
        "Suggestion",
        "Unreadable",
        "from_json",
        "to_json",
    ]
    assert cpc_classifier.Classifier is Classifier
    assert cpc_classifier.Client is Client
    assert cpc_classifier.AsyncClient is AsyncClient
    with pytest.raises(AttributeError, match="Model"):
        _ = cpc_classifier.Model


def test_the_package_alone_loads_no_runtime() -> None:
    code = (
        "import sys, cpc_classifier\n"
        "print({'onnxruntime', 'faiss', 'httpx2', 'asyncio'} & set(sys.modules))\n"
        "cpc_classifier.Client\n"
        "print({'onnxruntime', 'faiss'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["set()", "set()"]
