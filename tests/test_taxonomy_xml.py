"""Official XML: nothing is loaded or swells, and a fault names file and line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taxonomy.errors import ReleaseFileError
from taxonomy.readers.xml import cpc_symbols, parse, plain_text

BOMB = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 10))
BOMB = f'<!DOCTYPE a [<!ENTITY e0 "ha">{BOMB}]>'


def test_a_document_is_read_without_comments_and_instructions() -> None:
    root = parse('<?xml version="1.0"?><a><!-- no --><?do it?><b>Ü</b></a>'.encode(), "a.xml")
    assert root.tag == "a"
    assert [child.tag for child in root] == ["b"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_the_encoding_is_the_one_that_the_document_says(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?><a>Rühren</a>'
    assert parse(text.encode(encoding), "a.xml").text == "Rühren"


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"", None),
        (b"spades", 1),
        (b"<a>\n<b></a>", 2),
        (b"<a>\n&unknown;</a>", 2),
        (b"<a/>\n\n<b/>", 3),
        (b"<a>\n\n\xff</a>", 3),
        (b"<a>\n<b x='1' x='2'/></a>", 2),
        (b"<a>\x00</a>", 1),
    ],
)
def test_what_is_not_well_formed_names_file_and_line(data: bytes, line: int | None) -> None:
    where = rf"spades\.xml line {'.*' if line is None else line}: not well-formed XML \("
    with pytest.raises(ReleaseFileError, match=where) as caught:
        parse(data, "spades.xml")
    assert caught.value.code == "bad_release_file"


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    refused = ""
    try:
        parse(b"<a>" + data, "a.xml")
    except ReleaseFileError as error:
        refused = error.message
    assert "a.xml line " in refused or data.rstrip().endswith(b">")


def test_an_entity_bomb_does_not_go_off_in_text() -> None:
    text = refused = ""
    try:
        text = plain_text(parse(f"{BOMB}<a>&e9;</a>".encode(), "a.xml"))
    except ReleaseFileError as error:  # which libxml2 do so depends on its version
        refused = error.message
    assert "entity" in refused or 0 < len(text) < 10


def test_an_entity_bomb_is_refused_in_an_attribute() -> None:
    with pytest.raises(ReleaseFileError, match="not well-formed XML"):
        parse(f'{BOMB}<a b="&e9;"/>'.encode(), "a.xml")


def test_an_external_entity_or_dtd_is_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret")
    (tmp_path / "a.dtd").write_text('<!ENTITY x "the secret"><!ATTLIST a b CDATA "the secret">')
    for doctype in (
        f'<!DOCTYPE a [<!ENTITY x SYSTEM "{secret.as_uri()}">]>',
        f'<!DOCTYPE a SYSTEM "{(tmp_path / "a.dtd").as_uri()}">',
        f'<!DOCTYPE a [<!ENTITY % p SYSTEM "{(tmp_path / "a.dtd").as_uri()}"> %p;]>',
    ):
        root = parse(f"{doctype}<a>&x;</a>".encode(), "a.xml")
        assert plain_text(root) == "&x;"
        assert dict(root.attrib) == {}


def test_an_external_entity_is_refused_in_an_attribute(tmp_path: Path) -> None:
    doctype = f'<!DOCTYPE a [<!ENTITY x SYSTEM "{tmp_path.as_uri()}">]>'
    with pytest.raises(ReleaseFileError, match="not well-formed XML"):
        parse(f'{doctype}<a b="&x;"/>'.encode(), "a.xml")


def test_what_is_nested_too_deeply_is_refused() -> None:
    with pytest.raises(ReleaseFileError, match="not well-formed XML"):
        parse(b"<a>" * 1_000 + b"</a>" * 1_000, "a.xml")
    assert len(parse(b"<a>" * 100 + b"</a>" * 100, "a.xml")) == 1


def test_plain_text_has_one_blank_where_there_is_white_space() -> None:
    root = parse(b"<a> Spades\n\t<b>and</b>hoes <c/> of wood\n</a>", "a.xml")
    assert plain_text(root) == "Spades andhoes of wood"
    assert plain_text(parse(b"<a/>", "a.xml")) == ""


def test_cpc_symbols_are_told_once_and_in_order() -> None:
    root = parse(
        b'<a><b><class-ref scheme="cpc"> A01B3/00\n</class-ref></b>'
        b'<class-ref scheme="ipc">A01B9/00</class-ref><class-ref>A01B7/00</class-ref>'
        b'<class-ref scheme="cpc">A01B1/00</class-ref>'
        b'<class-ref scheme="cpc">A01B3/00</class-ref></a>',
        "a.xml",
    )
    assert cpc_symbols(root) == ("A01B3/00", "A01B1/00")
    assert cpc_symbols(*root.iterchildren("b")) == ("A01B3/00",)
    assert cpc_symbols() == ()
