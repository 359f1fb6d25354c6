"""The mini scheme written as the official scheme XML is, and changes of its files."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from mini_scheme import rows

END = "</classification-item>"
ABOVE_GROUPS = {1: 2, 3: 4, 4: 5}
"""The level of a section, class and subclass in the scheme XML, by the length of its symbol."""


def write_scheme_xml(folder: Path, date: str = "2030-01-01") -> Path:
    """Writes the files of the scheme XML into a new folder, and gives the folder.

    An item is a line, and so is the end of one; sections and subclasses have files of their own.
    """
    folder.mkdir()
    lines: dict[str, list[str]] = {}
    levels: dict[str, list[int]] = {}  # of the items that are open in each file
    for symbol, dots, title in rows():
        level = 7 + int(dots) if dots else ABOVE_GROUPS[len(symbol)]
        files = [f"cpc-scheme-{symbol[0]}.xml"] * (level <= 5)
        files += [f"cpc-scheme-{symbol[:4]}.xml"] * (level >= 5)
        for file in files:
            opened = levels.setdefault(file, [])
            ended = [open_ for open_ in opened if open_ >= level]
            lines.setdefault(file, []).extend([END] * len(ended))
            lines[file].append(_item(symbol, level, title))
            levels[file] = [open_ for open_ in opened if open_ < level] + [level]
    start = f'<class-scheme scheme-type="cpc" publication-date="{date}">'
    for file, text in lines.items():
        ended = [END] * len(levels[file])
        whole = ('<?xml version="1.0" encoding="UTF-8"?>', start, *text, *ended, "</class-scheme>")
        (folder / file).write_text("\n".join(whole), "utf-8")
    return folder


def _item(symbol: str, level: int, title: str) -> str:
    """The start of an item, with what the digits say of a symbol, and its title."""
    series, tag = bool(re.search(r"[A-Z]2[0-9]{3}/", symbol)), symbol[0] == "Y"
    attributes = {
        "level": str(level),
        "sort-key": symbol,
        "not-allocatable": str(level < 7).lower(),
        "additional-only": str(series or tag).lower(),
        "breakdown-code": str(series).lower(),
        "date-revised": "2029-05-01",
        "status": "published",
        "ipc-concordant": "CPCONLY" if series or tag else symbol,
        "link-file": f"cpc-scheme-{symbol}.xml" if level == 5 else "",
    }
    told = " ".join(f'{name}="{value}"' for name, value in attributes.items() if value)
    parts = "".join(f"<title-part>{_part(part)}</title-part>" for part in title.split("; "))
    return (
        f"<classification-item {told}><classification-symbol>{symbol}</classification-symbol>"
        f"<class-title>{parts}</class-title>"
    )


def _part(text: str) -> str:
    """A part of a title: references in parentheses, the CPC's own text in braces."""
    if text[0] == "{":
        return f"<CPC-specific-text><text>{text[1:-1]}</text></CPC-specific-text>"
    text = re.sub(r"[A-HY]\d\d[A-Z]\d+/\d+", r'<class-ref scheme="cpc">\g<0></class-ref>', text)
    before, _, reference = text.partition(" (")
    told = f" <reference>{reference[:-1]}</reference>" if reference else ""
    return f"<text>{before}</text>{told}"


def file(folder: Path, place: str) -> Path:
    """The file of a section or a subclass."""
    return folder / f"cpc-scheme-{place}.xml"


def change(folder: Path, place: str, old: str, new: str) -> None:
    """Changes a text that a file has once."""
    path = file(folder, place)
    text = path.read_text("utf-8")
    assert text.count(old) == 1, text.count(old)
    path.write_text(text.replace(old, new), "utf-8")


def named(symbol: str) -> str:
    """What stands in an item right before its title."""
    return f"<classification-symbol>{symbol}</classification-symbol>"


def notes(*paragraphs: str, kind: str = "note") -> str:
    """Notes of a kind, as they stand behind a title."""
    return (
        f'<notes-and-warnings><note type="{kind}">{"".join(paragraphs)}</note></notes-and-warnings>'
    )


def change_item(folder: Path, symbol: str, old: str, new: str) -> None:
    """Changes what a pattern finds in the line of an item in its file."""
    path = file(folder, symbol[:4] if "/" in symbol else symbol[0])
    lines = path.read_text("utf-8").split("\n")
    (at,) = (i for i, line in enumerate(lines) if named(symbol) in line)
    assert re.search(old, lines[at])
    lines[at] = re.sub(old, lambda _: new, lines[at], count=1)
    path.write_text("\n".join(lines), "utf-8")


def packed(folder: Path, within: str = "") -> Path:
    """The files of a folder as a zip."""
    made = folder.with_suffix(".zip")
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, within + path.name)
    return made
