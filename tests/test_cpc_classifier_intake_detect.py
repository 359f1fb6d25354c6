from __future__ import annotations

import pytest

from cpc_classifier.errors import EmptyFilingError, UnsupportedFormatError
from cpc_classifier.intake.detect import FileFormat, detect
from cpc_classifier.intake.foreign import SUPPORTED, describe_root


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        (b"PK\x03\x04rest", FileFormat.ZIP),
        (b"PK\x05\x06rest", FileFormat.ZIP),
        (b"\xef\xbb\xbf \n<?xml version='1.0'?>", FileFormat.XML),
        (b"<!-- x --><a/>", FileFormat.XML),
        (b"\n{", FileFormat.JSON),
        (b"[", FileFormat.JSON),
        (b"id,title\n", FileFormat.CSV),
    ],
)
def test_formats_are_recognised_by_content(head: bytes, expected: FileFormat) -> None:
    assert detect(head, "f") is expected


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"%PDF-1.7", "a PDF"),
        (b"PATN\nWKU  039327094\n", "Green Book"),
        (b"HHHHHT   APS1 ISSUE - 760106\nPATN\nWKU  1\n", "Green Book"),
        (b"{\\rtf1", "an RTF text"),
        (b"\x00\x01\x02\x03", "binary data"),
        (b"some words about a lid", "plain text"),
        (b"\x89PNG\r\n", "a picture"),
    ],
)
def test_other_formats_are_named_and_so_is_what_is_supported(head: bytes, words: str) -> None:
    with pytest.raises(UnsupportedFormatError) as caught:
        detect(head, "f.bin")
    assert caught.value.message.startswith("f.bin looks like")
    assert words in caught.value.message
    assert caught.value.message.endswith(SUPPORTED)
    assert "lid" not in caught.value.message


@pytest.mark.parametrize("head", [b"", b"\n \t", b"\xef\xbb\xbf"])
def test_empty_files_are_named(head: bytes) -> None:
    with pytest.raises(EmptyFilingError, match="f is empty"):
        detect(head, "f")


@pytest.mark.parametrize(
    ("head", "words"),
    [
        (b"<ops:world-patent-data xmlns='x'>", "Open Patent Services"),
        (b"<p:ClaimsDocument xmlns:p='urn:us:gov:doc:uspto:patent'>", "XML4IP"),
        (b"<root><PatentUtilityInfo>", "KIPRIS"),
        (b'<doc><str name="Title">', "PatSnap"),
        (b"<unheard>", "root element <unheard>"),
    ],
)
def test_foreign_xml_is_named(head: bytes, words: str) -> None:
    root = head[1:].replace(b">", b" ").split()[0].decode()
    assert words in describe_root(root, head)
