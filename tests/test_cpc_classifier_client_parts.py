"""Filings cut into requests: none is lost, the order is kept, no limit is passed."""

from __future__ import annotations

import json

import pytest
from client_doubles import PROVENANCE, result_of
from hypothesis import given
from hypothesis import strategies as st

from cpc_classifier.client_calls import Options, Room, suggest_call
from cpc_classifier.client_parts import Cutter, Packed, Part
from cpc_classifier.errors import BadRequestError, FilingError, FilingTooLargeError
from cpc_classifier.filing import Filing, Item, Unreadable

OPTIONS = Options(None, 1000, 0.123456789012345678)
TEXTS = st.one_of(st.text(max_size=60), st.integers(0, 2000).map(lambda size: "é" * size))
ITEMS = st.one_of(
    st.builds(Filing, st.text(max_size=5), title=TEXTS, description=TEXTS),
    st.builds(Unreadable, st.text(max_size=5), st.just(FilingError("broken"))),
)


def cut(items: list[Item], room: Room, at_once: int) -> list[Part]:
    cutter = Cutter(room, at_once)
    found = [part for item in items for part in cutter.add(item)]
    return [*found, *cutter.rest()]


@given(st.lists(ITEMS, max_size=40), st.integers(300, 3000), st.integers(1, 9), st.integers(1, 9))
def test_every_filing_travels_once_and_fits(
    items: list[Item], body_bytes: int, most: int, at_once: int
) -> None:
    parts = cut(items, Room(body_bytes, most), at_once)
    entries = [entry for part in parts for entry in part.entries]
    assert [entry.id for entry in entries] == [item.id for item in items]
    for part in parts:
        assert 1 <= len(part.entries) <= min(most, at_once)
        if part.bodies:
            body = suggest_call(part.bodies, OPTIONS).body
            assert len(body) <= body_bytes
            assert len(json.loads(body)["filings"]) == len(part.bodies)
    for item, entry in zip(items, entries, strict=True):
        if isinstance(item, Unreadable):
            assert entry is item
        elif isinstance(entry, Packed):
            sent = json.loads(entry.data)
            assert sent["title"] == item.title
            assert sent.get("description", "") == item.description
        else:
            assert isinstance(entry, Unreadable)
            assert isinstance(entry.error, FilingTooLargeError)
            assert len(item.title) + len(item.description) > (body_bytes - 400) / 6


def test_a_full_request_does_not_wait_for_the_next_filing() -> None:
    cutter = Cutter(Room(10_000, 10), 2)
    assert list(cutter.add(Filing("A", title="a"))) == []
    [part] = cutter.add(Filing("B", title="b"))
    assert [entry.id for entry in part.entries] == ["A", "B"]
    assert list(cutter.rest()) == []


def test_requests_stay_small_whatever_the_service_takes() -> None:
    filings: list[Item] = [Filing(str(i), description="x" * 2_000_000) for i in range(10)]
    sizes = [sum(map(len, part.bodies)) for part in cut(filings, Room(2**30, 1000), 64)]
    assert len(sizes) == 3
    assert max(sizes) <= 8 * 2**20


def test_half_a_surrogate_pair_travels_escaped() -> None:
    [part] = cut([Filing("A", title="half \ud83d")], Room(10_000, 10), 2)
    assert json.loads(part.bodies[0])["title"] == "half \ud83d"


def test_results_carry_the_senders_ids_and_hide_the_texts() -> None:
    broken = Unreadable("B", FilingError("broken"))
    [part] = cut([Filing("A" * 300, title="secret"), broken], Room(10_000, 10), 2)
    first, second = part.results([result_of("0")], PROVENANCE)
    assert (first.id, second.id) == ("A" * 300, "B")
    assert (second.error, second.provenance) == (broken.error, PROVENANCE)
    assert "secret" not in repr(part)


def test_at_least_one_is_sent_at_once() -> None:
    with pytest.raises(BadRequestError, match="at_once is 0"):
        Cutter(Room(10_000, 10), 0)
