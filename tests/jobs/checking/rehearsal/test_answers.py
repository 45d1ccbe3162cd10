"""What comes out of the confinement is taken for text of known shapes, whatever the code inside made of it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jobs.checking.rehearsal.answers import MAX_TEXT, not_available, sound

_DONE: dict[str, Any] = {
    "state": "done",
    "seconds": 0.1,
    "needs_rows": False,
    "schema": [{"name": "id", "type": "bigint", "nullable": True}],
    "read": ["orders"],
    "scans": [{"alias": "orders", "columns": ["id"], "pushed": [], "filtered_after": []}],
    "joins": [],
    "ordering": [],
    "limit": None,
    "lineage": [{"column": "id", "from": [{"alias": "orders", "column": "id"}]}],
    "steps": [{"id": 0, "kind": "source", "details": ["orders"], "inputs": []}],
    "patterns": [],
}


def _sound(**changes: Any) -> Any:
    return sound(json.dumps(_DONE | changes).encode())


def test_an_answer_in_shape_stays_as_it_is() -> None:
    assert sound(json.dumps(_DONE).encode()) == _DONE


def test_what_only_newer_facts_hold_is_kept_in_shape() -> None:
    step = {"id": 0, "kind": "inner join", "details": [], "inputs": [], "join": 3, "scan": "7", "more": None, "evil": 1}

    told = _sound(facts=2, steps_left_out=4, steps=[step])

    assert (told["facts"], told["steps_left_out"]) == (2, 4)
    assert told["steps"] == [{"id": 0, "kind": "inner join", "details": [], "inputs": [], "join": 3, "scan": 7}]


@pytest.mark.parametrize(
    "answer",
    [
        b"{",
        b"[]",
        b"null",
        b'{"state": "done"}',
        b'{"state": "failed"}',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"seconds": "x"}',
        json.dumps(_DONE | {"limit": 1e400}).encode(),
    ],
)
def test_an_answer_out_of_shape_is_none(answer: bytes) -> None:
    assert sound(answer) == {"state": "unreadable"}


def test_no_answer_is_a_rehearsal_that_was_lost() -> None:
    assert sound(b"") == {"state": "gone"}


def test_texts_and_lists_are_cut_and_strange_fields_left_behind() -> None:
    told = _sound(read=["x" * 10_000] * 10_000, evil={"a": 1})

    assert len(told["read"]) == 2_000
    assert len(told["read"][0]) == MAX_TEXT
    assert "evil" not in told


def test_zero_bytes_which_no_database_takes_are_left_out() -> None:
    assert _sound(ordering=["a\x00b"])["ordering"] == ["ab"]


def test_a_word_that_nobody_knows_is_no_state() -> None:
    assert not_available("<script>") == {"state": "unreadable"}
