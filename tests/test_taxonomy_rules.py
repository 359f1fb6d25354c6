from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taxonomy import rules
from taxonomy.allocation import Allocation, CombinationSet
from taxonomy.flags import Flag
from taxonomy.rules import ADVICE, ERROR, RULES, check, repair
from taxonomy.symbol import Rank
from taxonomy.transfer import OWN, Transfer
from taxonomy.tree import Taxonomy
from taxonomy.validity import Period, Validity

DAY = date(2030, 6, 1)
FLAGS = {
    "A01B1/06": Flag.FROZEN,
    "A01K5/00": Flag.NOT_ALLOCATABLE,
    "A01K1/01": Flag.ADDITIONAL_ONLY,
    "H01M4/02": Flag.C_SET_BASE | Flag.C_SET_SUBSEQUENT,
    "H01M4/13": Flag.C_SET_SUBSEQUENT,
    "H01M2220/20": Flag.C_SET_SUBSEQUENT,
}


@pytest.fixture(scope="session")
def scheme(mini_scheme: Taxonomy) -> Taxonomy:
    """The mini scheme, with flags that only a scheme XML tells."""
    flags = mini_scheme.flags.copy()
    for symbol, flag in FLAGS.items():
        flags[mini_scheme.row(symbol)] |= np.uint8(flag)
    tree = mini_scheme
    return Taxonomy(tree.release, tree.symbols, tree.parent_rows, tree.ranks, tree.titles, flags)


def allocated(text: str) -> tuple[Allocation, ...]:
    """Allocations from `A01B1/02 IF, A01B1/04 A`: I or A, F or L, each or none."""
    kinds = {"I": "inventive", "A": "additional"}
    positions = {"F": "first", "L": "later"}
    made = []
    for item in text.split(",") if text else ():
        symbol, _, marks = item.strip().partition(" ")
        kind = next((kinds[m] for m in marks if m in kinds), "")
        position = next((positions[m] for m in marks if m in positions), "")
        made.append(Allocation(symbol, kind, position))
    return tuple(made)


def found(text: str, scheme: Taxonomy) -> list[tuple[str, str]]:
    return [(finding.code, finding.symbol) for finding in check(allocated(text), DAY, scheme)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A01B1/02 IF",
        "A01B1/02 IF, A01B1/04 IL, Y02E10/72 AL, H01M2220/20 AL",
        "A01B1/02, A01B1/04, A61B2503/10",
        "Y02E10/72 AF",
        "A01B1/02 A, A01B3/02 A",
        "A01B1/02 F, A01B1/04 I",
        "A01B3/02 L, A01B1/04 L",
    ],
)
def test_what_follows_the_rules_is_not_found_fault_with(text: str, scheme: Taxonomy) -> None:
    given = allocated(text)
    assert check(given, DAY, scheme) == ()
    mended = repair(given, DAY, scheme)
    assert (mended.allocations, mended.mended, mended.left) == (given, (), ())


