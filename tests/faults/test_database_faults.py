"""PostgreSQL goes away in the middle of a step: nothing is known to be wrong with the run, and it goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

import psycopg
import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from jobs import crash_points, supervisor
from jobs.models import JobRun
from jobs.states import RunState
from jobs.supervisor import runs as supervisor_runs
from tests.emr import StandIn, wait_for
from tests.faults.steps import comes_due, history, in_a_process, step


def server() -> psycopg.Connection:
    """A connection of the test's own, beside Django's."""
    place = connection.settings_dict
    return psycopg.connect(
        host=place["HOST"],
        port=place["PORT"],
        user=place["USER"],
        password=place["PASSWORD"],
        dbname=place["NAME"],
        autocommit=True,
    )


def saves_a_job_while(act: Callable[[], object], run: JobRun) -> None:
    """A worker's step, in its own process; `act` happens once, in the middle of noting the job that was started."""
    passed: list[str] = []

    def reached(point: str) -> None:
        passed.append(point)
        if passed[-2:] == ["after_submit", "in_move"]:
            act()

    crash_points.reached = reached
    supervisor.advance_run(run.pk)


def test_the_server_ends_every_connection_in_the_middle_of_saving(run: JobRun, emr: StandIn) -> None:
    """Fault 9: as a restart does it. The job was started, and its id is lost with the transaction."""
    emr.pace(running=600)
    assert in_a_process(lambda: saves_a_job_while(end_every_connection, run)) == 0
    goes_on_soon(run, emr)


def test_a_deadlock_in_the_middle_of_saving(run: JobRun, emr: StandIn) -> None:
    """Fault 11: PostgreSQL chooses the worker's transaction to end."""
    emr.pace(running=600)
    assert in_a_process(lambda: saves_a_job_while(partial(cross_locks, run), run)) == 0
    goes_on_soon(run, emr)


def goes_on_soon(run: JobRun, emr: StandIn) -> None:
    """The step is undone, its lease is given back, and the same step taken again finds the same job."""
    run.refresh_from_db()
    assert (run.state, run.lease_until) == (RunState.SUBMITTING, None)
    assert run.next_action_at < timezone.now() + supervisor_runs.AFTER_DATABASE
    comes_due(run)
    step(run)
    assert comes_due(run).state == RunState.RUNNING
    assert [job["id"] for job in emr.jobs] == [run.external_id]
    assert history(run) == ["SUBMITTING", "RUNNING"]


def end_every_connection() -> None:
    with server() as admin:
        admin.execute(
            "SELECT pg_terminate_backend(pid, 30000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def cross_locks(run: JobRun) -> None:
    """Another transaction holds the events, and waits for the run's row until the worker's transaction is over."""
    other, admin = server(), server()
    other.execute("SET deadlock_timeout = '5min'")  # the one who looks for a cycle is the one who is ended
    other.execute("BEGIN")
    other.execute("LOCK TABLE jobs_jobrunevent IN SHARE MODE")
    pid = other.info.backend_pid

    def take_the_row_and_give_all_back() -> None:
        other.execute("UPDATE jobs_jobrun SET title = title WHERE id = %s", [run.pk])
        other.close()

    threading.Thread(target=take_the_row_and_give_all_back, daemon=True).start()
    wait_for(lambda: _waits(admin, pid), within=60)


def test_the_database_takes_no_connection(run: JobRun, emr: StandIn) -> None:
    """Fault 10: the worker's message is lost, the row is not."""

    def without_a_connection() -> None:
        connection.settings_dict["PORT"] = "1"
        with pytest.raises(OperationalError):
            supervisor.advance_run(run.pk)

    assert in_a_process(without_a_connection) == 0
    assert emr.jobs == []
    step(run)
    assert comes_due(run).state == RunState.RUNNING


def _waits(admin: psycopg.Connection, pid: int) -> bool:
    row = admin.execute("SELECT wait_event_type FROM pg_stat_activity WHERE pid = %s", [pid]).fetchone()
    return row is not None and row[0] == "Lock"
