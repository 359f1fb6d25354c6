"""The official definitions: every section is read, and each fault names file and line."""

from __future__ import annotations

import hashlib
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from taxonomy.definition import Reference, Synonym
from taxonomy.errors import ReleaseFileError
from taxonomy.readers import members
from taxonomy.readers.definitions import read_definitions
from taxonomy.tree import Taxonomy

H01M = "cpc-definition-H01M"
A01B = "cpc-definition-A01B"


def row(*columns: str) -> str:
    cells = "".join(
        f'<table-column><paragraph-text type="body">{text}</paragraph-text></table-column>'
        for text in columns
    )
    return f"<table-row>{cells}</table-row>"


def item(symbol: str, *sections: str) -> str:
    return f"""<definition-item><classification-symbol scheme="cpc">{symbol}</classification-symbol>
<definition-title>Cells  (pots <class-ref scheme="cpc">A47G</class-ref>)</definition-title>
{"".join(sections)}</definition-item>"""


def file(*items: str) -> str:
    return f'<definitions publication-date="2030-01-01">{"".join(items)}</definitions>'


def body(*blocks: str, preamble: str = "This place covers:") -> str:
    lead = f'<paragraph-text type="preamble">{preamble}</paragraph-text>' if preamble else ""
    return f"<section-body>{lead}{''.join(blocks)}</section-body>"


def paragraph(text: str, kind: str = "body") -> str:
    return f'<paragraph-text type="{kind}">{text}</paragraph-text>'


def statement(*blocks: str) -> str:
    title = "<section-title>Definition statement</section-title>"
    return f"<definition-statement>{title}{body(*blocks)}</definition-statement>"


CHARGED = paragraph("Cells that are\n  <b>charged</b> again.")
ENTRIES = (f"<list-item>{paragraph(text)}</list-item>" for text in ("round", "flat"))
LIST = f"<list>{''.join(ENTRIES)}</list>"
REFERENCE = '<class-ref scheme="cpc">{}</class-ref>'


def pack(path: Path, **texts: str) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in texts.items():
            archive.writestr(f"{name.replace('_', '-')}.xml", text)
    return path


def only(tmp_path: Path, text: str) -> Path:
    return pack(tmp_path / "d.zip", **{H01M: text})


def test_a_definition_is_tied_to_its_symbol_and_title(tmp_path: Path) -> None:
    found = read_definitions(only(tmp_path, file(item("H01M 10/0525"))))
    assert list(found) == ["H01M10/0525"]
    assert found["H01M10/0525"].symbol == "H01M10/0525"
    assert found["H01M10/0525"].title == "Cells (pots A47G)"


def test_a_section_that_is_not_there_is_empty(tmp_path: Path) -> None:
    (told,) = read_definitions(only(tmp_path, file(item("H01M10/00")))).values()
    assert (told.statement, told.covers, told.relationships, told.special_rules) == ("",) * 4
    assert told.references == told.glossary == told.synonyms == ()


def test_the_statement_is_its_paragraphs_on_one_line(tmp_path: Path) -> None:
    heading = paragraph("By form", "subheading")
    text = statement(CHARGED, paragraph(""), LIST, heading, paragraph("And more."))
    (told,) = read_definitions(only(tmp_path, file(item("H01M10/00", text)))).values()
    assert told.statement == "Cells that are charged again. And more."


def test_what_is_covered_has_its_headings_lists_and_tables_line_by_line(tmp_path: Path) -> None:
    table = f"<table>{row('large', 'small')}{row('', '')}</table>"
    text = statement(CHARGED, LIST, paragraph("By size", "subheading"), table)
    (told,) = read_definitions(only(tmp_path, file(item("H01M10/00", text)))).values()
    assert told.covers == "Cells that are charged again.\nround\nflat\nBy size\nlarge\tsmall"


def test_relationships_and_special_rules_are_texts(tmp_path: Path) -> None:
    title = "<section-title>Rules</section-title>"
    rules = f"<special-rules>{title}{body(CHARGED, LIST, preamble='')}</special-rules>"
    relations = rules.replace("special-rules", "relationship").replace("flat", "square")
    (told,) = read_definitions(only(tmp_path, file(item("H01M10/00", relations, rules)))).values()
    assert told.special_rules == "Cells that are charged again.\nround\nflat"
    assert told.relationships == "Cells that are charged again.\nround\nsquare"


