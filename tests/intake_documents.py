"""Office documents with invented text, for the tests of the readers."""

from __future__ import annotations

GRANT = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE us-patent-grant SYSTEM "us-patent-grant-v45-2014-04-03.dtd" [ ]>
<us-patent-grant lang="EN" dtd-version="v4.5 2014-04-03" country="US" date-publ="20200107">
<us-bibliographic-data-grant>
<publication-reference><document-id><country>US</country><doc-number>{number}</doc-number>
<kind>{kind}</kind><date>20200107</date></document-id></publication-reference>
<application-reference appl-type="utility"><document-id><country>US</country>
<doc-number>15123456</doc-number><date>20170302</date></document-id></application-reference>
<classifications-cpc>
<main-cpc><classification-cpc>
<cpc-version-indicator><date>20130101</date></cpc-version-indicator>
<section>H</section><class>01</class><subclass>M</subclass>
<main-group>10</main-group><subgroup>0525</subgroup>
<symbol-position>F</symbol-position><classification-value>I</classification-value>
</classification-cpc></main-cpc>
<further-cpc>
<classification-cpc>
<cpc-version-indicator><date>20200501</date></cpc-version-indicator>
<section>Y</section><class>02</class><subclass>E</subclass>
<main-group>60</main-group><subgroup>10</subgroup>
<symbol-position>L</symbol-position><classification-value>A</classification-value>
</classification-cpc>
<classification-cpc>
<section>?</section><class>02</class><subclass>E</subclass>
<main-group>60</main-group><subgroup>10</subgroup>
</classification-cpc>
<combination-set><combination-rank><classification-cpc>
<section>C</section><class>01</class><subclass>B</subclass>
<main-group>3</main-group><subgroup>00</subgroup>
</classification-cpc></combination-rank></combination-set>
</further-cpc>
</classifications-cpc>
<us-field-of-classification-search><classification-cpc><section>A</section><class>01</class>
<subclass>B</subclass><main-group>1</main-group><subgroup>00</subgroup></classification-cpc>
</us-field-of-classification-search>
<invention-title id="d2e53">Cell with a H<sub>2</sub>O{dash}cooled lid</invention-title>
</us-bibliographic-data-grant>
<abstract id="abstract"><p id="p-0001">A cell has a lid
(<b>11</b>) and a wall.</p></abstract>
<drawings id="DRAWINGS"><figure><img file="x.TIF"/></figure></drawings>
<description id="description"><?BRFSUM description="Brief Summary" end="lead"?>
<heading level="1">FIELD</heading>
<p id="p-0002">The cell is small<!-- very small -->.</p>
<p id="p-0003">Its length is <maths><math><mi>a</mi><mo>=</mo><mn>2</mn></math></maths> units.</p>
</description>
<us-claim-statement>What is claimed is:</us-claim-statement>
<claims id="claims">
<claim id="CLM-00001" num="00001"><claim-text>1. A cell comprising: <claim-text>a lid; and
</claim-text><claim-text>a wall.</claim-text></claim-text></claim>
<claim id="CLM-00002" num="00002"><claim-text><b>2</b>. The cell of <claim-ref
idref="CLM-00001">claim 1</claim-ref>, wherein the lid is flat.</claim-text></claim>
</claims>
</us-patent-grant>
"""

EUROPEAN = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE ep-patent-document PUBLIC "-//EPO//EP PATENT DOCUMENT 1.5.1//EN" "ep-v1-5-1.dtd">
<ep-patent-document id="EP01" lang="{lang}" country="EP" doc-number="0640886" kind="B1"
 date-publ="20230104" dtd-version="ep-patent-document-v1-5-1">
<SDOBI lang="{lang}"><B100><B110>0640886</B110><B130>B1</B130><B140><date>20230104</date></B140>
<B190>EP</B190></B100>
<B200><B210>01234567.8</B210><B220><date>20190405</date></B220><B260>{lang}</B260></B200>
<B500><B520EP><classifications-cpc>
<classification-cpc sequence="1"><text>B60K  17/28        20130101 LA20210830BHEP        </text>
</classification-cpc>
<classification-cpc sequence="2"><text>F16D2500/10437     20130101 FI20211026BHEP        </text>
</classification-cpc>
<classification-cpc sequence="3"><text>nothing known</text></classification-cpc>
</classifications-cpc></B520EP>
<B540><B541>de</B541><B542>Deckel einer Zelle</B542><B541>en</B541><B542>Lid of a cell</B542>
<B541>fr</B541><B542>Couvercle de cellule</B542></B540></B500></SDOBI>
<description id="desc" lang="{lang}"><heading id="h1">Feld</heading>
<p id="p1" num="0001">Die Zelle ist klein.</p>
<p id="p2" num="0002"><tables><table><tgroup cols="2"><tbody><row><entry>a</entry><entry>1</entry>
</row><row><entry>b</entry><entry>2</entry></row></tbody></tgroup></table></tables></p></description>
<claims id="claims01" lang="de"><claim id="c-de-1" num="0001"><claim-text>Zelle mit einem Deckel.
</claim-text></claim><claim id="c-de-2" num="0002"><claim-text>Zelle nach Anspruch 1.</claim-text>
</claim></claims>
<claims id="claims02" lang="en"><claim id="c-en-1" num="0001"><claim-text>Cell with a lid.
</claim-text></claim></claims>
<claims id="claims03" lang="fr"><claim id="c-fr-1" num="0001"><claim-text>Cellule.</claim-text>
</claim></claims>
<drawings id="draw" lang="{lang}"><figure><img file="imgf0001.tif"/></figure></drawings>
</ep-patent-document>
"""


def grant(number: str = "10000001", kind: str = "B2", dash: str = "&#x2014;") -> bytes:
    """A USPTO grant, ICE 4.5."""
    return GRANT.format(number=number, kind=kind, dash=dash).encode()


def european(lang: str = "de") -> bytes:
    """An EPO specification, ST.36 1.5.1."""
    return EUROPEAN.format(lang=lang).encode()
