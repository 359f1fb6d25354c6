"""What is deployed: filings in, CPC suggestions with calibrated scores out. No torch.

The core imports neither bentoml nor pydantic nor click; only the command line and the service do.
The classifier brings the ONNX runtime with it and is imported when it is first asked for.

    >>> from cpc_classifier import Classifier, Filing
    >>> classifier = Classifier.load()  # doctest: +SKIP
    >>> [result] = classifier.suggest([Filing("1", title="Lithium battery")])  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cpc_classifier.filing import ClassifiedFiling, Filing, Unreadable
from cpc_classifier.result import FilingResult, PathStep, Route, Suggestion, to_json

if TYPE_CHECKING:
    from cpc_classifier.classifier import Classifier

__all__ = [
    "ClassifiedFiling",
    "Classifier",
    "Filing",
    "FilingResult",
    "PathStep",
    "Route",
    "Suggestion",
    "Unreadable",
    "to_json",
]


def __getattr__(name: str) -> Any:
    if name == "Classifier":
        from cpc_classifier.classifier import Classifier

        return Classifier
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