@pytest.mark.parametrize(
    ("text", "faults", "mended"),
    [
        ("A01B1/023 IF", "unknown-symbol A01B1/023", None),
        ("no-symbol IF", "unknown-symbol no-symbol", None),
        ("A01B IF", "not-allocatable A01B", None),
        ("A01K5/00", "not-allocatable A01K5/00", None),
        ("A01B1/06 IF", "frozen A01B1/06", None),
        ("A01B1/02 IF, Y02E10/72 IL, A61B2503/10 I, A01K1/01 IL",
         "additional-only Y02E10/72; additional-only A61B2503/10; additional-only A01K1/01",
         "A01B1/02 IF, Y02E10/72 AL, A61B2503/10 A, A01K1/01 AL"),
        ("A01B1/02 IF, Y02E10/54 IL", "unknown-symbol Y02E10/54; additional-only Y02E10/54",
         "A01B1/02 IF, Y02E10/54 AL"),
        ("A01B1/02 IF, A01B1/02 IL", "repeated A01B1/02", "A01B1/02 IF"),
        ("A01B1/02 IL, A01B1/04 IL, A01B1/02 IF", "repeated A01B1/02", "A01B1/04 IL, A01B1/02 IF"),
        ("A01B1/02, A01B1/04 IF, A01B1/02 A", "repeated A01B1/02", "A01B1/02, A01B1/04 IF"),
        ("A01B1/02 A, A01B1/02 IF", "additional-too A01B1/02", "A01B1/02 IF"),
        ("Y02E10/72 AF, A01B1/02 I, A01B1/04 I", "additional-first Y02E10/72; no-first A01B1/02",
         "Y02E10/72 AL, A01B1/02 IF, A01B1/04 I"),
        ("A01B1/04 AF, A01B1/02 IF", "additional-first A01B1/04", "A01B1/04 AL, A01B1/02 IF"),
        ("A01B1/02 IF, A01B1/04 IF, A01B3/02 F", "several-first A01B1/04; several-first A01B3/02",
         "A01B1/02 IF, A01B1/04 IL, A01B3/02 L"),
        ("A01B1/02 AF, A01B1/04 AF", "several-first A01B1/04", "A01B1/02 AF, A01B1/04 AL"),
        ("A01B1/02 A, A01B1/04 IL, A01B3/02 I", "no-first A01B1/04",
         "A01B1/02 A, A01B1/04 IF, A01B3/02 I"),
    ],
)  # fmt: skip
def test_faults_are_found_and_mended(
    text: str, faults: str, mended: str | None, scheme: Taxonomy
) -> None:
    expected = [(code, symbol) for code, symbol in (f.split() for f in faults.split("; "))]
    assert found(text, scheme) == expected
    done = repair(allocated(text), DAY, scheme)
    assert done.allocations == allocated(text if mended is None else mended)
    codes = {rule.code for rule in RULES if rule.mended}
    assert [(f.code, f.symbol) for f in done.mended] == [f for f in expected if f[0] in codes]
    assert [(f.code, f.symbol) for f in done.left] == [f for f in expected if f[0] not in codes]


def test_a_symbol_that_becomes_additional_is_no_longer_the_first(scheme: Taxonomy) -> None:
    done = repair(allocated("A61B2503/10 IF, A01B1/02 IL"), DAY, scheme)
    assert done.allocations == allocated("A61B2503/10 AL, A01B1/02 IF")
    codes = [finding.code for finding in done.mended]
    assert codes == ["additional-only", "additional-first", "no-first"]


@pytest.mark.parametrize(
    ("text", "redundant"),
    [
        ("A01B1/02 IF, A01B1/022 IL", "A01B1/02"),
        ("A01B1/00 IF, A01B1/022 IL", "A01B1/00"),
        ("A01B1/00, A01B1/022", "A01B1/00"),
        ("A01B1/00 A, A01B1/022 IF", "A01B1/00"),
        ("A01B1/00 IF, A01B1/022 A", ""),
        ("A01B1/00 IF, A01B1/022", ""),
        ("A01B1/02 IF, A01B1/04 I", ""),
        ("A01B1/022 IF, A01B1/024 I", ""),
        ("A01B1/04 IF, A01B2001/045 A", ""),
        ("A01B1/04 A, A01B2001/045 A", ""),
        ("H01M2220/00 A, H01M2220/20 A", "H01M2220/00"),
        ("Y02E10/70 A, Y02E10/72 A", "Y02E10/70"),
    ],
)
def test_a_group_above_another_is_redundant_unless_it_tells_more(
    text: str, redundant: str, scheme: Taxonomy
) -> None:
    expected = [("redundant", redundant)] if redundant else []
    assert found(text, scheme) == expected
    assert found(", ".join(reversed(text.split(", "))), scheme) == expected
    done = repair(allocated(text), DAY, scheme)
    assert done.allocations == allocated(text)
    assert [f.severity for f in done.left] == [ADVICE] * len(expected)