def test_references_have_the_kind_that_the_file_tells(tmp_path: Path) -> None:
    kinds = {
        "limiting-references": "limiting",
        "application-references": "application-oriented",
        "residual-references": "residual",
        "informative-references": "informative",
    }
    sections = "".join(
        f"<{tag}>{body('<table>' + row('Pots', REFERENCE.format('A47G')) + '</table>')}</{tag}>"
        for tag in kinds
    )
    text = f"<references><section-title>References</section-title>{sections}</references>"
    (told,) = read_definitions(only(tmp_path, file(item("H01M10/00", text)))).values()
    assert told.references == tuple(
        Reference(kind, "Pots", "A47G", ("A47G",)) for kind in kinds.values()
    )


def test_the_symbols_of_a_reference_are_those_of_its_place(tmp_path: Path) -> None:
    one, two = REFERENCE.format("A01B1/00"), REFERENCE.format("A01B3/00")
    rows = (
        row(f"Not {one}", f"{two} - {one}, {two} and subgroups"),
        row("Old", '<class-ref scheme="not-mapped">A01B1/06B</class-ref>'),
        row(f"Alone {one}"),
        "<table-row/>",
    )
    table, heading = f"<table>{''.join(rows)}</table>", paragraph("Tools", "subheading")
    section = body(table, paragraph(f"See {two}"), heading)
    text = f"<references><limiting-references>{section}</limiting-references></references>"
    (told,) = read_definitions(only(tmp_path, file(item("H01M10/00", text)))).values()
    range_ = "A01B3/00 - A01B1/00, A01B3/00 and subgroups"
    assert told.references == (
        Reference("limiting", "Not A01B1/00", range_, ("A01B3/00", "A01B1/00")),
        Reference("limiting", "Old", "A01B1/06B", ()),
        Reference("limiting", "Alone A01B1/00", "", ("A01B1/00",)),
        Reference("limiting", "See A01B3/00", "", ("A01B3/00",)),
    )


def test_the_glossary_tells_terms_from_meanings_where_the_file_does(tmp_path: Path) -> None:
    blocks = body(f"<table>{row('Cell', 'a room')}</table>", CHARGED, paragraph("<media/>"))
    text = f"<glossary-of-terms>{blocks}</glossary-of-terms>"
    (told,) = read_definitions(only(tmp_path, file(item("H01M10/00", text)))).values()
    assert told.glossary == (("Cell", "a room"), ("", "Cells that are charged again."))


def test_synonyms_have_the_kind_that_the_file_tells(tmp_path: Path) -> None:
    table = f"<table>{row('LIB', 'lithium-ion battery')}</table>"
    kinds = ("abbreviations", "instead-of-words", "special-meanings")
    tables = "".join(f"<{k}>{paragraph('Often used:', 'preamble')}{table}</{k}>" for k in kinds)
    same = f"<synonyms>{paragraph('The same:', 'preamble')}{LIST}</synonyms>"
    loose = body(
        paragraph("Often &quot;pile&quot; is used.", "preamble"), table, preamble="Often used:"
    )
    title = "<section-title>Synonyms and Keywords</section-title>"
    text = f"<synonyms-keywords>{title}{same}{tables}{loose}</synonyms-keywords>"
    (told,) = read_definitions(only(tmp_path, file(item("H01M10/00", text)))).values()
    assert told.synonyms == (
        Synonym("synonyms", "round", ""),
        Synonym("synonyms", "flat", ""),
        *(Synonym(kind, "LIB", "lithium-ion battery") for kind in kinds),
        Synonym("", "", 'Often "pile" is used.'),
        Synonym("", "LIB", "lithium-ion battery"),
    )


def test_files_are_read_in_order_from_a_zip_or_a_folder(tmp_path: Path) -> None:
    texts = {H01M: file(item("H01M"), item("H01M10/00")), A01B: file(item("A01B"))}
    packed = read_definitions(pack(tmp_path / "d.zip", **texts))
    assert list(packed) == ["A01B", "H01M", "H01M10/00"]
    folder = tmp_path / "definitions"
    folder.mkdir()
    for name, text in texts.items():
        (folder / f"{name}.xml").write_text(text)
    (folder / "readme.xml").write_text("<no definitions")
    assert read_definitions(folder) == packed


