"""The filings that `throughput.py` measures with: real ones where they are at hand."""

from __future__ import annotations

import gzip
import itertools
import json
import random
from pathlib import Path

from machine import SHARED, stop

REAL = SHARED / "data" / "patents" / "unlabelled.jsonl.gz"
SEED = 7
SYLLABLES = "ba de fi go lu ma ne pi ro su ta ve zi ko la mu ni pe ra so".split()
DECILES = {
    "title": (8, 38, 47, 53, 60, 67, 75, 84, 95, 111, 319),
    "abstract": (0, 332, 428, 507, 585, 661, 738, 826, 910, 999, 2868),
    "claims": (0, 932, 2779, 3532, 4223, 5012, 5781, 6000, 6000, 6000, 6000),
}
"""Characters in each field of 2,000 real US filings: minimum, deciles, maximum."""


def write_filings(path: Path, count: int, synthetic: bool) -> str:
    """Writes `count` filings as JSON lines.

    Args:
        path: the file to write.
        count: at least 1.
        synthetic: invented words even where real filings are at hand.

    Returns:
        What they are, for the report.
    """
    if synthetic or not REAL.exists():
        dice = random.Random(SEED)
        made = (json.dumps(_invented(dice, number)) for number in range(count))
        path.write_text("".join(f"{line}\n" for line in made), encoding="utf-8")
        return f"{count:,} synthetic filings: invented words, lengths distributed as in real ones"
    with gzip.open(REAL, "rt", encoding="utf-8") as file:
        lines = list(itertools.islice(file, count))
    if len(lines) < count:
        stop(f"{REAL} has {len(lines):,} filings, {count:,} were asked for: use --synthetic")
    path.write_text("".join(lines), encoding="utf-8")
    return f"the first {count:,} filings of {REAL.name}"


def _invented(dice: random.Random, number: int) -> dict[str, str]:
    fields = {name: _text(dice, _drawn(dice, deciles)) for name, deciles in DECILES.items()}
    return {"id": f"X{number}"} | fields


def _drawn(dice: random.Random, deciles: tuple[int, ...]) -> int:
    """A length whose distribution has these deciles."""
    step, rest = divmod(dice.random() * (len(deciles) - 1), 1)
    low, high = deciles[int(step) : int(step) + 2]
    return round(low + rest * (high - low))


def _text(dice: random.Random, characters: int) -> str:
    words: list[str] = []
    length = 0
    while length < characters:
        words.append("".join(dice.choices(SYLLABLES, k=dice.choice((1, 2, 2, 3, 4)))))
        length += len(words[-1]) + 1
    return " ".join(words)[:characters]
