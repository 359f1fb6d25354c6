from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cpc_classifier.errors import BadAnswerError, EmptyFilingError, RemoteError
from cpc_classifier.result import (
    FilingResult,
    PathStep,
    Provenance,
    Route,
    Suggestion,
    failed,
    from_json,
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


SCORES = st.integers(0, 10**6).map(lambda millionths: millionths / 10**6)
STEPS = st.builds(PathStep, st.text(), SCORES)
SUGGESTIONS = st.builds(
    Suggestion,
    symbol=st.text(),
    rank=st.sampled_from(list(Rank)),
    score=SCORES,
    title=st.text(),
    path=st.lists(STEPS, max_size=3).map(tuple),
    kind=st.sampled_from(["inventive", "additional"]),
)
RESULTS = st.builds(
    FilingResult,
    id=st.text(),
    suggestions=st.lists(SUGGESTIONS, max_size=3).map(tuple),
    route=st.builds(Route, st.sampled_from(["assign", "review"]), st.text()),
    error=st.none(),
    provenance=st.builds(
        Provenance, st.text(), st.text(), st.text(), st.lists(st.text(), max_size=2).map(tuple)
    ),
)


@given(RESULTS)
def test_what_was_written_is_read_back(result: FilingResult) -> None:
    assert from_json(json.loads(json.dumps(to_json(result)))) == result


def test_an_error_keeps_its_code_and_message() -> None:
    written = to_json(failed("A", EmptyFilingError("no text"), PROVENANCE))
    found = from_json(written)
    assert isinstance(found.error, RemoteError)
    assert (found.error.code, str(found.error)) == ("empty_filing", "no text")
    assert to_json(found) == written
    assert RemoteError.code == "remote_error"


def test_fields_of_a_later_version_are_passed_over() -> None:
    written = to_json(failed("A", EmptyFilingError("no text"), PROVENANCE)) | {"later": 1}
    assert from_json(written).id == "A"


SUGGESTION: dict[str, Any] = {
    "symbol": "H01",
    "rank": "class",
    "score": 1,
    "title": "",
    "path": [{"symbol": "H", "score": 1.0}],
    "kind": "inventive",
}


@pytest.mark.parametrize(
    "change",
    [
        {"id": 5},
        {"id": None},
        {"suggestions": {}},
        {"suggestions": [SUGGESTION | {"rank": "family"}]},
        {"suggestions": [SUGGESTION | {"score": 1.5}]},
        {"suggestions": [SUGGESTION | {"score": "1"}]},
        {"suggestions": [SUGGESTION | {"kind": ""}]},
        {"suggestions": [SUGGESTION | {"path": [5]}]},
        {"suggestions": ["H01"]},
        {"route": {"decision": "drop", "reason": ""}},
        {"error": "bad"},
        {"error": {"code": "bad"}},
        {"provenance": None},
    ],
)
def test_what_is_no_result_is_refused(change: dict[str, Any]) -> None:
    good = to_json(FilingResult("A", (), Route("review", "why"), None, PROVENANCE))
    assert from_json(good | {"suggestions": [SUGGESTION]}).suggestions[0].score == 1.0
    with pytest.raises(BadAnswerError, match="no result"):
        from_json(good | change)
    with pytest.raises(BadAnswerError, match="no result"):
        from_json([good])
