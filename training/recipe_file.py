"""Reads a recipe from its TOML file and refuses what cannot be meant, each with file and key."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from pathlib import Path
from typing import Any, TypeVar

from training.errors import RecipeError
from training.recipe import Adapt, Corpus, Data, Encoder, Fit, Memory, Recipe, Serve

__all__ = ["find_recipe", "load_recipe"]

RECIPES = Path(__file__).parent / "recipes"
ALL_LINEAR = "all-linear"
"""What peft calls every linear layer."""

T = TypeVar("T")
SECTIONS: dict[str, type[Any]] = {
    "data": Data,
    "corpus": Corpus,
    "encoder": Encoder,
    "adapt": Adapt,
    "fit": Fit,
    "memory": Memory,
    "serve": Serve,
}


def find_recipe(name: str) -> Path:
    """The path of a recipe given by path or by the name of a packaged one.

    Raises:
        RecipeError: neither exists; names the packaged ones.
    """
    path = Path(name)
    if path.is_file():
        return path
    packaged = RECIPES / f"{name}.toml"
    if packaged.is_file():
        return packaged
    known = ", ".join(sorted(p.stem for p in RECIPES.glob("*.toml")))
    raise RecipeError(f"no recipe {name!r}: give a TOML file or one of: {known}")


def load_recipe(path: Path) -> Recipe:
    """Read and check a recipe.

    Raises:
        RecipeError: not TOML, an unknown or missing key, a wrong type or a contradiction; names
            the file and the key.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RecipeError(f"{path}: cannot be read as TOML: {error}") from error
    unknown = sorted(set(raw) - set(SECTIONS) - {"name", "version", "seed"})
    if unknown:
        raise RecipeError(
            f"{path}: unknown key {unknown[0]!r}; known: name, version, seed, "
            + ", ".join(SECTIONS)
        )
    parts = {key: _section(path, key, cls, raw.get(key, {})) for key, cls in SECTIONS.items()}
    for key, kind in (("name", str), ("version", str), ("seed", int)):
        if not isinstance(raw.get(key), kind):
            raise RecipeError(f"{path}: {key} must be given, as {kind.__name__}")
    recipe = Recipe(name=raw["name"], version=raw["version"], seed=raw["seed"], **parts)
    _check(path, recipe)
    return recipe


def _section(path: Path, name: str, cls: type[T], raw: Any) -> T:
    if not isinstance(raw, dict):
        raise RecipeError(f"{path}: [{name}] must be a table")
    fields = {f.name: f for f in dataclasses.fields(cls)}  # type: ignore[arg-type]
    values: dict[str, Any] = {}
    for key, value in raw.items():
        if key not in fields:
            raise RecipeError(f"{path}: [{name}] has no key {key!r}; known: {', '.join(fields)}")
        values[key] = _typed(path, f"{name}.{key}", str(fields[key].type), value)
    missing = [k for k, f in fields.items() if f.default is dataclasses.MISSING and k not in values]
    if missing:
        raise RecipeError(f"{path}: [{name}] lacks {missing[0]!r}")
    return cls(**values)


def _typed(path: Path, key: str, kind: str, value: Any) -> Any:
    if (
        kind.startswith("tuple")
        and isinstance(value, list)
        and all(isinstance(v, str) for v in value)
    ):
        return tuple(value)
    if kind == "float" and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if kind == "int" and isinstance(value, int) and not isinstance(value, bool):
        return value
    if kind.endswith("str") and isinstance(value, str):
        return value
    if kind == "bool" and isinstance(value, bool):
        return value
    wanted = "a list of strings" if kind.startswith("tuple") else kind
    raise RecipeError(f"{path}: {key} must be {wanted}, not {value!r}")


def _check(path: Path, recipe: Recipe) -> None:
    """Contradictions, each named with its key."""
    if not recipe.data.train or not recipe.data.valid:
        raise RecipeError(f"{path}: data.train and data.valid must each name a file")
    if not recipe.data.held_out:
        raise RecipeError(f"{path}: data.held_out must name the test files, so that none is learnt")
    if bool(recipe.adapt.pairs) != bool(recipe.data.unlabelled):
        raise RecipeError(f"{path}: adapt.pairs and data.unlabelled need each other: give both")
    _check_data(path, recipe.data)
    _check_corpus(path, recipe.corpus)
    _check_encoder(path, recipe.encoder)
    _check_numbers(path, recipe)


