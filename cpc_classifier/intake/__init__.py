"""Filings in: one reader per format, chosen by content, all streams.

To add a format: a module that turns it into `ClassifiedFiling`, an entry in `xml_documents` (a
root element) or in `detect` and `read` (a family), and a line in `foreign.SUPPORTED`.
"""

from __future__ import annotations

from cpc_classifier.filing import Unreadable
from cpc_classifier.intake.fields import filing_from_values
from cpc_classifier.intake.foreign import SUPPORTED
from cpc_classifier.intake.limits import DEFAULT_LIMITS, Limits
from cpc_classifier.intake.read import read_filings

__all__ = [
    "DEFAULT_LIMITS",
    "SUPPORTED",
    "Limits",
    "Unreadable",
    "filing_from_values",
    "read_filings",
]
