"""The official definitions."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from taxonomy.errors import ReleaseFileError
from taxonomy.readers.definitions import read_definitions

ITEM = """<definitions><definition-item>
<classification-symbol>H01M 10/0525</classification-symbol>
<definition-statement><section-body>
<paragraph-text type="preamble">This place covers:</paragraph-text>
<paragraph-text type="body">Cells that are
  <b>charged</b> again.</paragraph-text>
<paragraph-text type="body">And more.</paragraph-text>
</section-body></definition-statement>
</definition-item></definitions>"""


def pack(path: Path, **members: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(f"{name}.xml", text)
    return path


def test_statements_are_read_as_plain_text(tmp_path: Path) -> None:
    found = read_definitions(pack(tmp_path / "d.zip", one=ITEM))
    assert found == {"H01M10/0525": "Cells that are charged again. And more."}


def test_faults_name_the_file(tmp_path: Path) -> None:
    with pytest.raises(ReleaseFileError, match=r"d\.zip: one\.xml line 2: not well-formed"):
        read_definitions(pack(tmp_path / "d.zip", one="<a>\n<b></a>"))
    (tmp_path / "no.zip").write_text("no zip")
    with pytest.raises(ReleaseFileError, match=r"no\.zip: not a readable zip"):
        read_definitions(tmp_path / "no.zip")


def test_an_external_entity_is_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret")
    doctype = f'<!DOCTYPE d [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
    found = read_definitions(
        pack(tmp_path / "d.zip", one=doctype + ITEM.replace("And more", "And &x;"))
    )
    assert "secret" not in found["H01M10/0525"]


@pytest.mark.shared
def test_the_official_definitions_are_read(shared: Path) -> None:
    found = read_definitions(shared / "cpc" / "FullCPCDefinitionXML202505.zip")
    assert len({symbol[:4] for symbol in found}) > 600
    assert sum(bool(statement.strip()) for statement in found.values()) > 30_000
