from __future__ import annotations

import logging

import pytest
from lxml import etree

from cpc_classifier.errors import FilingError, FilingTooLargeError
from cpc_classifier.intake.xml_parse import parse
from cpc_classifier.intake.xml_prolog import read_prolog


def parse_one(data: bytes, encoding: str = "") -> etree._Element:
    return parse(data, read_prolog(data, "f, document 3"), "f, document 3", encoding)


@pytest.mark.parametrize(
    ("reference", "text"),
    [
        ("&mdash;", "\u2014"),
        ("&lgr;&PHgr;&EEgr;", "\u03bb\u03a6\u0397"),
        ("&amp;&lt;&#65;&#x42;", "&<AB"),
        ("a&unheard-of;b", "a b"),
        ("&lt;b&gt;", "<b>"),
    ],
)
def test_named_characters_need_no_dtd(reference: str, text: str) -> None:
    for doctype in ("", '<!DOCTYPE a SYSTEM "a.dtd">'):
        assert parse_one(f"{doctype}<a>{reference}</a>".encode()).text == text


def test_the_declared_encoding_counts_unless_it_is_overridden() -> None:
    declared = '<?xml version="1.0" encoding="ISO-8859-1"?><a>\u00e9</a>'
    assert parse_one(declared.encode("latin-1")).text == "\u00e9"
    assert parse_one(declared.encode("utf-8"), "utf-8").text == "\u00e9"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"<a><b>secret</a></a>", "line 1, column 17: an element is closed by another"),
        (b"<a>\n<b>secret", "cut off: it has no closing </a>"),
        ("<a>secret \u00e9</a>".encode("latin-1"), "encoding"),
        (b'<?xml version="1.0" encoding="secret-8"?><a/>', "encoding that is not known"),
        (b"<a>secret\x01</a>", "character that XML does not allow"),
        (b"<a b=secret></a>", "an attribute is malformed"),
        (b"<a></a>secret", "follows the closing tag"),
        (b"<a>&#1;</a>", "character"),
    ],
)
def test_a_broken_document_is_refused_without_showing_its_text(data: bytes, words: str) -> None:
    with pytest.raises(FilingError) as caught:
        parse_one(data)
    assert caught.value.message.startswith("f, document 3 ")
    assert words in caught.value.message
    assert "secret" not in caught.value.message


@pytest.mark.parametrize(
    "data", [b"<a>" * 300 + b"</a>" * 300, b"<a>" + b"x" * 10_500_000 + b"</a>"]
)
def test_the_limits_of_the_parser_hold(data: bytes) -> None:
    with pytest.raises(FilingTooLargeError, match="limits of the XML parser"):
        parse_one(data)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"<a>Smith & Son, AT&T</a>", "Smith & Son, AT&T"),
        (b"<a>2 < 3</a>", "2 < 3"),
        (b"<a><First example</a>", "<First example"),
    ],
)
def test_signs_written_as_text_are_escaped_and_reported(
    data: bytes, text: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert parse_one(data).text == text
    assert "f, document 3" in caplog.text
    assert "Smith" not in caplog.text


def test_a_doctype_hidden_from_the_prolog_does_not_act() -> None:
    hidden = b'+ADwAIQ-DOCTYPE a [+ADwAIQ-ENTITY b "c">]>'
    data = b'<?xml version="1.0" encoding="UTF-7"?>' + hidden + b"<a>&b;</a>"
    prolog = read_prolog(data, "f")
    assert prolog.root == ""
    with pytest.raises(FilingError):
        parse(data, prolog, "f")
