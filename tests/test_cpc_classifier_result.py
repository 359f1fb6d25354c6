from __future__ import annotations

import json

from cpc_classifier.errors import EmptyFilingError
from cpc_classifier.result import (
    FilingResult,
    PathStep,
    Provenance,
    Route,
    Suggestion,
    to_json,
)
from taxonomy.symbol import Rank

PROVENANCE = Provenance("tiny-1", "ab" * 32, "2025.05")


def test_a_result_is_the_contracts_object() -> None:
    suggestion = Suggestion(
        "H01", Rank.CLASS, 0.12345678, "own words", (PathStep("H", 0.98765432),), "inventive"
    )
    result = FilingResult("D1", (suggestion,), Route("assign", "why"), None, PROVENANCE)
    assert json.loads(json.dumps(to_json(result))) == {
        "id": "D1",
        "suggestions": [
            {
                "symbol": "H01",
                "rank": "class",
                "score": 0.123457,
                "title": "own words",
                "path": [{"symbol": "H", "score": 0.987654}],
                "kind": "inventive",
            }
        ],
        "route": {"decision": "assign", "reason": "why"},
        "error": None,
        "provenance": {
            "bundle": "tiny-1",
            "sha256": "ab" * 32,
            "release": "2025.05",
            "rules": [],
        },
    }


def test_an_error_is_code_and_message() -> None:
    error = EmptyFilingError("the filing has no text")
    result = FilingResult("", (), Route("review", "empty"), error, PROVENANCE)
    found = to_json(result)
    assert found["error"] == {"code": "empty_filing", "message": "the filing has no text"}
    assert found["suggestions"] == []
