"""A worker is killed at each step: one job at the service, a true end, and a history without a gap."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.db.models.functions import Now
from django.utils import timezone

from jobs import operations, supervisor
from jobs.models import LEASE, JobRun
from jobs.states import RunState
from tests.emr import StandIn
from tests.faults.steps import KILLED, comes_due, history, in_a_process, lease_ends, start, step, wait
from tests.jobs.conftest import People

WHOLE = ["SUBMITTING", "RUNNING", "COLLECTING", "SUCCEEDED"]


def finish(run: JobRun, emr: StandIn) -> JobRun:
    """Workers that nobody kills take the run to its end."""
    for _ in range(6):
        comes_due(run)
        if not run.is_active:
            break
        if run.state in (RunState.RUNNING, RunState.CANCELLING):
            emr.await_state(run.external_id, "SUCCESS", "CANCELLED")
        step(run)
    run.refresh_from_db()
    return run


@pytest.mark.parametrize("point", ["after_claim", "before_submit", "after_submit", "in_move", "before_release"])
def test_killed_while_it_hands_the_run_over(run: JobRun, emr: StandIn, point: str) -> None:
    """Fault 1: after the claim, after the API's answer, before and in the middle of saving."""
    assert in_a_process(lambda: step(run), crash_at=point) == KILLED
    run.refresh_from_db()
    assert run.lease_until is not None
    assert run.lease_until <= timezone.now() + LEASE
    step(run)
    assert len(emr.calls("StartJobRun")) == (1 if point in ("after_submit", "before_release") else 0)

    lease_ends(run)

    assert finish(run, emr).state == RunState.SUCCEEDED
    assert len(emr.jobs) == 1
    assert history(run) == WHOLE


@pytest.mark.parametrize("point", ["after_claim", "after_observe", "in_move"])
def test_killed_while_it_asks_about_the_job(run: JobRun, emr: StandIn, point: str) -> None:
    step(run)
    comes_due(run)
    emr.await_state(run.external_id, "SUCCESS")
    assert in_a_process(lambda: step(run), crash_at=point) == KILLED

    lease_ends(run)

    assert finish(run, emr).state == RunState.SUCCEEDED
    assert history(run) == WHOLE


def test_killed_while_it_collects_the_result(run: JobRun, emr: StandIn) -> None:
    step(run)
    comes_due(run)
    emr.await_state(run.external_id, "SUCCESS")
    assert in_a_process(lambda: step(run), crash_at="before_collect") == KILLED

    lease_ends(run)

    assert finish(run, emr).state == RunState.SUCCEEDED
    assert history(run) == WHOLE


def test_killed_after_the_service_was_asked_to_cancel(run: JobRun, emr: StandIn, people: People) -> None:
    emr.pace(running=600)
    step(run)
    operations.cancel_run(run=run, by=people.owner)
    assert in_a_process(lambda: supervisor.advance_run(run.pk), crash_at="after_cancel") == KILLED

    lease_ends(run)

    assert finish(run, emr).state == RunState.CANCELLED
    assert history(run) == ["SUBMITTING", "RUNNING", "CANCELLING", "CANCELLED"]


def test_ten_deliveries_at_once_start_one_job(run: JobRun, emr: StandIn) -> None:
    """Fault 4."""
    workers = [start(lambda: supervisor.advance_run(run.pk)) for _ in range(10)]
    assert [wait(worker) for worker in workers] == [0] * 10
    assert len(emr.calls("StartJobRun")) == 1
    assert finish(run, emr).state == RunState.SUCCEEDED
    assert history(run) == WHOLE


def test_a_delivery_after_the_end_changes_nothing(run: JobRun, emr: StandIn) -> None:
    """Faults 5 and 23: a message that is older than what it is about."""
    finish(run, emr)
    before = (JobRun.objects.values().get(pk=run.pk), history(run), len(emr.calls()))

    supervisor.advance_run(run.pk)
    supervisor.watch_runs(run.target, run.application_id)

    assert (JobRun.objects.values().get(pk=run.pk), history(run), len(emr.calls())) == before


def test_cancelled_before_the_job_has_an_id(run: JobRun, emr: StandIn, people: People) -> None:
    """Fault 16: the worker dies with the id; the wish comes; the job is found by its token and ended."""
    emr.pace(running=600)
    assert in_a_process(lambda: step(run), crash_at="after_submit") == KILLED
    operations.cancel_run(run=run, by=people.owner)

    lease_ends(run)

    assert finish(run, emr).state == RunState.CANCELLED
    assert [job["state"] for job in emr.jobs] == ["CANCELLED"]


def test_a_wish_that_comes_before_the_first_call_starts_nothing(run: JobRun, emr: StandIn, people: People) -> None:
    operations.cancel_run(run=run, by=people.owner)
    assert finish(run, emr).state == RunState.CANCELLED
    assert emr.jobs == []


@pytest.mark.parametrize("minutes", [-10, 10])
def test_a_worker_whose_clock_is_wrong(run: JobRun, emr: StandIn, minutes: int) -> None:
    """Fault 19: leases, deadlines and turns are the database's."""

    def skewed() -> None:
        with time_machine.travel(timezone.now() + timedelta(minutes=minutes)):
            supervisor.advance_run(run.pk)

    emr.pace(running=600)
    JobRun.objects.filter(pk=run.pk).update(lease_owner="another", lease_until=Now() + timedelta(minutes=5))
    assert in_a_process(skewed) == 0
    assert emr.jobs == []
    lease_ends(run)
    assert in_a_process(skewed) == 0
    run.refresh_from_db()
    assert run.state == RunState.RUNNING
    assert run.deadline_at is not None
    assert abs(run.deadline_at - timezone.now() - timedelta(hours=6, minutes=10)) < timedelta(minutes=5)
