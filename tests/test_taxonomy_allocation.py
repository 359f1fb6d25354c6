from __future__ import annotations

import dataclasses

import pytest

from taxonomy.allocation import ADDITIONAL, FIRST, INVENTIVE, LATER, Allocation, CombinationSet


def test_what_is_not_told_is_empty() -> None:
    told = Allocation("H01M10/0525", INVENTIVE, FIRST, "2013.01")
    assert dataclasses.astuple(told) == ("H01M10/0525", "inventive", "first", "2013.01")
    assert dataclasses.astuple(Allocation("H01M10/0525")) == ("H01M10/0525", "", "", "")
    assert CombinationSet((told,)).number == 0


def test_allocations_and_sets_do_not_change() -> None:
    one = Allocation("H01M10/0525")
    with pytest.raises(dataclasses.FrozenInstanceError):
        one.symbol = "A"  # type: ignore[misc]
    with pytest.raises(dataclasses.FrozenInstanceError):
        CombinationSet((one,)).number = 2  # type: ignore[misc]


def test_sets_differ_by_their_order_and_keep_what_comes_twice() -> None:
    step, other = Allocation("A01B1/02", INVENTIVE, LATER), Allocation("A01B1/04", ADDITIONAL)
    assert CombinationSet((step, other)) != CombinationSet((other, step))
    assert len({CombinationSet((step, step), 1), CombinationSet((step, step), 1)}) == 1
    assert CombinationSet((step, other, step)).members == (step, other, step)
