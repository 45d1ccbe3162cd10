"""Runs on Spark on Lambda from approval to their end: supervisor, engine and botocore against the stand-in."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db.models import F

from jobs import operations, run_log, supervisor
from jobs.models import CodeVersion, JobRun
from jobs.remedies import remedy_of
from jobs.states import RunState, Target
from jobs.supervisor import pace
from tests.emr import offer_emr
from tests.jobs.conftest import People
from tests.jobs.factories import RunFactory
from tests.jobs.running import advance
from tests.lambda_service import LONG, PATIENCE, LambdaStandIn
from tests.stand_in import wait_for

pytestmark = pytest.mark.django_db


@pytest.fixture
def run(lambda_stand_in: LambdaStandIn, version: CodeVersion, bucket: Path) -> JobRun:
    script = "print('the script')\n"
    return RunFactory(
        code_version=version,
        state=RunState.PENDING,
        target=Target.LAMBDA,
        script=script,
        script_sha256=hashlib.sha256(script.encode()).hexdigest(),
        timeout_minutes=5,
    )


def begun(run: JobRun, stand_in: LambdaStandIn, bucket: Path) -> None:
    """Submitted, and at work for longer than any test."""
    stand_in.fault("function", seconds=LONG)
    advance(run)
    wait_for(lambda: any(bucket.glob(f"runs/{run.uuid}/logs/lambda/*/stdout")), PATIENCE)


def test_a_run_goes_its_way_and_tells_what_it_used(run: JobRun, lambda_stand_in: LambdaStandIn) -> None:
    assert advance(run).state == RunState.RUNNING
    lambda_stand_in.await_end()

    assert advance(run).state == RunState.SUCCEEDED
    assert run.resources["gb_seconds"] > 0
    assert [event.to_state for event in run.events.all()] == ["SUBMITTING", "RUNNING", "COLLECTING", "SUCCEEDED"]
    assert lambda_stand_in.answers == ["succeeded"]
    assert "pgspark: reading" in [line.text for line in run_log.tail(run, "stdout").lines]


def test_an_event_that_is_delivered_twice_is_one_run(run: JobRun, lambda_stand_in: LambdaStandIn) -> None:
    lambda_stand_in.fault("function", times=2)
    advance(run)
    lambda_stand_in.await_end()

    assert advance(run).state == RunState.SUCCEEDED
    assert lambda_stand_in.answers == ["rejected claimed", "succeeded"]


def test_an_answer_that_is_lost_makes_no_second_run(run: JobRun, lambda_stand_in: LambdaStandIn) -> None:
    lambda_stand_in.fault("function", held=True)
    lambda_stand_in.fault("lose_answer")
    assert advance(run).state == RunState.SUBMITTING
    assert advance(run).state == RunState.RUNNING
    lambda_stand_in.release()

    assert advance(run).state == RunState.SUCCEEDED
    assert lambda_stand_in.answers == ["rejected claimed", "succeeded"]


def test_a_worker_that_was_killed_before_it_noted_the_answer_starts_nothing_twice(
    run: JobRun, lambda_stand_in: LambdaStandIn
) -> None:
    advance(run)
    lambda_stand_in.await_end()
    JobRun.objects.filter(pk=run.pk).update(state="SUBMITTING", external_id="", started_at=None)

    assert advance(run).state == RunState.RUNNING
    assert advance(run).state == RunState.SUCCEEDED
    assert len(lambda_stand_in.calls()) == 1


def test_throttling_fails_no_run(run: JobRun, lambda_stand_in: LambdaStandIn) -> None:
    lambda_stand_in.fault("throttle", count=3)
    for _ in range(3):
        assert advance(run).state == RunState.SUBMITTING

    assert advance(run).state == RunState.RUNNING
    lambda_stand_in.await_end()
    assert advance(run).state == RunState.SUCCEEDED


def test_a_run_that_is_given_up_never_begins_later(run: JobRun, lambda_stand_in: LambdaStandIn) -> None:
    """The first event is taken though its answer is lost; then Lambda does not answer any more."""
    lambda_stand_in.fault("function", held=True)
    lambda_stand_in.fault("lose_answer")
    advance(run)
    lambda_stand_in.fault("error", code="ServiceException", status=500, count=pace.TRIES)
    for _ in range(pace.TRIES):
        advance(run)

    assert (run.state, run.failure_code) == (RunState.FAILED, "AWS_UNREACHABLE")
    lambda_stand_in.release()
    assert lambda_stand_in.answers == ["rejected claimed"]


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        ("ResourceNotFoundException", 404, "LAMBDA_NOT_FOUND"),
        ("AccessDeniedException", 403, "LAMBDA_ACCESS_DENIED"),
        ("InvalidRequestContentException", 400, "LAMBDA_REFUSED"),
    ],
)
def test_a_refusal_ends_the_run_with_its_advice(
    run: JobRun, lambda_stand_in: LambdaStandIn, code: str, status: int, expected: str
) -> None:
    lambda_stand_in.fault("error", code=code, status=status)

    advance(run)

    assert (run.state, run.failure_code) == (RunState.FAILED, expected)
    assert run.failure["hint"]


def test_a_run_that_fails_is_explained_from_its_log(run: JobRun, lambda_stand_in: LambdaStandIn) -> None:
    frame = f'  File "/tmp/x/script.py", line {run.transform_line}, in transform'
    words = f"Traceback (most recent call last):\n{frame}\nValueError: no such month"
    lambda_stand_in.fault("function", exit_code=1, stderr=words)
    advance(run)
    lambda_stand_in.await_end()

    advance(run)

    assert (run.state, run.failure_code) == (RunState.FAILED, "TRANSFORM_FAILED")
    assert "no such month" in run.failure["message"]
    assert run.failure["line"] == 1


def test_a_function_that_dies_fails_the_run_in_the_end(
    run: JobRun, lambda_stand_in: LambdaStandIn, bucket: Path
) -> None:
    begun(run, lambda_stand_in, bucket)
    lambda_stand_in.kill()
    assert advance(run).state == RunState.RUNNING

    (beat,) = bucket.glob(f"runs/{run.uuid}/logs/lambda/*/beat.json")
    claim = beat.with_name("claim.json")
    claim.write_text(json.dumps(json.loads(claim.read_text()) | {"ends_by": 0}))
    for _ in range(pace.LOST_SIGHTINGS):
        assert run.is_active
        advance(run)

    assert run.state == RunState.FAILED


@pytest.mark.parametrize(
    ("fault", "expected"),
    [({"exit_code": 137}, "LAMBDA_OUT_OF_MEMORY"), ({"seconds": LONG}, "LAMBDA_TIMEOUT")],
    ids=["memory", "time"],
)
def test_a_run_that_is_too_much_for_lambda_is_offered_emr_serverless(
    run: JobRun, lambda_stand_in: LambdaStandIn, settings: Any, fault: dict[str, Any], expected: str
) -> None:
    settings.PGSPARK_LAMBDA_TIMEOUT_SECONDS = 2
    offer_emr(settings)
    lambda_stand_in.fault("function", **fault)
    advance(run)
    lambda_stand_in.await_end()

    advance(run)

    remedy = remedy_of(run)
    assert (run.state, run.failure_code) == (RunState.FAILED, expected)
    assert remedy and (remedy.label, remedy.fields) == ("Run on EMR Serverless", {"target": "emr"})


def test_a_cancelled_run_is_over_when_its_function_says_so(
    run: JobRun, lambda_stand_in: LambdaStandIn, bucket: Path, people: People
) -> None:
    begun(run, lambda_stand_in, bucket)
    operations.cancel_run(run=run, by=people.owner)

    supervisor.advance_run(run.pk)  # what its message does
    run.refresh_from_db()
    assert run.state in (RunState.CANCELLING, RunState.CANCELLED)
    lambda_stand_in.await_end()

    assert advance(run).state == RunState.CANCELLED
    assert lambda_stand_in.answers == ["failed cancelled"]


def test_a_run_that_waits_in_lambdas_queue_is_cancelled_at_once(
    run: JobRun, lambda_stand_in: LambdaStandIn, people: People
) -> None:
    lambda_stand_in.fault("function", dropped=True)
    advance(run)
    operations.cancel_run(run=run, by=people.owner)

    supervisor.advance_run(run.pk)

    assert advance(run).state == RunState.CANCELLED


def test_a_run_that_lambda_never_begins_is_given_up_for_good(run: JobRun, lambda_stand_in: LambdaStandIn) -> None:
    lambda_stand_in.fault("function", dropped=True)
    advance(run)
    JobRun.objects.filter(pk=run.pk).update(started_at=F("started_at") - timedelta(hours=1))

    advance(run)

    assert (run.state, run.failure_code) == (RunState.FAILED, "ENGINE_START_FAILED")