def test_a_redundant_group_is_named_once_with_one_below_it(scheme: Taxonomy) -> None:
    (finding,) = check(allocated("A01B1/00 IF, A01B1/022 I, A01B1/024 I"), DAY, scheme)
    assert finding.message.startswith("A01B1/00 lies above A01B1/022, which is allocated as well")


@pytest.mark.parametrize(
    ("targets", "words"),
    [
        (["A01B1/02", "A01B1/04"], "; it was transferred to A01B1/02, A01B1/04."),
        (["A01B1/03", "A01B1/04"], "; it was transferred to A01B1/04."),
        ([""], "; it was deleted without a successor."),
        ([], "is not in release 2030.01 of the CPC."),
    ],
)
def test_an_unknown_symbol_is_told_where_it_went(
    targets: list[str], words: str, scheme: Taxonomy
) -> None:
    transfers = {"A01B1/03": [Transfer("A01B1/03", target, OWN, 1.0) for target in targets]}
    (finding,) = check(allocated("A01B1/03 IF"), DAY, scheme, transfers=transfers)
    assert finding.message.startswith("A01B1/03 is not in release 2030.01")
    assert finding.message.endswith(words)


def until(last: date) -> Validity:
    return Validity((Period(date(2013, 1, 1), last),))


def test_a_symbol_must_hold_on_the_day(scheme: Taxonomy) -> None:
    validity = {"A01B1/02": until(date(2030, 5, 31)), "A01B1/04": until(DAY)}
    given = allocated("A01B1/02 IF, A01B1/04 I, A01B3/02 I")
    (finding,) = check(given, DAY, scheme, validity=validity)
    assert (finding.code, finding.severity) == ("not-in-force", ERROR)
    assert finding.message == "A01B1/02 is not in force on 2030-06-01."
    assert check(given, date(2030, 5, 31), scheme, validity=validity) == ()
    assert repair(given, DAY, scheme, validity=validity).left == (finding,)


@pytest.mark.parametrize(
    ("members", "faults"),
    [
        ("H01M4/02, H01M4/13", []),
        ("H01M4/02, H01M4/13, H01M4/02, H01M4/13", []),
        ("H01M4/02, H01M2220/20 I", []),
        ("H01M4/13, H01M4/02", ["base-not-allowed H01M4/13"]),
        ("H01M4/02, H01M10/05", ["subsequent-not-allowed H01M10/05"]),
        ("H01M10/05, H01M4/14", ["unknown-symbol H01M4/14", "base-not-allowed H01M10/05"]),
        ("H01M4/02", ["short-set H01M4/02"]),
        ("H01M, H01M4/13", ["not-allocatable H01M", "base-not-allowed H01M"]),
    ],
)
def test_the_members_of_a_set_must_be_allowed_in_their_places(
    members: str, faults: list[str], scheme: Taxonomy
) -> None:
    combination = CombinationSet(allocated(members), 3)
    findings = check((), DAY, scheme, [combination])
    assert [f"{f.code} {f.symbol}" for f in findings] == faults
    assert all(f.message.startswith(f"combination set 3: {f.symbol} ") for f in findings)
    assert repair((), DAY, scheme, [combination]).left == findings


def test_a_set_without_members_and_number_is_named_by_its_place(scheme: Taxonomy) -> None:
    fit = CombinationSet(allocated("H01M4/02, H01M4/13"))
    (finding,) = check((), DAY, scheme, [fit, CombinationSet(())])
    assert finding.message.startswith("combination set 2: nothing stands alone")


def test_without_flags_of_combination_sets_they_are_not_judged_by_them(
    mini_scheme: Taxonomy,
) -> None:
    combination = CombinationSet(allocated("H01M4/13, H01M10/05, A01B1/023"))
    (finding,) = check((), DAY, mini_scheme, [combination])
    assert (finding.code, finding.symbol) == ("unknown-symbol", "A01B1/023")


