from __future__ import annotations

import pytest

from cpc_classifier.errors import FilingError
from cpc_classifier.intake.xml_prolog import read_prolog

HARMLESS = [
    "",
    '<!DOCTYPE a SYSTEM "a.dtd">',
    '<!DOCTYPE a SYSTEM "a.dtd" [ ]>',
    '<!DOCTYPE a PUBLIC "-//X//DTD > [ //EN" "a.dtd" [<!-- ]> <!ENTITY b "c"> -->]>',
    '<!DOCTYPE a SYSTEM "a.dtd" [\n<!ENTITY f1.TIF SYSTEM "f1.TIF" NDATA TIF>\n]>',
    '<!DOCTYPE a [<!NOTATION TIF SYSTEM "x"><!ELEMENT a ANY><!ATTLIST a b CDATA ">">]>',
    '<!DOCTYPE a [<!ENTITY f PUBLIC "p" "f.tif" NDATA TIF >] >',
    "<!-- <!DOCTYPE b [ --><?pi <!DOCTYPE c [ ?><!DOCTYPE a>",
]
REFUSED = [
    '<!DOCTYPE a [<!ENTITY b "text">]>',
    '<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>',
    '<!DOCTYPE a [<!ENTITY b PUBLIC "p" "http://x.invalid/">]>',
    '<!DOCTYPE a [<!ENTITY % b SYSTEM "http://x.invalid/"> %b;]>',
    "<!DOCTYPE a [<!ENTITY % b 'c'>]>",
    "<!DOCTYPE a [%b;]>",
    '<!DOCTYPE a [<!ENTITY f SYSTEM "f.tif" NDATA TIF><!ENTITY b "text">]>',
    '<!DOCTYPE a [<!ENTITY f "x SYSTEM y NDATA z">]>',
    "<!DOCTYPE a [<!-- never closed ]>",
    "<!DOCTYPE a [",
    "<!DOCTYPE a [<!ENTITY b",
    "<!DOCTYPE a><!DOCTYPE a>",
]


@pytest.mark.parametrize("doctype", HARMLESS)
def test_a_doctype_without_entities_of_its_own_is_cut_out(doctype: str) -> None:
    data = f'<?xml version="1.0"?>\n{doctype}\n<a b="c">x</a>'.encode()
    prolog = read_prolog(data, "f")
    assert prolog.root == "a"
    rest = data[: prolog.start] + data[prolog.stop :]
    assert (b"<!DOCTYPE a" in data) == bool(doctype)
    assert b"<!DOCTYPE a" not in rest
    assert data[prolog.body :] == b'<a b="c">x</a>'


@pytest.mark.parametrize("doctype", REFUSED)
def test_any_other_doctype_is_refused(doctype: str) -> None:
    with pytest.raises(FilingError, match=r"^f .*(DOCTYPE|DOCTYPEs)"):
        read_prolog(f"{doctype}<a>&b;</a>".encode(), "f")


@pytest.mark.parametrize("data", [b"", b"text", b"<?xml version='1.0'?>", b"</a>"])
def test_there_may_be_no_root(data: bytes) -> None:
    assert read_prolog(data, "f").root == ""


def test_an_unclosed_quotation_takes_no_time() -> None:
    data = b"<!DOCTYPE a [" + b'<!ENTITY b "' * 100_000
    with pytest.raises(FilingError):
        read_prolog(data, "f")
