"""Errors of training, under the one root in ``taxonomy.errors``.

CpcError
└── TrainingError            "training"
    ├── RecipeError          "bad_recipe"
    ├── CorpusError          "bad_corpus"
    │   └── OverlapError     "test_overlap"
    ├── RunError             "bad_run"
    └── ParityError          "parity"
"""

from __future__ import annotations

from taxonomy.errors import CpcError

__all__ = [
    "CorpusError",
    "OverlapError",
    "ParityError",
    "RecipeError",
    "RunError",
    "TrainingError",
]


class TrainingError(CpcError):
    """Something about making a bundle is wrong."""

    code = "training"


class RecipeError(TrainingError):
    """A recipe does not say what it must, or contradicts itself."""

    code = "bad_recipe"


class CorpusError(TrainingError):
    """A record of a corpus cannot be used."""

    code = "bad_corpus"


class OverlapError(CorpusError):
    """A training or validation record is also in a held-out test file."""

    code = "test_overlap"


class RunError(TrainingError):
    """A run folder does not fit the recipe, or a step it needs has not run."""

    code = "bad_run"


class ParityError(TrainingError):
    """The exported graph does not give what the torch model gives."""

    code = "parity"