def _check_numbers(path: Path, recipe: Recipe) -> None:
    """Values out of their range, each named with its key."""
    positive = {
        "adapt.steps": recipe.adapt.steps,
        "adapt.batch": recipe.adapt.batch,
        "fit.epochs": recipe.fit.epochs,
        "memory.dim": recipe.memory.dim,
        "memory.passages": recipe.memory.passages,
        "serve.max_tokens": recipe.serve.max_tokens,
        "serve.passages": recipe.serve.passages,
        "encoder.lora_rank": recipe.encoder.lora_rank,
        "adapt.temperature": recipe.adapt.temperature,
    }
    for key, value in positive.items():
        if value <= 0:
            raise RecipeError(f"{path}: {key} must be above 0, not {value}")
    if recipe.memory.dim % 2:
        raise RecipeError(
            f"{path}: memory.dim must be even (two codes share a byte), not {recipe.memory.dim}"
        )
    if recipe.serve.token_bits not in (4, 8):
        raise RecipeError(f"{path}: serve.token_bits must be 4 or 8, not {recipe.serve.token_bits}")
    shares = {
        "adapt.partner_share": recipe.adapt.partner_share,
        "fit.dropout": recipe.fit.dropout,
        "adapt.title_only_share": recipe.adapt.title_only_share,
        "adapt.field_drop": recipe.adapt.field_drop,
        "adapt.warmup": recipe.adapt.warmup,
        "data.calibrate": recipe.data.calibrate,
        "serve.assign_precision": recipe.serve.assign_precision,
        "serve.assign_confidence": recipe.serve.assign_confidence,
    }
    for key, share in shares.items():
        if not 0.0 <= share < 1.0:
            raise RecipeError(f"{path}: {key} must lie in [0, 1), not {share}")
    if not 0.0 < recipe.adapt.keep <= 1.0:
        raise RecipeError(f"{path}: adapt.keep must lie in (0, 1], not {recipe.adapt.keep}")


def _check_data(path: Path, data: Data) -> None:
    """What the corpus may be made of."""
    if not 0.2 <= data.copies <= 1.0:
        raise RecipeError(f"{path}: data.copies must lie in [0.2, 1], not {data.copies}")
    day = data.calibrate_from
    if day and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", day):
        raise RecipeError(f"{path}: data.calibrate_from must be YYYY-MM-DD, not {day!r}")


def _check_corpus(path: Path, corpus: Corpus) -> None:
    """Weights that would leave nothing, or less, to learn."""
    weights = dataclasses.asdict(corpus)
    for key, weight in weights.items():
        if not 0.0 <= weight <= 100.0:
            raise RecipeError(f"{path}: corpus.{key} must lie in [0, 100], not {weight}")
    trusts = [key for key in weights if key.endswith(("_cpc", "_ipc"))]
    if not any(weights[key] for key in trusts):
        raise RecipeError(f"{path}: corpus: {', '.join(trusts)} are all 0: no filing is left")


def _check_encoder(path: Path, encoder: Encoder) -> None:
    """What the encoder may be, each named with its key."""
    allowed = {
        "pooling": ("mean", "last"),
        "weights": ("float32", "bfloat16", "nf4"),
        "precision": ("bfloat16", "float32"),
    }
    for key, values in allowed.items():
        if getattr(encoder, key) not in values:
            raise RecipeError(
                f"{path}: encoder.{key} must be one of {', '.join(values)}, "
                f"not {getattr(encoder, key)!r}"
            )
    if encoder.precision == "float32" and encoder.weights != "float32":
        raise RecipeError(
            f"{path}: encoder.precision 'float32' needs encoder.weights 'float32', "
            f"not {encoder.weights!r}"
        )
    if encoder.adapt_from < 0:
        raise RecipeError(
            f"{path}: encoder.adapt_from must be 0 or above, not {encoder.adapt_from}"
        )
    if not encoder.targets or (isinstance(encoder.targets, str) and encoder.targets != ALL_LINEAR):
        raise RecipeError(
            f"{path}: encoder.targets must be a list of module names or {ALL_LINEAR!r}, "
            f"not {encoder.targets!r}"
        )
