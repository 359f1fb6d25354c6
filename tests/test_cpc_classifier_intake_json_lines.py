from __future__ import annotations

import gzip
import io
import json

import pytest

from cpc_classifier.errors import FilingTooLargeError
from cpc_classifier.filing import ClassifiedFiling, Unreadable
from cpc_classifier.intake import Limits, read_filings

PLAIN = {"id": "X1", "title": "A lid"}


def read(data: bytes | str, limits: Limits | None = None) -> list[ClassifiedFiling | Unreadable]:
    data = data.encode() if isinstance(data, str) else data
    return list(read_filings(io.BytesIO(data), "in.jsonl", limits or Limits()))


def shown(results: list[ClassifiedFiling | Unreadable]) -> list[str]:
    return [
        f"{r.id}: {r.error.code}"
        if isinstance(r, Unreadable)
        else f"{r.filing.id}: {r.filing.title}"
        for r in results
    ]


@pytest.mark.parametrize(
    "data",
    [
        json.dumps(PLAIN),
        json.dumps(PLAIN) + "\n",
        "\n\n" + json.dumps(PLAIN) + "\r\n\r\n",
        json.dumps(PLAIN, indent=2),
        json.dumps([PLAIN]),
        json.dumps([PLAIN], indent=1),
        "\ufeff" + json.dumps(PLAIN),
    ],
)
def test_one_filing_in_every_shape(data: str) -> None:
    assert shown(read(data)) == ["X1: A lid"]
    assert shown(read(gzip.compress(data.encode()))) == ["X1: A lid"]
    assert shown(read(data.encode("utf-16"))) == ["X1: A lid"]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("{", "bad_filing"),
        ('{"id": "Y", "title": "secret}', "bad_filing"),
        ('"secret"', "bad_filing"),
        ("[1]", "bad_filing"),
        ("null", "bad_filing"),
        ("secret", "bad_filing"),
        ('{"id": "Y", "title": ["secret"]}', "bad_filing"),
        ('{"id": "Y", "abstract": 7}', "bad_filing"),
        ('{"id": {"secret": 1}, "title": "x"}', "bad_filing"),
        ('{"id": "Y", "claims": ["x", 7]}', "bad_filing"),
        ('{"id": "Y", "title": "x", "cpc": 7}', "bad_filing"),
        ('{"id": "Y"}', "bad_filing"),
        ('{"id": "Y", "title": "  ", "claims": []}', "empty_filing"),
        ('{"a":' * 100_000, "bad_filing"),
        ('{"id": ' + "9" * 5000 + ', "title": "x"}', "bad_filing"),
    ],
)
def test_a_bad_line_gives_its_own_error_with_its_number(line: str, code: str) -> None:
    good = json.dumps(PLAIN)
    results = read(f"{good}\n{line}\n{good}\n")
    assert [isinstance(r, Unreadable) for r in results] == [False, True, False]
    bad = results[1]
    assert isinstance(bad, Unreadable)
    assert bad.error.code == code
    assert bad.id in ("Y", "in.jsonl#2")
    assert bad.error.message.startswith("in.jsonl, line 2")
    assert "secret" not in bad.error.message


def test_a_bad_first_line_does_not_hide_the_others() -> None:
    good = json.dumps(PLAIN)
    assert shown(read(f'{{"id": "Y", "title": "cut\n{good}\n')) == ["Y: bad_filing", "X1: A lid"]


def test_a_broken_object_over_several_lines_is_one_error() -> None:
    data = json.dumps({"id": "Y", "title": "x", "claims": ["a", "b"]}, indent=2)[:-3]
    assert shown(read(data)) == ["Y: bad_filing"]


def test_items_of_a_list_have_their_own_errors() -> None:
    results = read(json.dumps([PLAIN, 7, {"title": "no id"}]))
    assert shown(results) == ["X1: A lid", "in.jsonl#2: bad_filing", "in.jsonl#3: no id"]
    assert isinstance(results[1], Unreadable)
    assert "in.jsonl, item 2" in results[1].error.message


def test_an_empty_list_is_an_error() -> None:
    assert shown(read("[]")) == ["in.jsonl: bad_filing"]


def test_bytes_that_are_not_utf_8_cost_one_line() -> None:
    good = json.dumps(PLAIN).encode()
    bad = '{"id": "Y", "title": "\u00e9"}'.encode("latin-1")
    results = read(good + b"\n" + bad + b"\n" + good)
    assert shown(results) == ["X1: A lid", "Y: bad_filing", "X1: A lid"]
    assert isinstance(results[1], Unreadable)
    assert "not UTF-8 from byte 22" in results[1].error.message


def test_ten_megabytes_of_text_are_too_large_and_eight_are_not() -> None:
    lines = [
        json.dumps({"id": name, "title": "A lid", "description": "word " * count})
        for name, count in (("A", 2 * 2**20), ("B", 1_500_000))
    ]
    results = read("\n".join(lines))
    assert shown(results) == ["A: filing_too_large", "B: A lid"]


def test_a_line_or_a_list_over_the_limit() -> None:
    limits = Limits(document_bytes=1000)
    long = json.dumps({"id": "Y", "title": "x" * 2000})
    assert shown(read(f"{long}\n{json.dumps(PLAIN)}", limits)) == [
        "Y: filing_too_large",
        "X1: A lid",
    ]
    (found,) = read(json.dumps([PLAIN] * 100), limits)
    assert isinstance(found, Unreadable)
    assert type(found.error) is FilingTooLargeError
    assert "JSON lines" in found.error.message


def test_the_json_of_an_ops_client_is_refused_by_name() -> None:
    data = {"document_id": {"country": "EP"}, "description": "A text"}
    (found,) = read(json.dumps(data, indent=2))
    assert isinstance(found, Unreadable)
    assert found.error.code == "unsupported_format"
    assert "Open Patent Services" in found.error.message
