"""What a record's symbols are worth."""

from __future__ import annotations

import pytest
from corpus_records import RECORD

from training.corpus import Known, Trust
from training.corpus.trust import known_of, trust_of

CPC: dict[str, object] = {"cpc": ["A01B1/02"], "cpc_complete": False}
NO_CPC: dict[str, object] = {"cpc": [], "cpc_complete": False}
IPC: dict[str, object] = {"ipc": ["A01B1/02"], "ipc_complete": False}
ALL_IPC: dict[str, object] = {"ipc": ["A01B1/02"], "ipc_complete": True}


@pytest.mark.parametrize(
    ("change", "trust", "known"),
    [
        (CPC | {"cpc_complete": True}, Trust.COMPLETE_CPC, Known.ALL),
        (CPC | ALL_IPC | {"cpc_complete": True}, Trust.COMPLETE_CPC, Known.ALL),
        (CPC, Trust.PARTIAL_CPC, Known.POSITIVES),
        (CPC | ALL_IPC, Trust.PARTIAL_CPC, Known.POSITIVES),
        (NO_CPC | ALL_IPC, Trust.COMPLETE_IPC, Known.IPC),
        (NO_CPC | IPC, Trust.PARTIAL_IPC, Known.POSITIVES),
    ],
)
def test_lists_and_whether_they_are_complete_tell_the_trust_and_what_is_false(
    change: dict[str, object], trust: Trust, known: Known
) -> None:
    record = RECORD | change
    assert (trust_of(record), known_of(record)) == (trust, known)


def test_trusts_stand_in_the_order_of_their_worth() -> None:
    """Of copies the one that comes first here stays: see `duplicates`."""
    assert [str(t) for t in Trust] == ["complete-cpc", "partial-cpc", "complete-ipc", "partial-ipc"]
