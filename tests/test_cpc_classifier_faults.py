from __future__ import annotations

import json

from cpc_classifier.faults import place

SECRET = "zanzibarquokka"


def inner() -> None:
    raise ValueError(f"a text with {SECRET} in it")


def outer() -> None:
    inner()


def test_a_place_is_told_from_the_inside_and_without_the_message() -> None:
    try:
        outer()
    except ValueError as error:
        told = place(error)
    files = [frame.partition(":")[0] for frame in told.split(" < ")]
    assert files == ["test_cpc_classifier_faults.py"] * 3
    lines = [int(frame.partition(":")[2]) for frame in told.split(" < ")]
    assert lines[0] < lines[1] < lines[2]
    assert SECRET not in told


def test_no_more_than_three_frames_are_told() -> None:
    try:
        json.loads("{")
    except ValueError as error:
        told = place(error)
    assert told.startswith("decoder.py:")
    assert len(told.split(" < ")) == 3


def test_an_error_that_was_never_raised_has_no_place() -> None:
    assert place(ValueError(SECRET)) == ""
