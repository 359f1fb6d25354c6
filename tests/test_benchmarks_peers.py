"""The work of the peers, as far as it needs none of their libraries."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp

from cpc_classifier.filing import Filing
from taxonomy.symbol import Rank
from taxonomy.tree import Taxonomy
from training.corpus import Example, Known
from training.evaluation.labelled import Labelled
from training.evaluation.tree import Tree
from training.recipe_file import find_recipe, load_recipe

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.peers.corpus import Corpus, Item, draw, share_of
from benchmarks.peers.examples import Choice, labels_of, rank_of, take
from benchmarks.peers.omikuji_trees import write_examples
from benchmarks.peers.pecos_tree import label_tree
from benchmarks.peers.results import known, table
from benchmarks.peers.scoring import hits, predictions
from benchmarks.peers.tuning import best, read_grids, settings_for, write_json
from benchmarks.peers.words import with_syllable_pairs

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def group(mini_scheme: Taxonomy) -> str:
    return next(s for s in mini_scheme.symbols if mini_scheme.rank(s) == Rank.SUBGROUP)


@pytest.fixture
def corpus(mini_scheme: Taxonomy, group: str) -> Corpus:
    recipe = load_recipe(find_recipe("starter"))
    main = mini_scheme.roll_up(group, Rank.MAIN_GROUP)
    train = (
        Item("a pump", (group,), drawn=0.1),
        Item("a valve", (main,), complete=False, drawn=0.4),
        Item("a rotor", (mini_scheme.roll_up(group, Rank.SUBCLASS),), drawn=0.8),
    )
    labels = (
        Item("pumps", (main,), "title"),
        Item("pumps with rotors", (group,), "title"),
        Item("what moves water", (main,), "definition"),
    )
    return Corpus(recipe, mini_scheme, train, (Item("a seal", (group,), drawn=0.9),), labels)


def test_labels_are_those_of_the_rank_and_nothing_above_it(
    mini_scheme: Taxonomy, group: str
) -> None:
    subclass = mini_scheme.roll_up(group, Rank.SUBCLASS)
    names, matrix = labels_of(Rank.SUBCLASS, [[group], [subclass, group], ["A"]], mini_scheme)
    assert names == [subclass]
    np.testing.assert_array_equal(matrix.toarray(), [[1], [1], [0]])
    names, matrix = labels_of(Rank.SUBGROUP, [[group], [subclass]], mini_scheme)
    assert names == [group]
    np.testing.assert_array_equal(matrix.toarray(), [[1], [0]])


@pytest.mark.parametrize(
    ("choice", "rows"),
    [
        (Choice(titles=""), [0, 1, 2]),
        (Choice(titles="", validated=True), [0, 1, 2, 3]),
        (Choice(titles="", incomplete=False), [0, 2]),
        (Choice(titles="", share=0.5), [0, 1]),
        (Choice(titles="main group"), [0, 1, 2, 4, 6]),
        (Choice(titles="subgroup", definitions=False), [0, 1, 2, 4, 5]),
        (Choice(filings=False, titles="subgroup"), [4, 5, 6]),
    ],
)
def test_settings_choose_the_texts(corpus: Corpus, choice: Choice, rows: list[int]) -> None:
    assert choice.rows(corpus).tolist() == rows


def test_settings_of_the_choice_are_told_from_those_of_the_peer() -> None:
    choice, own = Choice.of({"titles": "subgroup", "C": 0.5}, share=0.25)
    assert choice == Choice(titles="subgroup", share=0.25)
    assert own == {"C": 0.5}


def test_texts_without_a_symbol_of_the_rank_are_no_examples(corpus: Corpus, group: str) -> None:
    rows, names, y = take(corpus, np.array([0, 1, 2, 4, 5]), Rank.SUBGROUP)
    assert rows.tolist() == [0, 5]
    assert names == (group,)
    np.testing.assert_array_equal(y.toarray(), [[1], [1]])


def test_a_smaller_share_lies_in_every_larger_one() -> None:
    rows = np.array([0], np.int32)
    examples = [
        Example(Filing(str(i), title="t"), ("A",), rows, rows, Known.ALL, "invented")
        for i in range(2000)
    ]
    eighth, half = share_of(examples, 0.12, 17), share_of(examples, 0.5, 17)
    assert 0.09 < len(eighth) / 2000 < 0.15
    assert 0.47 < len(half) / 2000 < 0.53
    ids = {e.filing.id for e in half}
    assert {e.filing.id for e in eighth} < ids
    assert {e.filing.id for e in share_of(examples, 0.5, 18)} != ids
    assert share_of(examples, 1.0, 17) == examples
    assert all(draw(e, 17) < 0.12 for e in eighth)
    with pytest.raises(ValueError, match="share 1.5"):
        share_of(examples, 1.5, 17)


def test_the_label_tree_goes_from_the_root_to_the_labels(mini_scheme: Taxonomy) -> None:
    names = [s for s in mini_scheme.symbols if mini_scheme.rank(s) == Rank.MAIN_GROUP]
    chain = label_tree(names, mini_scheme)
    assert len(chain) == 4
    assert chain[0].shape[1] == 1
    assert chain[-1].shape[0] == len(names)
    assert all(a.shape[0] == b.shape[1] for a, b in pairwise(chain))
    for matrix in chain:
        np.testing.assert_array_equal(np.asarray(matrix.sum(axis=1)).ravel(), 1)
    sections = sorted({name[0] for name in names})
    of_first = chain[3][0] @ chain[2] @ chain[1]
    assert sections[int(of_first.toarray().argmax())] == names[0][0]


def test_examples_are_written_without_those_that_say_nothing(tmp_path: Path) -> None:
    x = sp.csr_matrix(np.array([[0.5, 0, 0.25], [0, 0, 0], [0, 1, 0]], np.float32))
    y = sp.csr_matrix(np.array([[1, 1], [1, 0], [0, 0]], np.float32))
    write_examples(tmp_path / "x.txt", x, y)
    assert (tmp_path / "x.txt").read_text() == "1 3 2\n0,1 0:0.50000 2:0.25000\n"


def test_scores_become_guesses_best_first_and_are_judged(mini_scheme: Taxonomy) -> None:
    names = [s for s in mini_scheme.symbols if mini_scheme.rank(s) == Rank.SUBCLASS][:3]
    scores = sp.csr_matrix(np.array([[0.1, 0.7, 0.2], [0, 0, 0.4], [0, 0, 0]], np.float32))
    found = predictions(names, scores, limit=2)
    assert found.ranked(0) == [names[1], names[2]]
    assert found.ranked(1) == [names[2]]
    assert found.ranked(2) == []
    data = [
        Labelled(Filing("1", title="t"), (names[2],), True),
        Labelled(Filing("2", title="t"), (names[2],), False),
        Labelled(Filing("3", title="t"), (names[0],), False),
    ]
    tree = Tree.of(mini_scheme.symbols, mini_scheme.parent_rows)
    told = hits(found, data, tree, Rank.SUBCLASS)
    assert told == {"filings": 3, "first": 0.3333, "three": 0.6667, "ten": 0.6667}
    assert hits(found, data, tree, Rank.SUBGROUP) == {"filings": 0}


def test_a_rank_takes_the_settings_of_the_tuned_one_above_it() -> None:
    tried = [
        {"settings": {"C": 1}, "valid": {"first": 0.5, "three": 0.7}},
        {"settings": {"C": 2}, "valid": {"first": 0.6, "three": 0.7}},
        {"settings": {"C": 3}, "valid": {"first": 0.6, "three": 0.7}},
    ]
    assert [t["settings"]["C"] for t in best(tried)] == [2, 3, 1]
    chosen = {"subclass": best(tried), "main group": tried}
    assert settings_for(chosen, "subclass") == {"C": 2}
    assert settings_for(chosen, "subgroup") == {"C": 1}


def test_grids_name_known_ranks_and_peers(tmp_path: Path) -> None:
    grids = read_grids(ROOT / "benchmarks" / "peers" / "settings.toml")
    for own in grids.values():
        assert all(rank_of(rank) >= Rank.SUBCLASS for rank in own["ranks"])
        assert len(own["grid"]) >= 2
    bad = tmp_path / "settings.toml"
    bad.write_text('[X]\nranks = ["subclass"]\ntuned = ["main group"]\ngrid = []\n')
    with pytest.raises(ValueError, match="X: tuned must have 'subclass'"):
        read_grids(bad)


def test_results_are_a_table(tmp_path: Path) -> None:
    one = {"peer": "A", "share": 1.0, "rank": "subclass", "sets": {"t": {"first": 0.5, "three": 1}}}
    deep = {"peer": "A", "share": 1.0, "rank": "subgroup", "sets": {"t": {"ten": 0.25}}}
    half = one | {"share": 0.5}
    assert table([one, deep, half]).splitlines() == [
        "| peer | t |",
        "|---|---|",
        "| A | 0.500 / 1.000 / – / 0.250 |",
        "| A, 50% of the filings | 0.500 / 1.000 / – / – |",
    ]
    assert known([one, deep], {"peer": "A", "rank": "subgroup"})
    assert not known([one, deep], {"peer": "A", "rank": "main group"})
    write_json(tmp_path / "r.json", [one])
    assert json.loads((tmp_path / "r.json").read_text()) == [one]
    assert [p.name for p in tmp_path.iterdir()] == ["r.json"]


def test_korean_words_are_seen_in_pairs_of_syllables() -> None:
    assert with_syllable_pairs("배터리의 anode 음극") == "배터리의 배터 터리 리의 anode 음극"


def test_importing_needs_no_library_of_a_peer() -> None:
    told = "import sys; import benchmarks.peers.__main__; print(sorted(sys.modules))"
    out = subprocess.run(
        [sys.executable, "-c", told], cwd=ROOT, capture_output=True, check=True, text=True
    ).stdout
    for library in ("omikuji", "pecos", "sklearn", "torch"):
        assert f"'{library}'" not in out
