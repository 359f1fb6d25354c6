"""Guesses for deleted symbols: the renamed successor is found, and a guess is told as one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mini_scheme import edited, later_scheme
from numpy.typing import NDArray

from taxonomy.errors import ReleaseFileError
from taxonomy.infer import FEATURES, NEAREST, WEIGHTS, Evidence, candidates, gather, infer
from taxonomy.structure import read_structure
from taxonomy.transfer import INFERRED
from taxonomy.tree import SchemeEntry, Taxonomy

GONE = "A01B3/041"


def release(*groups: str) -> Taxonomy:
    """A release with these groups of A01B and A01K, written as symbol, dots and title."""
    rows = [group.split(" ", 2) for group in groups]
    entries = [SchemeEntry("A", -1, "Daily life"), SchemeEntry("A01", -1, "Plants and animals")]
    for subclass, title in (("A01B", "Turning the soil"), ("A01K", "Keeping animals")):
        entries.append(SchemeEntry(subclass, -1, title))
        entries += [SchemeEntry(s, int(d), t) for s, d, t in rows if s.startswith(subclass)]
    return Taxonomy.from_entries("2030.01", entries)


OLD = release(
    "A01B1/00 0 Spades", "A01B1/02 1 of iron", "A01B1/04 1 of wood",
    "A01B3/00 0 Ploughs", "A01B3/02 1 Ploughshares that swing on a hinge",
    "A01K1/00 0 Stables", "A01K1/02 1 Troughs",
)  # fmt: skip
NEW = release(
    "A01B1/00 0 Spades", "A01B1/02 1 of iron", "A01B1/04 1 of wood",
    "A01B3/00 0 Ploughs", "A01B3/05 1 Their wheels", "A01B3/06 1 Hinged ploughshares",
    "A01K1/00 0 Stables", "A01K1/02 1 Troughs", "A01K1/03 1 Lamps",
)  # fmt: skip


def evidence_of(
    old: Taxonomy, gone: NDArray[np.int32], new: Taxonomy, added: NDArray[np.bool_]
) -> Evidence:
    return gather(old, gone, new, candidates(old, gone, new, added), added, {})


def test_a_deleted_symbol_finds_its_renamed_successor() -> None:
    ((symbol, found),) = infer(["A01B3/02"], OLD, NEW).items()
    assert symbol == "A01B3/02"
    assert found[0].target == "A01B3/06"
    assert found[0].confidence > 2 * found[1].confidence
    assert len(found) == 3


def test_a_whole_main_group_that_moved_finds_its_places(mini_scheme: Taxonomy) -> None:
    renamed = {s: f"H01M60{s[7:]}" for s in mini_scheme.symbols if s.startswith("H01M10/")}
    new = Taxonomy(
        "2030.05",
        [renamed.get(s, s) for s in mini_scheme.symbols],
        mini_scheme.parent_rows,
        mini_scheme.ranks,
        mini_scheme.titles,
    )
    found = infer(renamed, mini_scheme, new)
    assert {symbol: told[0].target for symbol, told in found.items()} == renamed
    assert min(told[0].confidence for told in found.values()) > 0.5


def test_a_definition_speaks_for_its_symbol() -> None:
    definitions = {"A01B3/05": "Ploughshares that swing on a hinge, and what carries them."}
    (without,) = infer(["A01B3/02"], OLD, NEW, most=9).values()
    (with_,) = infer(["A01B3/02"], OLD, NEW, definitions, most=9).values()
    before, after = ({t.target: t.confidence for t in told} for told in (without, with_))
    assert after["A01B3/05"] > before["A01B3/05"]
    assert after["A01B3/06"] == before["A01B3/06"]


def test_symbols_that_are_there_or_never_were_get_no_guess(mini_scheme: Taxonomy) -> None:
    new = later_scheme()
    assert infer(["A01B1/00", "H01M", "A01B9/99", "no symbol"], mini_scheme, new) == {}
    assert list(infer(["A01B1/00", GONE], mini_scheme, new)) == [GONE]
    whole = {"H04L", *mini_scheme.descendants("H04L")}
    assert infer(["H04L"], mini_scheme, edited(mini_scheme, whole)) == {}


def test_a_guess_does_not_depend_on_what_else_is_asked(mini_scheme: Taxonomy) -> None:
    new = later_scheme()
    together = infer([GONE, "A61B2503/00", "A61B2503/10"], mini_scheme, new)
    assert together == infer(reversed(list(together)), mini_scheme, new)
    for symbol, told in together.items():
        assert infer([symbol], mini_scheme, new) == {symbol: told}
        assert infer([symbol], mini_scheme, new, most=1) == {symbol: told[:1]}


@given(st.data())
@settings(max_examples=40)
def test_guesses_are_sorted_confidences_of_other_groups(
    mini_scheme: Taxonomy, data: st.DataObject
) -> None:
    groups = st.sampled_from([s for s in mini_scheme.symbols if "/" in s])
    old, new = (
        edited(
            mini_scheme,
            data.draw(st.sets(groups, max_size=30)),
            data.draw(st.dictionaries(groups, st.sampled_from(["", "Stalls (A01B1/00)", "日本"]))),
        )
        for _ in range(2)
    )
    for symbol, told in infer(old.symbols, old, new, most=4).items():
        assert symbol in old
        assert symbol not in new
        targets = [transfer.target for transfer in told]
        assert len(targets) == len(set(targets)) <= 4
        assert all("/" in target and target in new for target in targets)
        confidences = [transfer.confidence for transfer in told]
        assert confidences == sorted(confidences, reverse=True)
        assert all(0 < confidence < 1 for confidence in confidences)
        assert all((t.symbol, t.source, t.reason) == (symbol, INFERRED, "") for t in told)


def test_confidence_never_reaches_its_bounds() -> None:
    spades = ("A01B1/00 0 Spades", "A01B1/02 1 of iron")
    old = release(*spades, "A01K1/00 0 Stables", "A01K1/02 1 Troughs")
    new = release(*spades, "A01K1/00 0 Stables")
    ((only,),) = infer(["A01K1/02"], old, new).values()
    assert 0 < only.confidence < 0.01


def test_no_candidate_gives_an_empty_answer(mini_scheme: Taxonomy) -> None:
    whole = {"H04L", *mini_scheme.descendants("H04L")}
    new = edited(mini_scheme, whole)
    assert infer(["H04L9/08"], mini_scheme, new) == {"H04L9/08": ()}


def test_a_subclass_whose_groups_are_missing_is_not_guessed_about(mini_scheme: Taxonomy) -> None:
    groups = set(mini_scheme.descendants("H01M"))
    lacking = edited(mini_scheme, groups)
    assert infer(groups, mini_scheme, lacking) == {}
    # Nor do its groups look as if they had been added where the old release lacks them.
    old, new = edited(mini_scheme, groups), edited(mini_scheme, {GONE})
    (told,) = infer([GONE], old, new, most=99).values()
    assert {transfer.target[:4] for transfer in told} == {"A01B"}


def test_releases_of_different_depth_are_refused(mini_scheme: Taxonomy) -> None:
    with pytest.raises(ReleaseFileError, match="cannot be compared"):
        infer([GONE], mini_scheme, read_structure())


def test_the_evidence_has_a_column_for_each_weight() -> None:
    added = OLD.find(NEW.symbols) < 0
    evidence = evidence_of(OLD, OLD.rows(["A01B3/02"]), NEW, added)
    assert evidence.rows.dtype == np.int32
    assert evidence.features.dtype == np.float32
    assert evidence.features.shape == (*evidence.rows.shape, len(FEATURES))
    assert WEIGHTS.shape == (len(FEATURES),)
    told = dict(zip((NEW.symbols[r] for r in evidence.rows[0]), evidence.features[0], strict=True))
    assert set(told) == {s for s in NEW.symbols if s[:4] == "A01B" and "/" in s} | {"A01K1/03"}
    as_told = {name: i for i, name in enumerate(FEATURES)}
    for symbol, (subclass, group, new) in {
        "A01B3/06": (1, 1, 1), "A01B1/02": (1, 0, 0), "A01K1/03": (0, 0, 1), "A01B3/00": (1, 1, 0),
    }.items():  # fmt: skip
        row = told[symbol]
        assert row[as_told["subclass"]] == subclass
        assert row[as_told["main group"]] == group
        assert row[as_told["added"]] == new
    assert told["A01B3/06"][as_told["title"]] > told["A01B3/05"][as_told["title"]] == 0
    assert np.all((evidence.features >= 0) & (evidence.features < 1.001))


def test_what_lay_below_a_deleted_symbol_is_its_child() -> None:
    old = release("A01B1/00 0 Spades", "A01B1/02 1 of metal", "A01B1/03 2 of iron", "A01B1/04 1 x")
    new = release("A01B1/00 0 Spades", "A01B1/03 1 of iron", "A01B1/04 1 x")
    evidence = evidence_of(old, old.rows(["A01B1/02"]), new, np.zeros(len(new), bool))
    child = evidence.features[0, :, FEATURES.index("child")]
    assert [new.symbols[row] for row in evidence.rows[0, child > 0]] == ["A01B1/03"]


def test_same_titles_are_told_whatever_stands_above_them() -> None:
    old = release("A01B1/00 0 Spades", "A01K5/00 0 Trough (A01K7/00)")
    new = release("A01B1/00 0 Spades", "A01B7/00 0 {TROUGHS}", "A01K1/00 0 Stables")
    evidence = evidence_of(old, old.rows(["A01K5/00"]), new, old.find(new.symbols) < 0)
    same = evidence.features[0, :, FEATURES.index("same title")]
    assert [new.symbols[row] for row in evidence.rows[0, same > 0]] == ["A01B7/00"]


def test_only_the_nearest_of_many_candidates_are_scored() -> None:
    many = [f"A01K{n}/00 0 Lamp number {n}" for n in range(2, 2 * NEAREST)]
    old = release("A01B1/00 0 Spades", "A01K1/00 0 Stables", "A01K999/00 0 Lamp number 77")
    new = release("A01B1/00 0 Spades", "A01K1/00 0 Stables", *many)
    added = np.zeros(len(new), bool)
    evidence = evidence_of(old, old.rows(["A01K999/00"]), new, added)
    assert evidence.rows.shape == (1, NEAREST)
    assert new.symbols[evidence.rows[0, 0]] == "A01K77/00"


@pytest.mark.parametrize("groups", [3, 2 * NEAREST])
def test_a_symbol_that_is_still_there_is_no_candidate_of_itself(groups: int) -> None:
    tree = release(
        *(f"A01B{n}/00 0 Spade number {n}" for n in range(1, groups + 1)), "A01K1/00 0 x"
    )
    rows = tree.rows([s for s in tree.symbols if s.startswith("A01B") and "/" in s])
    evidence = evidence_of(tree, rows, tree, np.zeros(len(tree), bool))
    assert evidence.rows.shape == (groups, min(NEAREST, groups - 1))
    assert not (evidence.rows == rows[:, None]).any()


def test_the_only_group_has_no_candidate_but_itself() -> None:
    tree = release("A01B1/00 0 Spades", "A01K1/00 0 Stables")
    added = np.zeros(len(tree), bool)
    for rows in (tree.rows(["A01B1/00"]), np.empty(0, np.int32)):
        evidence = evidence_of(tree, rows, tree, added)
        assert evidence.rows.shape == (len(rows), 0)
        assert evidence.features.shape == (len(rows), 0, len(FEATURES))
