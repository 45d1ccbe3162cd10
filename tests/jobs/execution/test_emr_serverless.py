"""Starting jobs by the engine `emr`, over botocore against the stand-in: one job per token, refusals in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connections import aws
from connections.errors import PortalError
from jobs.execution.emr_serverless import EmrServerless
from tests.aws_shapes import problems_of_request
from tests.emr import DATABASE, ROLE, StandIn
from tests.jobs.execution.submissions import submission

engine = EmrServerless()
pytestmark = pytest.mark.usefixtures("no_waiting")


def code_of(caught: pytest.ExceptionInfo[PortalError]) -> str:
    return caught.value.code


def test_a_job_is_started_once_however_often_it_is_submitted(emr: StandIn) -> None:
    job = submission()

    assert engine.submit(job) == engine.submit(job)
    assert len(emr.jobs) == 1
    assert emr.jobs[0]["token"] == job.token


@pytest.mark.parametrize("how", ["reset", "503"])
def test_an_answer_that_is_lost_after_its_effect_makes_no_second_job(emr: StandIn, how: str) -> None:
    emr.fault("lose_answer", operation="StartJobRun", how=how, count=2)

    external_id = engine.submit(submission())

    assert [job["id"] for job in emr.jobs] == [external_id]
    assert [call["status"] for call in emr.calls("StartJobRun")] == [0, 0, 200]


def test_the_token_with_another_request_is_told_and_the_other_job_stopped(emr: StandIn) -> None:
    emr.pace(running=60)
    job = submission()
    external_id = engine.submit(job)

    with pytest.raises(PortalError) as caught:
        engine.submit(replace(job, timeout=timedelta(minutes=30)))

    assert code_of(caught) == "EMR_TOKEN_TAKEN" and not caught.value.retryable
    assert emr.await_state(external_id, "CANCELLED")
    assert len(emr.jobs) == 1
    assert len(emr.calls("StartJobRun")) == 2


def test_the_request_is_as_the_model_demands(emr: StandIn) -> None:
    engine.submit(submission(name="Top 10\n customers\x00 “per month” " + "x" * 300))

    request = emr.jobs[0]["request"] | {"applicationId": DATABASE}

    assert problems_of_request("emr-serverless", "StartJobRun", request) == []


def test_what_is_asked_for(emr: StandIn) -> None:
    job = submission(timeout=timedelta(minutes=12, seconds=10))
    engine.submit(job)

    request = emr.jobs[0]["request"]

    assert request["executionRoleArn"] == ROLE
    assert request["jobDriver"]["sparkSubmit"]["entryPoint"] == job.script_uri
    assert request["executionTimeoutMinutes"] == 13
    assert request["name"] == f"{job.token} Top 10 customers"
    assert request["tags"] == {"pgspark-run": job.token}
    monitoring = request["configurationOverrides"]["monitoringConfiguration"]
    assert monitoring["s3MonitoringConfiguration"] == {"logUri": job.log_uri}
    assert monitoring["managedPersistenceMonitoringConfiguration"] == {"enabled": True}
    assert "cloudWatchLoggingConfiguration" not in monitoring


def test_cloudwatch_gets_the_logs_where_a_log_group_is_set(emr: StandIn, settings: Any) -> None:
    settings.PGSPARK_EMR_LOG_GROUP = "/pgspark/emr"
    engine.submit(submission())

    request = emr.jobs[0]["request"]

    told = request["configurationOverrides"]["monitoringConfiguration"]["cloudWatchLoggingConfiguration"]
    assert (told["enabled"], told["logGroupName"]) == (True, "/pgspark/emr")
    assert "logs:PutLogEvents" in request["executionIamPolicy"]["policy"]
    assert problems_of_request("emr-serverless", "StartJobRun", request | {"applicationId": DATABASE}) == []


REFUSALS = {
    "AccessDeniedException": (403, "EMR_ACCESS_DENIED"),
    "ResourceNotFoundException": (404, "EMR_NOT_FOUND"),
    "ServiceQuotaExceededException": (402, "EMR_QUOTA"),
    "ValidationException": (400, "EMR_REFUSED"),
    "InternalServerException": (500, "AWS_UNREACHABLE"),
    "ThrottlingException": (429, "EMR_BUSY"),
    "TooManyRequestsException": (429, "EMR_BUSY"),
}


@pytest.mark.parametrize("code", REFUSALS)
def test_each_refusal_has_its_words(emr: StandIn, code: str) -> None:
    status, expected = REFUSALS[code]
    emr.fault("error", operation="StartJobRun", code=code, status=status, count=5)

    with pytest.raises(PortalError) as caught:
        engine.submit(submission())

    assert code_of(caught) == expected
    assert caught.value.retryable is (expected in ("EMR_BUSY", "AWS_UNREACHABLE"))
    assert emr.jobs == []


def test_no_word_of_the_service_reaches_a_person(emr: StandIn) -> None:
    emr.fault("error", operation="StartJobRun", code="ValidationException", status=400)

    with pytest.raises(PortalError) as caught:
        engine.submit(submission())

    assert "As asked for" not in caught.value.message + caught.value.hint


def test_a_short_throttling_is_waited_out(emr: StandIn) -> None:
    emr.fault("throttle", operation="StartJobRun", count=3)

    assert engine.submit(submission()) == emr.jobs[0]["id"]


def test_a_job_without_an_application_names_the_setting(emr: StandIn) -> None:
    with pytest.raises(PortalError) as caught:
        engine.submit(submission(application_id=""))

    assert "PGSPARK_EMR_APPLICATION_ID" in caught.value.hint


def test_the_client_is_bounded() -> None:
    assert aws.CONFIG.read_timeout <= 15  # type: ignore[attr-defined]
