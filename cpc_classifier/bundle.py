"""A model bundle: a folder with a manifest that names every file, its size and its sha256.

One changed byte, a missing file or one too many is refused, and the message names the file. No
file in it is ever executed or unpickled.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cpc_classifier.errors import BundleError
from cpc_classifier.filing import TEXT_FIELDS

__all__ = [
    "FORMAT",
    "REQUIRED",
    "EncoderSpec",
    "FileSpec",
    "Manifest",
    "ModelBundle",
    "TextSpec",
    "starter",
    "write_manifest",
]

FORMAT = 3
MANIFEST = "manifest.json"
MODEL, TOKENIZER = "model.onnx", "tokenizer.json"
LABELS, CALIBRATION = "labels.tsv", "calibration.json"
REQUIRED = (
    MODEL,
    TOKENIZER,
    LABELS,
    CALIBRATION,
    "subgroups.tsv.gz",
    "memory.safetensors",
    "memory_items.tsv.gz",
)


@dataclass(frozen=True, slots=True)
class EncoderSpec:
    """The encoder: its id, the SPDX id of its licence, embedding dimensions, tokens it reads."""

    id: str
    licence: str
    dim: int
    max_tokens: int


@dataclass(frozen=True, slots=True)
class TextSpec:
    """What of a filing is read (`cpc_classifier.passages`).

    Attributes:
        fields: in this order.
        max_chars: most characters of a passage.
        passages: most pieces of a filing; each is a run of the encoder.
        title_tokens: of a title path.
    """

    fields: tuple[str, ...]
    max_chars: int
    passages: int
    title_tokens: int


@dataclass(frozen=True, slots=True)
class FileSpec:
    """What a file must be: its sha256, in hex, and its size."""

    sha256: str
    bytes: int


@dataclass(frozen=True, slots=True)
class Manifest:
    """What `manifest.json` says; `recipe` and `figures` are for people and for training."""

    format: int
    name: str
    version: str
    release: str
    created: str
    encoder: EncoderSpec
    text: TextSpec
    recipe: Mapping[str, Any]
    figures: Mapping[str, Any]
    files: Mapping[str, FileSpec]

    def to_json(self) -> dict[str, Any]:
        """As plain values, in the order of the fields."""
        return dataclasses.asdict(self)


@dataclass(frozen=True, slots=True)
class ModelBundle:
    """A verified bundle.

    Attributes:
        folder: where it lies.
        manifest: what it says of itself.
        sha256: of `manifest.json`, in hex; the identity of the bundle.
    """

    folder: Path
    manifest: Manifest
    sha256: str

    @property
    def label(self) -> str:
        """Name and version, as results name the bundle."""
        return f"{self.manifest.name}-{self.manifest.version}"

    @classmethod
    def load(cls, folder: Path) -> ModelBundle:
        """Read the manifest and verify every file.

        Raises:
            BundleError: no bundle, a foreign format, or a file that is missing, too many or
                changed; names the file.
        """
        path = folder / MANIFEST
        try:
            raw = path.read_bytes()
        except OSError as error:
            raise BundleError(f"{folder}: no model bundle there: {error}") from error
        manifest = parse_manifest(raw, path)
        _verify(folder, manifest)
        return cls(folder, manifest, hashlib.sha256(raw).hexdigest())


def starter() -> Path:
    """The folder of the bundle that ships with the package."""
    return Path(__file__).parent / "bundles" / "starter"


def parse_manifest(raw: bytes, path: Path) -> Manifest:
    """Check and type a manifest.

    Args:
        raw: its bytes.
        path: where it comes from, for messages.

    Raises:
        BundleError: not a manifest of this format; names the file and the key.
    """
    try:
        values = json.loads(raw)
    except ValueError as error:
        raise BundleError(f"{path}: not JSON: {error}") from error
    if not isinstance(values, dict) or values.get("format") != FORMAT:
        found = values.get("format") if isinstance(values, dict) else None
        raise BundleError(f"{path}: bundle format {found!r} is unknown; {FORMAT} is read here")
    try:
        manifest = Manifest(
            **values
            | {
                "encoder": EncoderSpec(**values["encoder"]),
                "text": TextSpec(**values["text"] | {"fields": tuple(values["text"]["fields"])}),
                "files": {name: FileSpec(**spec) for name, spec in values["files"].items()},
            }
        )
    except KeyError as error:
        raise BundleError(f"{path}: lacks {error}") from error
    except (TypeError, AttributeError) as error:
        raise BundleError(f"{path}: not a manifest of format {FORMAT}: {error}") from error
    _check(manifest, path)
    return manifest


def _check(manifest: Manifest, path: Path) -> None:
    words = (manifest.name, manifest.version, manifest.release, manifest.encoder.id)
    if not all(isinstance(word, str) for word in words):
        raise BundleError(f"{path}: name, version, release and encoder.id must be strings")
    text = manifest.text
    numbers = (
        manifest.encoder.max_tokens,
        text.max_chars,
        text.passages,
        text.title_tokens,
    )
    if not all(isinstance(number, int) and number > 0 for number in numbers):
        raise BundleError(
            f"{path}: encoder.max_tokens, text.max_chars, text.passages and text.title_tokens "
            "must be above 0"
        )
    strange = [name for name in manifest.text.fields if name not in TEXT_FIELDS]
    if strange or not manifest.text.fields:
        raise BundleError(f"{path}: text.fields: {strange} is none of {', '.join(TEXT_FIELDS)}")
    for name in manifest.files:
        if name in ("", ".", "..", MANIFEST) or "/" in name or "\\" in name or "\0" in name:
            raise BundleError(f"{path}: {name!r} is not the name of a file in the bundle's folder")
    missing = [name for name in REQUIRED if name not in manifest.files]
    if missing:
        raise BundleError(f"{path}: does not list {missing[0]}")


def _verify(folder: Path, manifest: Manifest) -> None:
    present = {entry.name for entry in folder.iterdir()} - {MANIFEST}
    for name in sorted(present - set(manifest.files)):
        raise BundleError(f"{folder / name}: not in the manifest; a bundle holds nothing else")
    for name, spec in manifest.files.items():
        path = folder / name
        if not path.is_file():
            raise BundleError(f"{path}: named in the manifest, but missing")
        found = _describe(path)
        if found.bytes != spec.bytes:
            raise BundleError(f"{path}: {found.bytes} bytes, but the manifest says {spec.bytes}")
        if found.sha256 != spec.sha256:
            raise BundleError(f"{path}: changed: its sha256 is not the one in the manifest")


def _describe(path: Path) -> FileSpec:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return FileSpec(digest, path.stat().st_size)


def write_manifest(
    folder: Path,
    *,
    name: str,
    version: str,
    release: str,
    encoder: Mapping[str, Any],
    text: Mapping[str, Any],
    recipe: Mapping[str, Any],
    figures: Mapping[str, Any],
    created: str = "",
) -> Manifest:
    """Describe all files of a folder in its `manifest.json`; the last step of making a bundle.

    Args:
        folder: holds the files of the bundle and nothing else.
        name: of the bundle.
        version: of the bundle.
        release: CPC release of its labels.
        encoder: id, licence, dim, max_tokens.
        text: fields, max_chars, passages, title_tokens.
        recipe: how it was made, as plain values.
        figures: what was measured, as plain values.
        created: ISO 8601; "": now, in UTC.

    Raises:
        BundleError: a file is missing or a value makes no sense.
    """
    files = {
        path.name: dataclasses.asdict(_describe(path))
        for path in sorted(folder.iterdir())
        if path.is_file() and path.name != MANIFEST
    }
    values = {
        "format": FORMAT,
        "name": name,
        "version": version,
        "release": release,
        "created": created or datetime.now(UTC).isoformat(timespec="seconds"),
        "encoder": dict(encoder),
        "text": dict(text),
        "recipe": dict(recipe),
        "figures": dict(figures),
        "files": files,
    }
    raw = (json.dumps(values, indent=1, ensure_ascii=False) + "\n").encode("utf-8")
    manifest = parse_manifest(raw, folder / MANIFEST)
    part = folder / (MANIFEST + ".part")
    part.write_bytes(raw)
    part.replace(folder / MANIFEST)
    return manifest
