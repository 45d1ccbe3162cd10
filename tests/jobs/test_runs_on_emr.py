"""Runs on EMR Serverless from approval to their end: supervisor, engine and botocore against the stand-in."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from jobs import operations, run_log, supervisor
from jobs.models import Budget, CodeVersion, JobRun
from jobs.states import RunState, Target
from tests.emr import STANDARD, StandIn
from tests.jobs.conftest import People
from tests.jobs.factories import RunFactory
from tests.jobs.running import advance

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("no_waiting")]

SIZE = {
    "driver_cores": 2,
    "driver_memory_gb": 4,
    "executor_cores": 2,
    "executor_memory_gb": 8,
    "executors": 2,
    "disk_gb": 20,
}


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda seconds: None)


@pytest.fixture
def run(emr: StandIn, version: CodeVersion, bucket: Path, settings: Any) -> JobRun:
    settings.VAR_DIR = bucket.parent / "var"
    script = "print('the script')\n"
    return RunFactory(
        code_version=version,
        state=RunState.PENDING,
        target=Target.EMR,
        application_id=STANDARD,
        access={"inputs": ["s3://landing/visits.csv"]},
        profile="medium",
        size=SIZE,
        script=script,
        script_sha256=hashlib.sha256(script.encode()).hexdigest(),
    )


def test_a_run_goes_its_way_and_tells_what_it_cost(run: JobRun, emr: StandIn) -> None:
    assert advance(run).state == RunState.RUNNING
    emr.await_state(run.external_id, "SUCCESS")

    assert advance(run).state == RunState.SUCCEEDED
    assert run.resources["vcpu_hours"] > 0
    assert run.cost_usd is not None
    assert 0 < run.cost_usd <= run.reserved_usd, "what was set aside was enough"
    assert [event.to_state for event in run.events.all()] == ["SUBMITTING", "RUNNING", "COLLECTING", "SUCCEEDED"]
    assert len(emr.jobs) == 1


def test_a_run_beyond_its_owners_budget_makes_no_job(run: JobRun, emr: StandIn) -> None:
    Budget.objects.create(user=run.owner, hard_usd=Decimal("0.01"))

    assert (advance(run).state, run.failure_code) == (RunState.FAILED, "BUDGET_REACHED")
    assert emr.jobs == []


def test_the_job_is_what_was_approved(run: JobRun, emr: StandIn, bucket: Path) -> None:
    advance(run)

    (job,) = emr.jobs
    policy = json.loads(job["request"]["executionIamPolicy"]["policy"])
    assert job["token"] == run.client_token
    assert (bucket / f"runs/{run.uuid}/script.py").read_text() == run.script
    assert job["request"]["jobDriver"]["sparkSubmit"]["entryPoint"] == f"s3://pgspark-demo/runs/{run.uuid}/script.py"
    assert "arn:aws:s3:::landing/visits.csv" in policy["Statement"][0]["Resource"]
    assert "--conf spark.executor.instances=2" in job["request"]["jobDriver"]["sparkSubmit"]["sparkSubmitParameters"]


def test_rights_that_had_to_be_widened_are_told_in_the_runs_events(run: JobRun, emr: StandIn) -> None:
    many = [f"s3://landing/visits/part-{number:03}-of-the-whole-long-year-2026.csv" for number in range(40)]
    JobRun.objects.filter(pk=run.pk).update(access={"inputs": many})

    advance(run)

    note = run.events.get(to_state="RUNNING").note
    assert note.startswith("Handed to EMR Serverless. Its rights are wider than it needs")
    assert "single objects became their folder" in note


def test_a_failed_job_is_explained_from_its_log(run: JobRun, emr: StandIn) -> None:
    words = "org.postgresql.util.PSQLException: Connection to db.internal.example:5432 refused. Check that it runs.\n"
    emr.fault("job", fail=True, stderr=f"Traceback (most recent call last):\n{words}")
    advance(run)
    emr.await_state(run.external_id, "FAILED")

    advance(run)

    assert (run.state, run.failure_code) == (RunState.FAILED, "RUN_DATABASE_UNREACHABLE")
    assert "security group" in run.failure["hint"]
    assert any("PSQLException" in line for line in run.failure["evidence"])
    assert "ExitCode: 1" in run.backend_details


def test_its_log_is_read_where_the_service_wrote_it(run: JobRun, emr: StandIn) -> None:
    advance(run)
    emr.await_state(run.external_id, "SUCCESS")

    texts = [line.text for line in run_log.tail(run, "stdout").lines]

    assert texts == ["pgspark: reading", "pgspark: 0 rows written"]


def test_a_cancelled_run_is_over_when_the_service_says_so(run: JobRun, emr: StandIn, people: People) -> None:
    emr.pace(running=60)
    emr.fault("job", stuck="CANCELLING")
    advance(run)
    emr.await_state(run.external_id, "RUNNING")
    operations.cancel_run(run=run, by=people.owner)

    supervisor.advance_run(run.pk)  # what its message does
    assert advance(run).state == RunState.CANCELLING
    emr.change(run.external_id, stuck="")
    emr.await_state(run.external_id, "CANCELLED")
    assert advance(run).state == RunState.CANCELLED


def test_a_token_that_is_taken_ends_the_run_and_is_not_tried_again(run: JobRun, emr: StandIn, settings: Any) -> None:
    """The worker was killed before it noted the id; meanwhile an administrator set another role."""
    emr.pace(running=60)
    advance(run)
    first = run.external_id
    JobRun.objects.filter(pk=run.pk).update(state="SUBMITTING", external_id="", started_at=None)
    settings.PGSPARK_EXECUTION_ROLE_ARN = "arn:aws:iam::123456789012:role/another"

    advance(run)

    assert (run.state, run.failure_code) == (RunState.FAILED, "EMR_TOKEN_TAKEN")
    assert emr.await_state(first, "CANCELLED")
    assert len(emr.calls("StartJobRun")) == 2


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        ("AccessDeniedException", 403, "EMR_ACCESS_DENIED"),
        ("ValidationException", 400, "EMR_REFUSED"),
        ("ServiceQuotaExceededException", 402, "EMR_QUOTA"),
    ],
)
def test_a_refusal_ends_the_run_with_its_advice(
    run: JobRun, emr: StandIn, code: str, status: int, expected: str
) -> None:
    emr.fault("error", operation="StartJobRun", code=code, status=status, count=5)

    advance(run)

    assert (run.state, run.failure_code) == (RunState.FAILED, expected)
    assert run.failure["hint"]


def test_throttling_fails_no_run(run: JobRun, emr: StandIn) -> None:
    emr.fault("throttle", operation="StartJobRun", count=5)
    advance(run)
    emr.fault("throttle", operation="ListJobRuns", count=5)
    for _ in range(3):
        advance(run)
    emr.await_state(run.external_id, "SUCCESS")

    assert advance(run).state == RunState.SUCCEEDED
    assert len(emr.jobs) == 1
