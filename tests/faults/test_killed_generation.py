"""A worker dies while a model writes: another goes on, and what was paid for is accounted for."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest

from tests.converse import ConverseServer, called
from tests.converse.turns import CODE
from tests.person import Person
from tests.portal import Portal
from tests.sessions import ready_session

WITHIN = 120
_CALLS = """
import json
from jobs.models import CodeVersion
version = CodeVersion.objects.get(session__uuid="{uuid}", number=2)
calls = [[call.error_code, call.stop_reason] for call in version.attempts.all()]
print(json.dumps([version.state, version.transform, calls]))
"""


@pytest.fixture
def analyst(portal_with_model: Portal) -> Person:
    return Person(portal_with_model.url, "analyst", portal_with_model.accounts["analyst"])


def wait_until(condition: Callable[[], bool]) -> None:
    give_up = time.monotonic() + WITHIN
    while not condition():
        assert time.monotonic() < give_up, "it did not happen in time"
        time.sleep(0.2)


def test_a_worker_killed_while_a_model_writes(
    portal_with_model: Portal, analyst: Person, model: ConverseServer
) -> None:
    session = ready_session(analyst, portal_with_model, CODE, "orders")
    model.script(called(endless=True, piece_seconds=0.05), called(CODE))
    analyst.post(f"{session}generate/", {"prompt": "five orders"})
    wait_until(lambda: model.billed == 1)
    portal_with_model.kill("worker")
    portal_with_model.end_leases()
    portal_with_model.restart("worker")
    wait_until(lambda: "code-live" not in analyst.get(f"{session}code/2/").text)
    told = portal_with_model.manage("shell", "-c", _CALLS.format(uuid=session.strip("/").split("/")[-1]))
    state, transform, calls = json.loads(told.output.strip().splitlines()[-1])
    assert (state, transform) == ("READY", CODE)
    assert calls == [["WORKER_LOST", ""], ["", "tool_use"]]
    assert (model.billed, len(model.requests)) == (2, 2)