@pytest.mark.parametrize(
    ("text", "line", "fault"),
    [
        ("<a>\n<b></a>", 2, "not well-formed"),
        ("\n<class-scheme/>", 2, "'class-scheme', not definitions"),
        (file("\n", item("H01M10")), 2, "'H01M10' is no CPC symbol"),
        (file("\n", item("")), 2, "'' is no CPC symbol"),
        (file("\n<definition-item/>"), 2, "'' is no CPC symbol"),
        (file(item("H01M10/00"), "\n", item("H01M 10/00")), 4, "H01M10/00 is defined a second"),
    ],
)
def test_a_fault_names_file_and_line(tmp_path: Path, text: str, line: int, fault: str) -> None:
    with pytest.raises(ReleaseFileError, match=rf"{H01M}\.xml line {line}: {fault}"):
        read_definitions(only(tmp_path, text))


def test_a_symbol_that_two_files_define_is_refused(tmp_path: Path) -> None:
    packed = pack(tmp_path / "d.zip", **{H01M: file(item("H01M")), A01B: file(item("H01M"))})
    with pytest.raises(ReleaseFileError, match=rf"{H01M}\.xml line 1: H01M is defined a second"):
        read_definitions(packed)


def test_what_holds_no_definitions_is_refused(tmp_path: Path) -> None:
    (tmp_path / "no.zip").write_text("no zip")
    with pytest.raises(ReleaseFileError, match=r"no\.zip: not a readable zip"):
        read_definitions(tmp_path / "no.zip")
    with pytest.raises(ReleaseFileError, match=r"d\.zip: no file named like cpc-definition-A01B"):
        read_definitions(pack(tmp_path / "d.zip", other=file(item("H01M"))))


def test_a_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(members, "LARGEST_FILE", 1000)
    with pytest.raises(ReleaseFileError, match=rf"{H01M}\.xml is over"):
        read_definitions(only(tmp_path, file(item("H01M")) + " " * 1000))


def test_an_external_entity_is_not_read(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("the secret")
    doctype = f'<!DOCTYPE d [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
    table = f"<table><table-row>&x;</table-row>&x;{row('&x;')}</table>"
    text = doctype + file(item("H01M", statement(paragraph("And &x; more."), "&x;", table)))
    (told,) = read_definitions(only(tmp_path, text)).values()
    assert "And" in told.statement
    assert "secret" not in repr(told)


@pytest.mark.shared
def test_the_official_definitions_are_read_whole(shared: Path, official: Taxonomy) -> None:
    found = read_definitions(shared / "cpc" / "FullCPCDefinitionXML202505.zip")
    assert len({symbol[:4] for symbol in found}) == 649
    assert len(found) == 49_089
    assert [symbol for symbol in found if symbol not in official] == []
    having = {
        name: sum(bool(getattr(told, name)) for told in found.values())
        for name in found["A01B"].__slots__
    }
    assert having == {
        "symbol": 49_089, "title": 49_089, "statement": 33_799, "covers": 35_018,
        "relationships": 2_545, "references": 29_317, "special_rules": 7_721, "glossary": 2_357,
        "synonyms": 1_455,
    }  # fmt: skip
    references = [reference for told in found.values() for reference in told.references]
    assert Counter(reference.kind for reference in references) == {
        "informative": 64_932, "limiting": 22_728, "application-oriented": 4_668, "residual": 831,
    }  # fmt: skip
    targets = Counter(symbol for reference in references for symbol in reference.symbols)
    assert targets.total() == 100_728
    assert [symbol for symbol in targets if symbol not in official] == []
    # What starter-2 and earlier bundles have learnt from: the paragraphs of type body, by symbol.
    learnt = "\n".join(f"{s}\t{told.statement}" for s, told in found.items() if told.statement)
    digest = hashlib.sha256(learnt.encode()).hexdigest()
    assert digest == "40424c58bb2d94b67969cf60f976232e14a8d7369a67250bb5c231a681f95935"
