"""Processes die at bad moments: the run still ends truthfully, and Spark was started once."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator

import pytest

from tests.person import Person
from tests.portal import Portal
from tests.sessions import ready_session

pytestmark = pytest.mark.spark

WITHIN = 120
TRANSFORM = "def transform(spark, orders):\n    return orders.limit(3)\n"


@pytest.fixture
def analyst(portal: Portal) -> Person:
    return Person(portal.url, "analyst", portal.accounts["analyst"])


@pytest.fixture(autouse=True)
def whole_again(portal: Portal) -> Iterator[None]:
    yield
    for name in ("redis", "worker", "beat"):
        if not portal.is_running(name):
            portal.restart(name)


def state(analyst: Person, run: str) -> str:
    """The word of the run's state, as its page says it."""
    page = analyst.get(f"{run}live/").text
    found = re.search(r'data-run-state="(\w+)"', page)
    assert found, "the page does not say the run's state"
    return found[1]


def wait_until(condition: Callable[[], bool]) -> None:
    give_up = time.monotonic() + WITHIN
    while not condition():
        assert time.monotonic() < give_up, "it did not happen in time"
        time.sleep(0.2)


def spark_starts(portal: Portal, run: str) -> int:
    uuid = run.strip("/").split("/")[1]
    logs = [folder / "stderr" for folder in (portal.var / "runs").iterdir() if uuid in folder.name]
    return sum(log.read_text().count("Running Spark version") for log in logs)


def test_a_worker_killed_right_after_run_is_clicked(portal: Portal, analyst: Person) -> None:
    session = ready_session(analyst, portal, TRANSFORM, "orders")
    run = analyst.start_run(session, "local")
    portal.kill("worker")
    portal.end_leases()
    portal.restart("worker")
    wait_until(lambda: state(analyst, run) == "SUCCEEDED")
    assert spark_starts(portal, run) == 1


def test_a_worker_killed_while_spark_runs(portal: Portal, analyst: Person) -> None:
    session = ready_session(analyst, portal, TRANSFORM, "orders")
    run = analyst.start_run(session, "local")
    wait_until(lambda: state(analyst, run) == "RUNNING")
    portal.kill("worker")
    portal.kill("beat")
    wait_until(lambda: spark_starts(portal, run) == 1)
    portal.end_leases()
    portal.restart("beat")
    portal.restart("worker")
    wait_until(lambda: state(analyst, run) == "SUCCEEDED")
    assert spark_starts(portal, run) == 1


def test_redis_is_down_when_run_is_clicked(portal: Portal, analyst: Person) -> None:
    session = ready_session(analyst, portal, TRANSFORM, "orders")
    portal.kill("redis")
    run = analyst.start_run(session, "local")
    assert state(analyst, run) == "PENDING"
    portal.restart("redis")
    wait_until(lambda: state(analyst, run) == "SUCCEEDED")
    assert spark_starts(portal, run) == 1


def test_cancel_stops_spark_and_says_cancelled(portal: Portal, analyst: Person) -> None:
    run = analyst.start_run(ready_session(analyst, portal, TRANSFORM, "orders"), "local")
    wait_until(lambda: state(analyst, run) == "RUNNING")
    analyst.post(f"{run}cancel/")
    wait_until(lambda: state(analyst, run) == "CANCELLED")
