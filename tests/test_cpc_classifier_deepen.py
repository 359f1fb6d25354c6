from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from mini_release import mini_release
from tiny_bundle import DEEPER, TITLES, build_tiny_bundle

from cpc_classifier.bundle import ModelBundle
from cpc_classifier.classifier import Classifier
from cpc_classifier.deepen import deepen
from cpc_classifier.errors import BundleError
from cpc_classifier.filing import Filing
from cpc_classifier.memory import Memory
from taxonomy.symbol import Rank
from taxonomy.tree import Taxonomy


@pytest.fixture
def shallow(tmp_path: Path) -> ModelBundle:
    return ModelBundle.load(build_tiny_bundle(tmp_path / "shallow"))


def test_a_shallow_bundle_learns_to_suggest_subgroups(shallow: ModelBundle, tmp_path: Path) -> None:
    assert Classifier(shallow).levels[-1] is Rank.MAIN_GROUP
    found = deepen(shallow, mini_release("2025.05"), None, tmp_path / "deep", tmp_path / "work")
    assert (found.subgroups, found.retired, found.unscored, found.moved) == (len(DEEPER), 0, 0, 0)
    assert not (tmp_path / "work").exists()
    classifier = Classifier.load(tmp_path / "deep")
    assert classifier.levels[-1] is Rank.SUBGROUP
    assert classifier.bundle.label == "tiny-1"
    [result] = classifier.suggest([Filing("1", title="electrolyte accumulator cell")], limit=1)
    assert result.suggestions[0].symbol == "H01M10/05"


def test_the_label_rows_score_as_before(shallow: ModelBundle, tmp_path: Path) -> None:
    deepen(shallow, mini_release("2025.05"), None, tmp_path / "deep", tmp_path / "work")
    filings = [Filing(t, title=t) for t in TITLES.values()]
    before, after = Classifier(shallow), Classifier.load(tmp_path / "deep")
    np.testing.assert_allclose(
        after.evidence(filings).logits, before.evidence(filings).logits, atol=1e-6
    )
    best = [c.suggest(filings, Rank.SUBCLASS, 1) for c in (before, after)]
    same = [a.suggestions[0].symbol == b.suggestions[0].symbol for a, b in zip(*best, strict=True)]
    assert sum(same) >= 0.95 * len(same)


def test_a_new_release_brings_its_subgroups_and_retires_what_it_lacks(tmp_path: Path) -> None:
    bundle = ModelBundle.load(build_tiny_bundle(tmp_path / "bundle", deep=True))
    memory = Memory.load(bundle.folder)
    classifier = Classifier(bundle)
    row = {s: r for r, s in enumerate(classifier.labels.symbols + classifier.subgroups.symbols)}
    memory.add(memory.vectors([0])[0], [row["H01M10/0525"], row["A61B5/02"]], "f\tDECIDED")
    memory.save(bundle.folder)
    rewrite(bundle)
    release = mini_release(
        without="H01M10/052",
        H01M10_054="H01M10/05 sodium",
        H01M12_00="H01M hybrid",
    )
    found = deepen(ModelBundle.load(bundle.folder), release, None, bundle.folder, tmp_path / "work")
    assert found.subgroups == len(DEEPER) - 1  # two less, one more
    assert (found.unscored, found.moved) == (1, 1)
    after = Classifier.load(bundle.folder)
    assert after.bundle.label == "tiny-1-2031.01"
    assert after.bundle.manifest.release == "2031.01"
    symbols = after.labels.symbols + after.subgroups.symbols
    assert "H01M10/054" in symbols
    assert "H01M10/0525" not in symbols
    last = len(after.memory) - 1
    assert after.memory.names[-1] == "f\tDECIDED"
    assert {symbols[r] for r in after.memory.rows(last)} == {"H01M10/05", "A61B5/02"}


def test_titles_that_read_the_same_are_not_read_again(tmp_path: Path) -> None:
    bundle = ModelBundle.load(build_tiny_bundle(tmp_path / "bundle", deep=True))
    before = mini_release("2025.05")
    after = mini_release(H01M10_054="H01M10/05 sodium")
    found = deepen(bundle, after, before, tmp_path / "new", tmp_path / "work")
    assert (found.read, found.subgroups) == (1, len(DEEPER) + 1)
    old, new = Classifier(bundle), Classifier.load(tmp_path / "new")
    place = {s: i for i, s in enumerate(new.labels.symbols + new.subgroups.symbols)}
    kept = [place[s] for s in old.labels.symbols + old.subgroups.symbols]
    np.testing.assert_array_equal(new.memory.codes[kept], old.memory.codes)


def test_a_release_without_titles_is_refused(shallow: ModelBundle, tmp_path: Path) -> None:
    full = mini_release()
    bare = Taxonomy(full.release, full.symbols, full.parent_rows, full.ranks, [""] * len(full))
    with pytest.raises(BundleError, match=r"2031\.01 is here without titles"):
        deepen(shallow, bare, None, tmp_path / "deep", tmp_path / "work")
    assert not (tmp_path / "deep").exists()


def rewrite(bundle: ModelBundle) -> None:
    """A manifest for changed files."""
    from cpc_classifier.bundle import write_manifest

    m = bundle.manifest
    (bundle.folder / "manifest.json").unlink()
    write_manifest(
        bundle.folder,
        name=m.name,
        version=m.version,
        release=m.release,
        encoder={"id": "tiny", "licence": "Apache-2.0", "dim": 64, "max_tokens": 64},
        text=dataclasses.asdict(m.text),
        recipe=m.recipe,
        figures=m.figures,
    )
