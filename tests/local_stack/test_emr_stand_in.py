"""The stand-in for EMR Serverless keeps to the service's own model, in what it answers and in how it refuses."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest

from tests.aws_shapes import problems_of_answer, service_model
from tests.emr import DATABASE, ROLE, StandIn, wait_for

ENTRY = "s3://pgspark-test/runs/1/script.py"


def request(**facts: Any) -> dict[str, Any]:
    driver = {"sparkSubmit": {"entryPoint": ENTRY, "sparkSubmitParameters": "--conf spark.executor.instances=2"}}
    monitoring = {"s3MonitoringConfiguration": {"logUri": "s3://pgspark-test/runs/1/logs/"}}
    return {
        "clientToken": "run-1-1",
        "executionRoleArn": ROLE,
        "name": "run-1-1 Top customers",
        "jobDriver": driver,
        "configurationOverrides": {"monitoringConfiguration": monitoring},
        "tags": {"pgspark-run": "run-1-1"},
        **facts,
    }


def call(emr: StandIn, method: str, path: str, body: Any = None) -> tuple[int, str, Any]:
    """Status, error code and answer, as they are on the wire."""
    data = json.dumps(body).encode() if body is not None else None
    asked = urllib.request.Request(f"{emr.url}/applications/{path}", data=data, method=method)
    try:
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return answer.status, "", json.loads(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["x-amzn-ErrorType"], json.loads(error.read())


def start(emr: StandIn, **facts: Any) -> str:
    status, _, answer = call(emr, "POST", f"{DATABASE}/jobruns", request(**facts))
    assert status == 200
    return str(answer["jobRunId"])


def test_every_answer_is_as_the_model_says(emr: StandIn) -> None:
    answers = {"StartJobRun": call(emr, "POST", f"{DATABASE}/jobruns", request())[2]}
    job = answers["StartJobRun"]["jobRunId"]
    emr.await_state(job, "SUCCESS")
    for operation, method, path in (
        ("GetJobRun", "GET", f"{DATABASE}/jobruns/{job}"),
        ("ListJobRuns", "GET", f"{DATABASE}/jobruns"),
        ("GetDashboardForJobRun", "GET", f"{DATABASE}/jobruns/{job}/dashboard"),
        ("GetApplication", "GET", DATABASE),
        ("StartApplication", "POST", f"{DATABASE}/start"),
        ("CancelJobRun", "DELETE", f"{DATABASE}/jobruns/{start(emr, clientToken='other')}"),
    ):
        answers[operation] = call(emr, method, path)[2]

    assert len(answers) == 7
    for operation, answer in answers.items():
        assert problems_of_answer("emr-serverless", operation, answer) == []


@pytest.mark.parametrize("state", ["SUBMITTED", "PENDING", "SCHEDULED", "RUNNING", "CANCELLING", "CANCELLED", "FAILED"])
def test_a_job_is_told_as_the_model_says_in_every_state(emr: StandIn, state: str) -> None:
    emr.fault("job", stuck=state if state not in ("CANCELLED", "FAILED") else "", fail=state == "FAILED")
    job = start(emr)
    if state.startswith("CANCEL"):
        call(emr, "DELETE", f"{DATABASE}/jobruns/{job}")
    emr.await_state(job, state)

    for operation, path in (("GetJobRun", f"/{job}"), ("ListJobRuns", "")):
        answer = call(emr, "GET", f"{DATABASE}/jobruns{path}")[2]
        assert problems_of_answer("emr-serverless", operation, answer) == []
        assert (answer["jobRun"] if path else answer["jobRuns"][0])["state"] == state


@pytest.mark.parametrize(
    ("operation", "method", "path", "body"),
    [
        ("StartJobRun", "POST", f"{DATABASE}/jobruns", {**request(), "clientToken": ""}),
        ("StartJobRun", "POST", f"{DATABASE}/jobruns", request(executionTimeoutMinutes=4)),
        ("StartJobRun", "POST", f"{DATABASE}/jobruns", request(executionIamPolicy={"policy": "x" * 2049})),
        ("StartJobRun", "POST", f"{DATABASE}/jobruns", request(executionRoleArn="role")),
        ("StartJobRun", "POST", f"{DATABASE}/jobruns", request(jobDriver={"sparkSubmit": {"entryPoint": "a.py"}})),
        ("StartJobRun", "POST", "00fother/jobruns", request()),
        ("GetJobRun", "GET", f"{DATABASE}/jobruns/00nosuch", None),
        ("CancelJobRun", "DELETE", f"{DATABASE}/jobruns/00nosuch", None),
        ("GetApplication", "GET", "00fother", None),
        ("ListJobRuns", "GET", f"{DATABASE}/jobruns?maxResults=51", None),
        ("ListJobRuns", "GET", f"{DATABASE}/jobruns?nextToken=x", None),
    ],
)
def test_refusals_are_those_of_the_model(emr: StandIn, operation: str, method: str, path: str, body: Any) -> None:
    status, code, answer = call(emr, method, path, body)

    errors = {shape.name: shape for shape in service_model("emr-serverless").operation_model(operation).error_shapes}
    assert code in errors
    assert status == errors[code].metadata["error"]["httpStatusCode"]
    assert answer["message"]


def test_a_token_with_another_request_is_a_conflict_and_makes_no_job(emr: StandIn) -> None:
    job = start(emr)

    status, code, _ = call(emr, "POST", f"{DATABASE}/jobruns", request(executionTimeoutMinutes=30))

    assert (status, code) == (409, "ConflictException")
    assert start(emr) == job
    assert len(emr.jobs) == 1


def test_a_cancelled_job_takes_its_time_and_keeps_its_place(emr: StandIn) -> None:
    emr.pace(running=60, cancelling=0.4)
    emr.room(DATABASE, 1)
    first, second = start(emr), start(emr, clientToken="second")
    emr.await_state(first, "RUNNING")
    call(emr, "DELETE", f"{DATABASE}/jobruns/{first}")

    assert (emr.state_of(first), emr.state_of(second)) == ("CANCELLING", "QUEUED")
    emr.await_state(first, "CANCELLED")
    emr.await_state(second, "RUNNING")


def test_the_pages_of_a_list_hold_each_job_once_the_newest_first(emr: StandIn) -> None:
    jobs = [start(emr, clientToken=f"t{number}") for number in range(7)]
    listed, token = [], ""
    while True:
        page = call(emr, "GET", f"{DATABASE}/jobruns?maxResults=3" + (f"&nextToken={token}" if token else ""))[2]
        listed += [job["id"] for job in page["jobRuns"]]
        token = page.get("nextToken", "")
        if not token:
            break

    assert listed == jobs[::-1]


def test_an_application_starts_for_a_job_and_only_then(emr: StandIn) -> None:
    assert call(emr, "GET", DATABASE)[2]["application"]["state"] == "CREATED"
    start(emr)

    wait_for(lambda: call(emr, "GET", DATABASE)[2]["application"]["state"] == "STARTED")


def test_faults_are_used_up(emr: StandIn) -> None:
    emr.fault("throttle", operation="GetApplication", count=2)

    assert [call(emr, "GET", DATABASE)[:2] for _ in range(3)] == [(429, "ThrottlingException")] * 2 + [(200, "")]
    assert [one["status"] for one in emr.calls("GetApplication")] == [429, 429, 200]


def test_calls_are_kept_for_whoever_asks(emr: StandIn) -> None:
    start(emr)

    (kept,) = emr.calls("StartJobRun")
    assert kept["application_id"] == DATABASE
    assert kept["request"]["clientToken"] == "run-1-1"
