"""Handing jobs to the engine `lambda`, over botocore against the stand-in, which runs the function's own handler."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from connections.errors import PortalError
from jobs.execution.base import Phase, Submission
from tests.jobs.execution.lambda_jobs import VISITS, begun, engine, look
from tests.jobs.execution.submissions import handle
from tests.lambda_service import LambdaStandIn

pytestmark = pytest.mark.django_db


def test_a_job_is_run_and_tells_what_it_used(job: Submission, lambda_stand_in: LambdaStandIn) -> None:
    assert engine.submit(job) == job.token
    lambda_stand_in.await_end()

    seen = look(job)

    assert (seen.phase, seen.raw, seen.reason) == (Phase.SUCCEEDED, "SUCCEEDED", "")
    assert seen.resources["gb_seconds"] > 0
    assert [(call["kind"], call["status"]) for call in lambda_stand_in.calls()] == [("Event", 202)]


def test_the_event_is_version_1_of_the_contract(job: Submission, lambda_stand_in: LambdaStandIn) -> None:
    engine.submit(job)

    (invocation,) = lambda_stand_in.invocations
    told = invocation["event"]
    assert (told["v"], told["run_id"], told["code_uri"]) == (1, job.token, job.script_uri)
    assert (told["output_uri"], told["manifest_uri"]) == (job.output_uri, job.manifest_uri)
    assert told["sources"] == [VISITS]
    assert told["deadline_s"] == 300
    assert job.script not in json.dumps(told)


@pytest.mark.parametrize(("minutes", "seconds"), [(2, 120), (10, 300)])
def test_the_time_limit_is_the_runs_and_never_more_than_the_functions(
    job: Submission, lambda_stand_in: LambdaStandIn, minutes: int, seconds: int
) -> None:
    engine.submit(replace(job, timeout=timedelta(minutes=minutes)))

    assert lambda_stand_in.invocations[0]["event"]["deadline_s"] == seconds


def test_an_event_that_is_delivered_twice_is_one_job(job: Submission, lambda_stand_in: LambdaStandIn) -> None:
    lambda_stand_in.fault("function", times=2)
    engine.submit(job)
    lambda_stand_in.await_end()

    assert lambda_stand_in.answers == ["rejected claimed", "succeeded"]
    assert look(job).phase == Phase.SUCCEEDED


@pytest.mark.parametrize("how", ["reset", "503"])
def test_a_lost_answer_is_told_at_once_and_the_next_submission_makes_no_second_job(
    job: Submission, lambda_stand_in: LambdaStandIn, how: str
) -> None:
    """botocore does not try again by itself: one request for each submission."""
    lambda_stand_in.fault("function", held=True)
    lambda_stand_in.fault("lose_answer", how=how)
    with pytest.raises(PortalError) as caught:
        engine.submit(job)
    assert (caught.value.code, caught.value.retryable) == ("AWS_UNREACHABLE", True)
    assert len(lambda_stand_in.calls()) == 1

    assert engine.submit(job) == job.token
    lambda_stand_in.release()

    assert lambda_stand_in.answers == ["rejected claimed", "succeeded"]


def test_a_job_that_a_function_has_is_not_handed_over_again(
    job: Submission, lambda_stand_in: LambdaStandIn, folder: Path
) -> None:
    begun(lambda_stand_in, folder, job)

    assert engine.submit(job) == job.token
    assert engine.find(handle(job, "")) == job.token
    assert len(lambda_stand_in.calls()) == 1


REFUSALS = {
    "ResourceNotFoundException": (404, "LAMBDA_NOT_FOUND", False),
    "AccessDeniedException": (403, "LAMBDA_ACCESS_DENIED", False),
    "RequestTooLargeException": (413, "LAMBDA_REFUSED", False),
    "InvalidRequestContentException": (400, "LAMBDA_REFUSED", False),
    "TooManyRequestsException": (429, "LAMBDA_BUSY", True),
    "ResourceConflictException": (409, "LAMBDA_BUSY", True),
    "EC2ThrottledException": (502, "LAMBDA_BUSY", True),
    "ENINotReadyException": (502, "LAMBDA_BUSY", True),
    "ServiceException": (500, "AWS_UNREACHABLE", True),
}


@pytest.mark.parametrize("code", REFUSALS)
def test_each_refusal_has_its_words_and_is_met_once(job: Submission, lambda_stand_in: LambdaStandIn, code: str) -> None:
    status, expected, is_retryable = REFUSALS[code]
    lambda_stand_in.fault("error", code=code, status=status)

    with pytest.raises(PortalError) as caught:
        engine.submit(job)

    assert (caught.value.code, caught.value.retryable) == (expected, is_retryable)
    assert "As asked for" not in caught.value.message + caught.value.hint
    assert len(lambda_stand_in.calls()) == 1
    assert lambda_stand_in.invocations == []


def test_a_function_that_is_not_there_is_named(job: Submission, settings: Any) -> None:
    settings.PGSPARK_LAMBDA_FUNCTION = "another"

    with pytest.raises(PortalError, match="LAMBDA_NOT_FOUND") as caught:
        engine.submit(job)

    assert "another" in caught.value.message
