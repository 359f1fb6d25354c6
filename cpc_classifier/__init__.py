"""What is deployed: filings in, CPC suggestions with calibrated scores out. No torch.

The core imports neither bentoml nor pydantic nor click; only the command line and the service do.
The classifier brings the ONNX runtime with it and the clients the web; they are imported when they
are first asked for.

    >>> from cpc_classifier import Classifier, Filing
    >>> classifier = Classifier.load()  # doctest: +SKIP
    >>> [result] = classifier.suggest([Filing("1", title="Lithium battery")])  # doctest: +SKIP
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from cpc_classifier.filing import ClassifiedFiling, Filing, Unreadable
from cpc_classifier.result import FilingResult, PathStep, Route, Suggestion, from_json, to_json

if TYPE_CHECKING:
    from cpc_classifier.classifier import Classifier
    from cpc_classifier.client import Client
    from cpc_classifier.client_async import AsyncClient

__all__ = [
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


_LATE = {"AsyncClient": "client_async", "Classifier": "classifier", "Client": "client"}


def __getattr__(name: str) -> Any:
    if name in _LATE:
        return getattr(importlib.import_module(f"cpc_classifier.{_LATE[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