def test_what_lies_deeper_than_the_release_is_here_is_not_looked_up(scheme: Taxonomy) -> None:
    shallow = scheme.up_to(Rank.MAIN_GROUP)
    findings = found("A01B1/02 IF, A01B1/023 I, Y02E10/72 I, A01B7/00 I", shallow)
    assert findings == [("unknown-symbol", "A01B7/00"), ("additional-only", "Y02E10/72")]


def test_the_table_of_the_package_tells_the_rules() -> None:
    table = [line.split() for line in (rules.__doc__ or "").splitlines() if line[:4] == "    "][1:]
    told = [(row[0], row[1], row[2] == "yes") for row in table]
    assert told == [(rule.code, rule.severity, rule.mended) for rule in RULES]
    assert all(rule.source for rule in RULES)
    assert {rule.severity for rule in RULES} == {ERROR, ADVICE}


SYMBOLS = st.sampled_from(
    [
        "A01B", "A01B1/00", "A01B1/02", "A01B1/022", "A01B1/04", "A01B2001/045", "A01B1/06",
        "A01B1/023", "A01K1/01", "A01K5/00", "H01M4/02", "H01M4/13", "H01M10/05", "H01M10/0525",
        "H01M2220/20", "A61B2503/10", "Y02E10/70", "Y02E10/72", "Y02E10/99", "A01C2001/048", "none",
    ]
)  # fmt: skip
ALLOCATIONS = st.lists(
    st.builds(
        Allocation,
        SYMBOLS,
        st.sampled_from(["inventive", "additional", ""]),
        st.sampled_from(["first", "later", ""]),
        st.sampled_from(["", "2013.01"]),
    ),
    max_size=12,
)
SETS = st.lists(
    st.builds(CombinationSet, st.lists(st.builds(Allocation, SYMBOLS), max_size=4).map(tuple)),
    max_size=2,
)
TRANSFERS = {"A01B1/023": [Transfer("A01B1/023", "A01B1/02", OWN, 1.0)]}
VALIDITY = {"A01B1/04": until(date(2029, 1, 1))}


@given(ALLOCATIONS, SETS)
def test_a_repair_mends_what_it_says_and_invents_nothing(
    scheme: Taxonomy, allocations: list[Allocation], combinations: list[CombinationSet]
) -> None:
    before = check(allocations, DAY, scheme, combinations, TRANSFERS, VALIDITY)
    done = repair(allocations, DAY, scheme, combinations, TRANSFERS, VALIDITY)
    after = check(done.allocations, DAY, scheme, combinations, TRANSFERS, VALIDITY)
    assert after == done.left
    assert not [finding for finding in after if finding.rule.mended]
    assert all(finding.rule.mended for finding in done.mended)
    again = repair(done.allocations, DAY, scheme, combinations, TRANSFERS, VALIDITY)
    assert (again.allocations, again.mended, again.left) == (done.allocations, (), done.left)
    assert {a.symbol for a in done.allocations} == {a.symbol for a in allocations}
    assert {(a.symbol, a.version) for a in done.allocations} <= {
        (a.symbol, a.version) for a in allocations
    }
    rest = iter(allocations)
    assert all(any(a.symbol == b.symbol for b in rest) for a in done.allocations)
    said = {(a.symbol, a.kind) for a in allocations}
    assert all((a.symbol, a.kind) in said for a in done.allocations if a.kind != "additional")
    if not any(finding.rule.mended for finding in before):
        assert done.allocations == tuple(allocations)
    firsts = [a for a in done.allocations if a.position == "first"]
    if any(a.kind == "inventive" for a in done.allocations):
        assert len(firsts) == 1
        assert firsts[0].kind != "additional"
    for finding in (*before, *done.mended, *after):
        assert finding.symbol in finding.message
        assert finding.message.endswith(".")
        assert "\n" not in finding.message
