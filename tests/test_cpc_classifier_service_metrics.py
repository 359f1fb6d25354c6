"""The metrics: what each method shows, names by Prometheus's conventions, and bounded labels."""

from __future__ import annotations

import re

import pytest
from counted_metrics import SECRET, Counted, result, use_everything
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from cpc_classifier.errors import EmptyFilingError
from cpc_classifier.service_metrics import LANES, exposition, metrics
from taxonomy.symbol import Rank

UNITS = ("seconds", "tokens", "jobs", "info")


@pytest.fixture
def counted() -> Counted:
    return Counted()


def test_a_request_is_counted_by_route_and_status(counted: Counted) -> None:
    counted.metrics.request("suggest", 429, 0.5)
    labels = {"route": "suggest", "status": "429"}
    assert counted.value("cpc_requests_total", labels) == 1
    assert counted.value("cpc_request_seconds_sum", {"route": "suggest"}) == 0.5


def test_the_queue_is_shown_by_lane_before_anything_waits(counted: Counted) -> None:
    assert [counted.value("cpc_queue_jobs", {"lane": lane}) for lane in LANES] == [0, 0]
    counted.metrics.queue("bulk", 7)
    counted.metrics.waited("bulk", 1.5)
    assert counted.value("cpc_queue_jobs", {"lane": "bulk"}) == 7
    assert counted.value("cpc_wait_seconds_sum", {"lane": "bulk"}) == 1.5


@given(st.lists(st.tuples(st.integers(1, 5_000), st.integers(0, 5_000)), max_size=8))
def test_the_padding_share_follows_from_two_counters(batches: list[tuple[int, int]]) -> None:
    counted = Counted()
    for tokens, padding in batches:
        counted.metrics.batch(2, tokens, tokens + padding)
    text = counted.value("cpc_tokens_total", {"kind": "text"})
    padding = counted.value("cpc_tokens_total", {"kind": "padding"})
    assert text == sum(tokens for tokens, _ in batches)
    assert padding == sum(padding for _, padding in batches)
    assert counted.value("cpc_batch_tokens_sum") == text + padding
    assert counted.value("cpc_batch_tokens_count") == len(batches)
    assert counted.value("cpc_batch_jobs_sum") == 2 * len(batches)


def test_steps_have_their_own_seconds(counted: Counted) -> None:
    counted.metrics.step("tokenise", 0.25)
    assert counted.value("cpc_step_seconds_sum", {"step": "tokenise"}) == 0.25
    assert counted.value("cpc_step_seconds_count", {"step": "run"}) == 0


def test_answers_are_counted_by_decision_and_rank(counted: Counted) -> None:
    failed = result("review", None, EmptyFilingError(SECRET))
    many = [result(), result("review", Rank.SUBCLASS), result("review", None), failed]
    counted.metrics.answered(many)
    wanted = ("assign", "subgroup"), ("review", "subclass"), ("review", "none"), ("error", "none")
    for decision, rank in wanted:
        labels = {"decision": decision, "rank": rank}
        assert counted.value("cpc_answers_total", labels) == 1
    assert counted.value("cpc_errors_total", {"code": "empty_filing"}) == 1


def test_refusals_start_at_zero(counted: Counted) -> None:
    assert counted.value("cpc_refusals_total", {"code": "overloaded"}) == 0
    counted.metrics.refused("overloaded")
    assert counted.value("cpc_refusals_total", {"code": "overloaded"}) == 1


def test_one_bundle_is_in_use_at_a_time(counted: Counted) -> None:
    assert counted.families()["cpc_bundle_info"].samples == []
    for version in ("1", "2"):
        counted.metrics.bundle("tiny", version, "2025.05", version * 64)
    (sample,) = counted.families()["cpc_bundle_info"].samples
    assert sample.value == 1
    assert sample.labels == {
        "name": "tiny",
        "version": "2",
        "release": "2025.05",
        "sha256": "2" * 64,
    }


def test_swaps_and_shadows_are_counted(counted: Counted) -> None:
    counted.metrics.swapped("rolled_back")
    counted.metrics.shadow(30, 2)
    assert counted.value("cpc_swaps_total", {"outcome": "rolled_back"}) == 1
    assert counted.value("cpc_swaps_total", {"outcome": "failed"}) == 0
    assert counted.value("cpc_shadow_answers_total", {"match": "same"}) == 30
    assert counted.value("cpc_shadow_answers_total", {"match": "different"}) == 2


def test_names_follow_the_conventions(counted: Counted) -> None:
    use_everything(counted.metrics)
    families = counted.families()
    assert len(families) >= 15
    for name, family in families.items():
        assert re.fullmatch(r"cpc(_[a-z]+)+", name), name
        assert family.documentation.endswith("."), name
        assert not re.search(r"_(total|count|sum|bucket|created|ms|bytes_total)$", name), name
        if family.type == "counter":
            assert {sample.name for sample in family.samples} == {f"{name}_total"}
        else:
            assert family.type in ("gauge", "histogram")
            assert name.endswith(UNITS), name


def test_nothing_of_a_filing_is_shown(counted: Counted) -> None:
    use_everything(counted.metrics)
    assert SECRET not in generate_latest(counted.registry).decode()


def test_more_of_the_same_makes_no_more_series(counted: Counted) -> None:
    use_everything(counted.metrics)
    once = len(generate_latest(counted.registry).splitlines())
    use_everything(counted.metrics)
    assert len(generate_latest(counted.registry).splitlines()) == once


def test_a_share_of_answers_can_be_asked_for_before_the_first(counted: Counted) -> None:
    labels = {"decision": "assign", "rank": "subgroup"}
    assert counted.value("cpc_answers_total", labels) == 0


def test_the_exposition_is_that_of_the_process() -> None:
    metrics().taken(1)
    names = {f.name for f in text_string_to_metric_families(exposition().decode())}
    assert {"cpc_filings", "cpc_queue_jobs", "process_resident_memory_bytes"} <= names
    assert not [name for name in names if name.endswith("_created")]
