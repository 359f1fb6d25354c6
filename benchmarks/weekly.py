"""A weekly USPTO file of any size, made while it is written: ICE 4.5 grants, invented text."""

from __future__ import annotations

import random
from collections.abc import Iterator

WORDS = (
    b"lid wall floor cell panel ring shaft valve first second third lower upper outer rigid hollow "
    b"wherein comprising coupled arranged between adjacent further example embodiment shown"
).split()
MEDIAN_BYTES, SIGMA = 90_000, 0.9
LARGE_EVERY = 1000
"""Sizes are log-normal about the median; one document in a thousand is as large as asked for."""

HEAD = b"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE us-patent-grant SYSTEM "us-patent-grant-v45-2014-04-03.dtd" [ ]>
<us-patent-grant lang="EN" dtd-version="v4.5 2014-04-03" country="US" date-publ="20200107">
<us-bibliographic-data-grant><publication-reference><document-id><country>US</country>
<doc-number>%d</doc-number><kind>B2</kind><date>20200107</date></document-id>
</publication-reference><application-reference appl-type="utility"><document-id>
<country>US</country><doc-number>15123456</doc-number><date>20170302</date></document-id>
</application-reference><classifications-cpc><main-cpc><classification-cpc>
<cpc-version-indicator><date>20130101</date></cpc-version-indicator><section>H</section>
<class>01</class><subclass>M</subclass><main-group>10</main-group><subgroup>0525</subgroup>
<symbol-position>F</symbol-position><classification-value>I</classification-value>
</classification-cpc></main-cpc></classifications-cpc>
<invention-title id="d2e53">Cell with a lid</invention-title></us-bibliographic-data-grant>
<abstract id="abstract"><p id="p-0001">A cell has a lid (<b>11</b>) and a wall.</p></abstract>
<description id="description"><heading level="1">FIELD</heading>
"""
TAIL = b"""</description><us-claim-statement>What is claimed is:</us-claim-statement>
<claims id="claims"><claim id="CLM-00001" num="00001"><claim-text>1. A cell comprising: <claim-text>
a lid; and</claim-text><claim-text>a wall.</claim-text></claim-text></claim>
<claim id="CLM-00002" num="00002"><claim-text><b>2</b>. The cell of <claim-ref idref="CLM-00001">
claim 1</claim-ref>, wherein the lid is flat.</claim-text></claim></claims>
</us-patent-grant>
"""


def weekly_file(size: int, largest: int, seed: int = 7) -> Iterator[bytes]:
    """Documents, one after another, until there are at least `size` bytes.

    Args:
        size: bytes of the whole file.
        largest: bytes of the largest documents.
        seed: of sizes and text.

    Yields:
        One whole document at a time.
    """
    dice = random.Random(seed)
    paragraphs = [_paragraph(dice) for _ in range(200)]
    body = b"".join(paragraphs * (largest // sum(map(len, paragraphs)) + 1))
    starts = [0]
    for paragraph in paragraphs:
        starts.append(starts[-1] + len(paragraph))
    written, number = 0, 0
    while written < size:
        number += 1
        wanted = int(dice.lognormvariate(0.0, SIGMA) * MEDIAN_BYTES)
        wanted = largest if number % LARGE_EVERY == LARGE_EVERY // 2 else min(wanted, largest)
        start = dice.choice(starts[:100])
        end = body.find(b"</p>\n", min(start + wanted, len(body) - 5 - 4 * len(paragraphs[-1])))
        document = HEAD % (10_000_000 + number) + body[start : end + 5] + TAIL
        written += len(document)
        yield document


def _paragraph(dice: random.Random) -> bytes:
    words = dice.choices(WORDS, k=dice.randint(40, 160))
    words.insert(len(words) // 2, b"the part <b>%d</b> of <figref>FIG. 1</figref> &#x2014;" % 12)
    return b'<p id="p-0002" num="0001">' + b" ".join(words) + b".</p>\n"
