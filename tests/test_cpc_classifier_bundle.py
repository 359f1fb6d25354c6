from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tiny_bundle import build_tiny_bundle

from cpc_classifier.bundle import REQUIRED, ModelBundle, starter, write_manifest
from cpc_classifier.errors import BundleError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return build_tiny_bundle(tmp_path / "tiny")


def edit(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    path = folder / "manifest.json"
    values = json.loads(path.read_text(encoding="utf-8"))
    change(values)
    path.write_text(json.dumps(values), encoding="utf-8")


def test_a_whole_bundle_loads(folder: Path) -> None:
    bundle = ModelBundle.load(folder)
    raw = (folder / "manifest.json").read_bytes()
    assert bundle.sha256 == hashlib.sha256(raw).hexdigest()
    assert bundle.label == "tiny-1"
    assert bundle.manifest.release == "2025.05"
    assert bundle.manifest.text.fields == ("title", "abstract", "claims", "description")
    assert bundle.manifest.encoder.max_tokens == 64
    assert set(bundle.manifest.files) == set(REQUIRED)
    assert json.loads(json.dumps(bundle.manifest.to_json())) == json.loads(raw)


@pytest.mark.parametrize("name", REQUIRED)
def test_one_changed_byte_is_refused(folder: Path, name: str) -> None:
    raw = bytearray((folder / name).read_bytes())
    raw[len(raw) // 2] ^= 1
    (folder / name).write_bytes(raw)
    with pytest.raises(BundleError, match=f"{name}: changed"):
        ModelBundle.load(folder)


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_or_longer_file_is_named(folder: Path, name: str) -> None:
    raw = (folder / name).read_bytes()
    (folder / name).write_bytes(raw + b"\n")
    with pytest.raises(BundleError, match=f"{name}: {len(raw) + 1} bytes"):
        ModelBundle.load(folder)
    (folder / name).unlink()
    with pytest.raises(BundleError, match=f"{name}: named in the manifest, but missing"):
        ModelBundle.load(folder)


def test_an_extra_file_or_folder_is_named(folder: Path) -> None:
    (folder / "notes.txt").write_text("hello", encoding="utf-8")
    with pytest.raises(BundleError, match=r"notes\.txt: not in the manifest"):
        ModelBundle.load(folder)
    (folder / "notes.txt").unlink()
    (folder / "more").mkdir()
    with pytest.raises(BundleError, match="more: not in the manifest"):
        ModelBundle.load(folder)


@pytest.mark.parametrize(
    "name", ["../labels.tsv", "/etc/passwd", "a/b", "..", ".", "", "a\\b", "manifest.json"]
)
def test_a_name_that_leaves_the_folder_is_refused(folder: Path, name: str) -> None:
    edit(folder, lambda m: m["files"].update({name: {"sha256": "0" * 64, "bytes": 1}}))
    with pytest.raises(BundleError, match="is not the name of a file"):
        ModelBundle.load(folder)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda m: m.update(format=2), "format 2 is unknown"),
        (lambda m: m.pop("format"), "format None is unknown"),
        (lambda m: m.pop("encoder"), "lacks 'encoder'"),
        (lambda m: m.pop("release"), "release"),
        (lambda m: m.update(surprise=1), "surprise"),
        (lambda m: m.update(files=[]), "not a manifest"),
        (lambda m: m.update(release=5), "must be strings"),
        (lambda m: m["encoder"].update(max_tokens=0), "above 0"),
        (lambda m: m["text"].update(passages=0), "above 0"),
        (lambda m: m["text"].update(fields=["title", "secret"]), "secret"),
        (lambda m: m["files"].pop("model.onnx"), r"does not list model\.onnx"),
    ],
)
def test_a_foreign_manifest_is_refused(
    folder: Path, change: Callable[[dict[str, Any]], None], message: str
) -> None:
    edit(folder, change)
    with pytest.raises(BundleError, match=message) as caught:
        ModelBundle.load(folder)
    assert "manifest.json" in caught.value.message


def test_no_json_and_no_folder_are_refused(folder: Path) -> None:
    (folder / "manifest.json").write_text("[1]", encoding="utf-8")
    with pytest.raises(BundleError, match="format None"):
        ModelBundle.load(folder)
    (folder / "manifest.json").write_bytes(b"\xff{")
    with pytest.raises(BundleError, match="not JSON"):
        ModelBundle.load(folder)
    with pytest.raises(BundleError, match="no model bundle there"):
        ModelBundle.load(folder / "nowhere")


def test_a_manifest_of_an_incomplete_folder_is_not_written(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"x")
    with pytest.raises(BundleError, match=r"tokenizer\.json"):
        write_manifest(
            tmp_path,
            name="x",
            version="1",
            release="2025.05",
            encoder={"id": "x", "licence": "MIT", "dim": 4, "max_tokens": 8},
            text={"fields": ["title"], "max_chars": 10, "passages": 1, "title_tokens": 4},
            recipe={},
            figures={},
        )
    assert [p.name for p in tmp_path.iterdir()] == ["model.onnx"]


def test_the_starter_lies_in_the_package() -> None:
    assert starter().parts[-3:] == ("cpc_classifier", "bundles", "starter")
