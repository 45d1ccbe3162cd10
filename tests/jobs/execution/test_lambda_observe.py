"""How jobs on Lambda stand, end, die and are stopped, as their objects tell; the function's own handler writes them."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from connections.errors import PortalError
from jobs.execution import lambda_state
from jobs.execution.base import Observation, Phase, Submission
from tests.jobs.execution.lambda_jobs import begun, engine, look, silence, state_path
from tests.jobs.execution.submissions import handle, submission
from tests.lambda_service import LONG, LambdaStandIn

pytestmark = pytest.mark.django_db
LATE = PortalError("LAMBDA_BUSY")


@pytest.mark.parametrize(
    ("fault", "raw", "reason"),
    [
        ({"exit_code": 1, "stderr": "ValueError: no"}, "FAILED", ""),
        ({"exit_code": 137}, "OUT_OF_MEMORY", "memory"),
        ({"exit_code": 1, "stderr": "java.lang.OutOfMemoryError: Java heap space"}, "OUT_OF_MEMORY", "memory"),
        ({"without_manifest": True}, "FAILED", ""),
    ],
)
def test_a_job_that_fails_says_how(
    job: Submission, lambda_stand_in: LambdaStandIn, fault: dict[str, Any], raw: str, reason: str
) -> None:
    lambda_stand_in.fault("function", **fault)
    engine.submit(job)
    lambda_stand_in.await_end()

    seen = look(job)

    assert (seen.phase, seen.raw, seen.reason) == (Phase.FAILED, raw, reason)


def test_a_job_is_stopped_at_its_time_limit(job: Submission, lambda_stand_in: LambdaStandIn) -> None:
    lambda_stand_in.fault("function", seconds=LONG)
    engine.submit(replace(job, timeout=timedelta(seconds=1)))
    lambda_stand_in.await_end()

    seen = look(job)

    assert (seen.phase, seen.raw, seen.reason) == (Phase.FAILED, "TIMEOUT", "timeout")


def test_a_function_that_dies_is_waited_for_and_then_counts_as_lost(
    job: Submission, lambda_stand_in: LambdaStandIn, folder: Path
) -> None:
    begun(lambda_stand_in, folder, job)
    lambda_stand_in.kill()
    assert look(job).phase == Phase.RUNNING

    silence(folder, job)

    assert look(job).phase == Phase.LOST


def test_a_function_that_dies_with_its_memory_full_died_of_that(
    job: Submission, lambda_stand_in: LambdaStandIn, folder: Path
) -> None:
    begun(lambda_stand_in, folder, job)
    lambda_stand_in.kill()
    state_path(folder, job, "beat.json").write_text(json.dumps({"used_mb": 1900, "memory_mb": 2048}))
    silence(folder, job)

    seen = look(job)

    assert (seen.phase, seen.reason) == (Phase.FAILED, "memory")
    assert "1900 of its 2048 MB" in seen.details


def test_a_function_that_lambda_ended_at_its_limit_ran_out_of_time(
    job: Submission, lambda_stand_in: LambdaStandIn, folder: Path
) -> None:
    begun(lambda_stand_in, folder, job)
    lambda_stand_in.kill()
    claim = state_path(folder, job, "claim.json")
    last_sign = datetime.now(UTC) - timedelta(minutes=5)
    claim.write_text(json.dumps(json.loads(claim.read_text()) | {"ends_by": last_sign.timestamp() + 3}))
    for name in ("claim.json", "beat.json"):
        os.utime(state_path(folder, job, name), (0, last_sign.timestamp()))

    assert (look(job).phase, look(job).reason) == (Phase.FAILED, "timeout")


def test_an_event_that_is_never_delivered_is_waited_for_and_then_taken_back(
    job: Submission, lambda_stand_in: LambdaStandIn
) -> None:
    lambda_stand_in.fault("function", dropped=True)
    engine.submit(job)
    assert look(job).phase == Phase.WAITING

    seen = look(job, submitted_at=datetime.now(UTC) - lambda_state.MOST_WAITING - timedelta(minutes=1))

    assert (seen.phase, seen.reason) == (Phase.FAILED, "start")
    engine.submit(job)  # the event comes after all
    lambda_stand_in.await_end()
    assert lambda_stand_in.answers == ["rejected claimed"]


def test_a_job_that_no_function_has_is_cancelled_for_good(job: Submission, lambda_stand_in: LambdaStandIn) -> None:
    lambda_stand_in.fault("function", held=True)
    engine.submit(job)
    for _ in range(2):
        engine.cancel(handle(job, job.token))

    assert look(job).phase == Phase.CANCELLED
    lambda_stand_in.release()
    assert lambda_stand_in.answers == ["rejected claimed"]


def test_a_job_that_runs_is_stopped_by_its_function(
    job: Submission, lambda_stand_in: LambdaStandIn, folder: Path
) -> None:
    begun(lambda_stand_in, folder, job)
    for _ in range(2):
        engine.cancel(handle(job, job.token))
    assert look(job).raw in ("CANCELLING", "CANCELLED")

    lambda_stand_in.await_end()

    assert (look(job).phase, look(job).raw) == (Phase.CANCELLED, "CANCELLED")
    assert lambda_stand_in.answers == ["failed cancelled"]


def test_a_job_that_has_ended_stays_as_it_ended_when_it_is_cancelled(
    job: Submission, lambda_stand_in: LambdaStandIn
) -> None:
    engine.submit(job)
    lambda_stand_in.await_end()

    engine.cancel(handle(job, job.token))

    assert look(job).phase == Phase.SUCCEEDED


def test_what_is_given_up_never_begins_later(job: Submission, lambda_stand_in: LambdaStandIn) -> None:
    lambda_stand_in.fault("function", held=True)
    engine.submit(job)

    assert engine.withdraw(handle(job, ""), because=LATE) == ""
    lambda_stand_in.release()
    assert lambda_stand_in.answers == ["rejected claimed"]


def test_what_began_is_not_given_up(job: Submission, lambda_stand_in: LambdaStandIn, folder: Path) -> None:
    begun(lambda_stand_in, folder, job)

    assert engine.withdraw(handle(job, ""), because=LATE) == job.token


def test_its_log_is_read_by_cursor(job: Submission, lambda_stand_in: LambdaStandIn) -> None:
    nothing_yet = engine.log(handle(job, job.token), "stdout", start=0, limit=100)
    assert (nothing_yet.size, "It is looked for in S3" in nothing_yet.source.note) == (0, True)
    lambda_stand_in.fault("function", stdout="one\ntwo\npassword=secret\nthree")
    engine.submit(job)
    lambda_stand_in.await_end()

    first = engine.log(handle(job, job.token), "stdout", start=0, limit=6)
    rest = engine.log(handle(job, job.token), "stdout", start=first.end, limit=100)
    last = engine.log(handle(job, job.token), "stdout", start=-1, limit=8)

    assert (first.text, first.end) == ("one\n", 4)
    assert rest.text.splitlines() == ["two", "password=•••", "three"]
    assert last.text == "three\n"


def test_jobs_that_cannot_be_asked_about_are_left_out(
    job: Submission, lambda_stand_in: LambdaStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = submission(application_id="")
    real = lambda_state.JobState.look

    def refuse(self: lambda_state.JobState, **facts: Any) -> Observation:
        if other.token in self.prefix:
            raise PortalError("S3_BUSY")
        return real(self, **facts)

    monkeypatch.setattr(lambda_state.JobState, "look", refuse)

    assert set(engine.observe([handle(job, job.token), handle(other, other.token)])) == {job.token}
    with pytest.raises(PortalError, match="S3_BUSY"):
        engine.observe([handle(other, other.token)])
