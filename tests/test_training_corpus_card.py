"""The data card: counts, and nothing that anyone wrote."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from cpc_classifier.filing import Filing
from cpc_classifier.hierarchy import Hierarchy
from cpc_classifier.labels import LabelIndex
from taxonomy.symbol import Rank
from taxonomy.tree import Taxonomy
from training.corpus import Example, Known, Trust
from training.corpus.card import Told, card, write_card
from training.corpus.card_text import SHOWN, _shortened


def _examples(taxonomy: Taxonomy, hierarchy: Hierarchy) -> list[Example]:
    found = []
    group = next(s for s in taxonomy.symbols if taxonomy.rank(s) == Rank.SUBGROUP)
    subclass = next(s for s in taxonomy.symbols if taxonomy.rank(s) == Rank.SUBCLASS)
    for i, (symbol, trust) in enumerate(
        [(group, Trust.COMPLETE_CPC), (group, Trust.PARTIAL_IPC), (subclass, Trust.PARTIAL_IPC)]
    ):
        above = taxonomy.roll_up(symbol, min(taxonomy.rank(symbol), Rank.MAIN_GROUP))
        rows = hierarchy.closure([hierarchy.symbols.index(above)])
        text = "Xylophone " * i
        filing = Filing(str(i), title="Zither", abstract=text, language="ko" if i else "en",
                        publication_date="2015-03-02" if i else "")  # fmt: skip
        found.append(
            Example(filing, (symbol,), rows, rows[-1:], Known.POSITIVES, "invented", trust)
        )
    return found


def test_every_filing_is_counted_once_in_each_part(mini_scheme: Taxonomy) -> None:
    hierarchy = LabelIndex.from_taxonomy(mini_scheme).to_hierarchy()
    found = card(_examples(mini_scheme, hierarchy), mini_scheme, hierarchy)
    assert found["trust"] == {"partial-ipc": 2, "complete-cpc": 1}
    assert found["language"] == {"ko": 2, "en": 1}
    assert found["decade"] == {"2010s": 2, "unknown": 1}
    assert found["fields"]["title"] == {"filings": 3, "median_chars": 6, "most_chars": 6}
    assert found["fields"]["abstract"]["filings"] == 2
    assert found["fields"]["claims"] == {"filings": 0}
    assert found["title_only"] == 1
    assert [found["ranks"][r.label]["filings"] for r in Rank] == [3, 3, 3, 2, 2]
    assert found["ranks"]["subgroup"]["with_examples"] == 1
    subclasses = hierarchy.rows_at(Rank.SUBCLASS)
    assert found["subclasses"]["most_examples"] in (2, 3)
    assert len(found["subclasses"]["tail"]) == len(subclasses)


def test_the_card_on_disk_holds_no_text(mini_scheme: Taxonomy, tmp_path: Path) -> None:
    hierarchy = LabelIndex.from_taxonomy(mini_scheme).to_hierarchy()
    examples = _examples(mini_scheme, hierarchy)
    fates = {"cpc": {"unchanged": {"symbols": 2, "mentions": 1234}}, "ipc": {}}
    told = Told({"copies of others": 7}, fates, {"title": 61}, {"complete_cpc": 0.5})
    write_card(examples, examples[:1], told, mini_scheme, hierarchy, tmp_path / "card")
    assert {p.name for p in (tmp_path / "card").iterdir()} == {"corpus.json", "corpus.md"}
    both = "".join(p.read_text(encoding="utf-8") for p in (tmp_path / "card").iterdir())
    assert "Xylophone" not in both
    assert "Zither" not in both
    lines = (tmp_path / "card" / "corpus.md").read_text(encoding="utf-8").splitlines()
    assert "| copies of others | 7 |" in lines
    assert "| partial-ipc | 2 | 0 |" in lines
    assert "| complete-cpc | 1 | 1 |" in lines
    assert "| unchanged | 2 | 1,234 |" in lines
    assert "| title | 61 |" in lines
    assert "| complete_cpc | 0.5 |" in lines
    kept = json.loads((tmp_path / "card" / "corpus.json").read_text(encoding="utf-8"))
    assert kept["validate"]["filings"] == 1
    assert np.isclose(kept["learnt"]["filings"], 3)
    assert kept["symbols"] == fates


def test_a_long_table_is_cut_and_its_rest_added_up() -> None:
    rows = [(f"s{i}", 2, 1) for i in range(SHOWN + 5)]
    shown = _shortened(rows)
    assert len(shown) == SHOWN + 1
    assert shown[-1] == ("5 others", 10, 5)
    assert _shortened(rows[:SHOWN]) == rows[:SHOWN]
