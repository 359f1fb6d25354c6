"""What a model is worth on labelled filings: guesses in, figures, a report and plots out."""

from __future__ import annotations

from training.evaluation.counts import Counts, count_files
from training.evaluation.figures import measure
from training.evaluation.labelled import Labelled, read_labelled
from training.evaluation.predictions import Predictions
from training.evaluation.selective import AssignRule
from training.evaluation.tree import Tree

__all__ = [
    "AssignRule",
    "Counts",
    "Labelled",
    "Predictions",
    "Tree",
    "count_files",
    "measure",
    "read_labelled",
]
