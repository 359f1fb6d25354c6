from __future__ import annotations

import pytest
from lxml import etree

from cpc_classifier.intake.xml_text import claims_text, content, line_of, text_of


@pytest.mark.parametrize(
    ("xml", "text"),
    [
        ("<p>H<sub>2</sub>O and 10<sup>3</sup></p>", "H2O and 103"),
        ("<p>one\n  two</p><p> </p><p>three</p>", "one two\nthree"),
        ("<p>see <figref>FIG. 1</figref><img file='x.tif'/>.</p>", "see FIG. 1."),
        ("<p>a<!-- no -->b<?pi no?>c</p>", "abc"),
        ("<ul><li>x</li><li>y</li></ul>", "x\ny"),
        ("<table><row><entry>a</entry><entry>b</entry></row><row><entry>c</entry></row></table>",
         "a b\nc"),
        ("<p>by <nplcit><author><name><snm>Doe</snm><fnm>J</fnm></name></author></nplcit></p>",
         "by Doe J"),
        ("<p>x<br/>y</p>", "x\ny"),
        ("<p><m:math xmlns:m='urn:m'><m:mi>E</m:mi><m:mo>=</m:mo></m:math>.</p>", "E = ."),
    ],
)  # fmt: skip
def test_paragraphs_tables_formulas(xml: str, text: str) -> None:
    assert text_of([etree.fromstring(f"<d>{xml}</d>")]) == text


def test_one_line_of_an_element_or_of_none() -> None:
    root = etree.fromstring("<a><b> x <p>y</p></b></a>")
    assert line_of(root.find("b")) == content(root, "b") == "x y"
    assert line_of(None) == content(root, "c") == content(None, "b") == ""


@pytest.mark.parametrize(
    ("claim", "line"),
    [
        ('<claim num="0001"><claim-text>A thing.</claim-text></claim>', "1. A thing."),
        ('<claim num="00012"><claim-text>12. A thing.</claim-text></claim>', "12. A thing."),
        ('<claim num="2"><claim-text><b>2</b>. A thing.</claim-text></claim>', "2. A thing."),
        ('<claim num="3"><claim-text>10 mm of wire.</claim-text></claim>', "3. 10 mm of wire."),
        (
            '<claim num="01-18"><claim-text>1-18. (canceled)</claim-text></claim>',
            "1-18. (canceled)",
        ),
        ("<p>All that is shown.</p>", "All that is shown."),
    ],
)
def test_a_claim_begins_with_its_number_once(claim: str, line: str) -> None:
    assert claims_text([etree.fromstring(f"<claims>{claim}</claims>")]) == line


def test_deep_nesting_is_walked() -> None:
    assert text_of([etree.fromstring("<b>" * 250 + "x" + "</b>" * 250)]) == "x"
