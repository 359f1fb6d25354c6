"""A difference of two releases as a page to read: one HTML file, no script, nothing loaded.

A picture of the whole scheme shows which subclasses changed how much: a strip a section, a box a
subclass, as wide as its symbols, as dark as the share of them that changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from taxonomy.diff import KINDS, TaxonomyDiff
from taxonomy.flags import named

__all__ = ["report"]

WIDTH = 1080
STRIP = 44
BAR = 18
SHADES = (
    (0.0, "#f2f2f0", "unchanged"),
    (1e-9, "#d6e6f2", "up to 1 %"),
    (0.01, "#9ecae1", "up to 5 %"),
    (0.05, "#4292c6", "up to 20 %"),
    (0.20, "#08519c", "up to half"),
    (0.50, "#08224f", "more"),
)
"""Changes a symbol from which a shade begins, the shade, and what it means."""
COLOURS = {
    "added": "#0072b2", "deleted": "#d55e00", "retitled": "#999999", "moved": "#cc79a7",
    "redotted": "#009e73", "reflagged": "#e69f00",
}  # fmt: skip
MOST_BARS = 30
_STYLE = """
body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:1080px;padding:0 1rem;
color:#1a1a1a;background:#fff}h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}
table{border-collapse:collapse;width:100%}td,th{padding:.2rem .6rem;text-align:left;
border-bottom:1px solid #ddd;vertical-align:top}td.n,th.n{text-align:right;
font-variant-numeric:tabular-nums}svg{width:100%;height:auto;display:block}
summary{cursor:pointer;padding:.4rem 0}code{white-space:nowrap}
.key span{display:inline-block;margin-right:1rem}.key i{display:inline-block;width:.9em;
height:.9em;margin-right:.35em;border:1px solid #888;vertical-align:-.1em}
"""


def report(diff: TaxonomyDiff) -> str:
    """The page.

    Args:
        diff: of two releases; its symbols and titles are escaped.
    """
    title = f"CPC {escape(diff.old)} to {escape(diff.new)}"
    parts = (
        f"<h1>{title}</h1>",
        _counts(diff),
        _uncompared(diff),
        "<h2>Which subclasses changed how much</h2>",
        _key((shade, meaning) for _, shade, meaning in SHADES),
        _picture(diff),
        "<h2>The subclasses with most changes</h2>",
        _key((COLOURS[kind], kind) for kind in KINDS),
        _bars(diff),
        _all_subclasses(diff),
        *_lists(diff),
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f'<meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head>'
        f"<body>{''.join(parts)}</body></html>\n"
    )


def _counts(diff: TaxonomyDiff) -> str:
    counts = diff.counts()
    meanings = {
        "added": "symbols that only the new release has",
        "deleted": "symbols that only the old release has",
        "retitled": f"titles that read differently; {counts['reworded']:,} of them in more than "
        "references, braces and case",
        "moved": "symbols below another parent",
        "redotted": "symbols with another number of dots",
        "reflagged": "symbols whose flags changed",
    }
    return _table(
        ("", "", ""), ((kind, f"{counts[kind]:,}", meanings[kind]) for kind in KINDS), {1}
    )


def _uncompared(diff: TaxonomyDiff) -> str:
    if not diff.uncompared:
        return ""
    places = ", ".join(diff.uncompared)
    return f"<p>Not compared, because one release lacks their groups: {escape(places)}.</p>"


def _key(entries: Iterable[tuple[str, str]]) -> str:
    spans = (f'<span><i style="background:{c}"></i>{escape(m)}</span>' for c, m in entries)
    return f'<p class="key">{"".join(spans)}</p>'


def _picture(diff: TaxonomyDiff) -> str:
    tallies = diff.by_subclass()
    sections: dict[str, list[str]] = {}
    for name in diff.sizes:
        sections.setdefault(name[0], []).append(name)
    weights = {name: max(*diff.sizes[name], 1) for name in diff.sizes}
    widest = max((sum(weights[n] for n in names) for names in sections.values()), default=1)
    boxes = []
    for line, (section, names) in enumerate(sections.items()):
        x, y = 24.0, line * (STRIP + 6)
        letter = escape(section)
        boxes.append(f'<text x="0" y="{y + STRIP / 2 + 5}" font-weight="bold">{letter}</text>')
        for name in names:
            width = weights[name] / widest * (WIDTH - 24)
            changes = sum(tallies.get(name, {}).values())
            boxes.append(_box(escape(name), x, y, width, changes, weights[name]))
            x += width
    height = len(sections) * (STRIP + 6)
    return _svg(height, boxes, "Each subclass as wide as its symbols, as dark as its changes")


def _box(name: str, x: float, y: float, width: float, changes: int, symbols: int) -> str:
    share = changes / symbols
    shade = [colour for least, colour, _ in SHADES if share >= least][-1]
    ink = "#fff" if share >= SHADES[3][0] else "#333"
    label = (
        f'<text x="{x + width / 2:.1f}" y="{y + STRIP / 2 + 4}" fill="{ink}" font-size="11" '
        f'text-anchor="middle">{name}</text>'
        if width > 34
        else ""
    )
    return (
        f'<g><title>{name}: {changes:,} changes, {symbols:,} symbols</title><rect x="{x:.2f}" '
        f'y="{y}" width="{width:.2f}" height="{STRIP}" fill="{shade}" stroke="#fff" '
        f'stroke-width=".5"/>{label}</g>'
    )


def _bars(diff: TaxonomyDiff) -> str:
    top = list(diff.by_subclass().items())[:MOST_BARS]
    longest = max((sum(tally.values()) for _, tally in top), default=1)
    drawn = []
    for line, (name, tally) in enumerate(top):
        y, x = line * (BAR + 4), 56.0
        place = escape(name)
        drawn.append(f'<text x="0" y="{y + BAR - 4}" font-size="13">{place}</text>')
        for kind in KINDS:
            width = tally[kind] / longest * (WIDTH - 130)
            drawn.append(
                f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{BAR}" '
                f'fill="{COLOURS[kind]}"><title>{place}: {tally[kind]:,} {kind}</title></rect>'
            )
            x += width
        total = f"{sum(tally.values()):,}"
        drawn.append(f'<text x="{x + 6:.1f}" y="{y + BAR - 4}" font-size="12">{total}</text>')
    return _svg(len(top) * (BAR + 4), drawn, "Changes by kind")


def _svg(height: float, drawn: Iterable[str], told: str) -> str:
    return (
        f'<svg viewBox="0 0 {WIDTH} {max(height, 1)}" role="img" aria-label="{told}" '
        f'font-family="system-ui,sans-serif">{"".join(drawn)}</svg>'
    )


def _all_subclasses(diff: TaxonomyDiff) -> str:
    rows = (
        (name, *map(str, diff.sizes.get(name, ("", ""))), *(str(tally[k]) for k in KINDS))
        for name, tally in diff.by_subclass().items()
    )
    head = ("place", f"symbols {diff.old}", f"symbols {diff.new}", *KINDS)
    return _folded("All places with changes", _table(head, rows, set(range(1, len(head)))))


def _lists(diff: TaxonomyDiff) -> Iterator[str]:
    worded = [(c.symbol, c.old, c.new) for c in diff.retitled if c.worded]
    lists: tuple[tuple[str, Sequence[tuple[str, str, str]], tuple[str, str]], ...] = (
        ("Moved", [(c.symbol, c.old, c.new) for c in diff.moved], ("old parent", "new parent")),
        (
            "Other dots",
            [(c.symbol, str(c.old), str(c.new)) for c in diff.redotted],
            ("old dots", "new dots"),
        ),
        (
            "Other flags",
            [(c.symbol, named(c.old) or "none", named(c.new) or "none") for c in diff.reflagged],
            ("old flags", "new flags"),
        ),
        ("Worded differently", worded, ("old title", "new title")),
    )
    for name, rows, columns in lists:
        if rows:
            yield _folded(f"{name}: {len(rows):,}", _table(("symbol", *columns), rows, set()))
    for name, symbols in (("Added", diff.added), ("Deleted", diff.deleted)):
        if symbols:
            listed = ", ".join(f"<code>{escape(s)}</code>" for s in symbols)
            yield _folded(f"{name}: {len(symbols):,}", f"<p>{listed}</p>")


def _folded(summary: str, inside: str) -> str:
    return f"<details><summary>{escape(summary)}</summary>{inside}</details>"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], numbers: set[int]) -> str:
    def cells(row: Sequence[str], tag: str) -> str:
        return "".join(
            f"<{tag}{' class=n' if i in numbers else ''}>{escape(cell)}</{tag}>"
            for i, cell in enumerate(row)
        )

    body = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in rows)
    top = f"<thead><tr>{cells(head, 'th')}</tr></thead>" if any(head) else ""
    return f"<table>{top}<tbody>{body}</tbody></table>"
