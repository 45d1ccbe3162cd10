"""The stand-in for AWS Lambda keeps to the service's own model, in what it answers and in how it refuses."""

from __future__ import annotations

import contextlib
import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from connections.aws import client
from jobs.execution.lambda_events import event
from pgspark_site.local_stack.lambda_stand_in.service import MOST_EVENT_BYTES
from tests.aws_shapes import service_model
from tests.jobs.execution.submissions import submission
from tests.lambda_service import FUNCTION, LONG, PATIENCE, LambdaStandIn
from tests.stand_in import wait_for

pytestmark = pytest.mark.usefixtures("folder")
ARN = f"arn:aws:lambda:us-east-1:123456789012:function:{FUNCTION}"


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.PGSPARK_OBJECT_STORE_DIR = str(tmp_path)
    return tmp_path


def call(stand_in: LambdaStandIn, function: str, data: bytes, kind: str = "Event") -> tuple[int, str, bytes]:
    """Status, error code and body, as they are on the wire."""
    address = f"{stand_in.url}/2015-03-31/functions/{function}/invocations"
    asked = urllib.request.Request(address, data=data, method="POST", headers={"X-Amz-Invocation-Type": kind})
    try:
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return answer.status, "", answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["x-amzn-ErrorType"], error.read()


@pytest.mark.parametrize("name", [FUNCTION, f"{FUNCTION}:live", ARN, f"{ARN}:live"])
def test_an_event_is_taken_with_202_and_no_payload(lambda_stand_in: LambdaStandIn, name: str) -> None:
    answer = client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=b"{}")

    assert answer["StatusCode"] == 202
    assert answer["Payload"].read() == b""
    assert "FunctionError" not in answer
    assert answer["ResponseMetadata"]["RequestId"]


@pytest.mark.parametrize(
    ("function", "data", "kind"),
    [
        ("other", b"{}", "Event"),
        (FUNCTION, b"no json", "Event"),
        (FUNCTION, b'"' + b"x" * MOST_EVENT_BYTES + b'"', "Event"),
        (FUNCTION, b"{}", "RequestResponse"),
    ],
)
def test_refusals_are_those_of_the_model(lambda_stand_in: LambdaStandIn, function: str, data: bytes, kind: str) -> None:
    status, code, body = call(lambda_stand_in, function, data, kind)

    _is_of_the_model(status, code, json.loads(body))
    assert lambda_stand_in.invocations == []


def test_throttling_is_that_of_the_model(lambda_stand_in: LambdaStandIn) -> None:
    lambda_stand_in.fault("throttle")

    status, code, body = call(lambda_stand_in, FUNCTION, b"{}")

    assert (status, code) == (429, "TooManyRequestsException")
    _is_of_the_model(status, code, json.loads(body))


def _is_of_the_model(status: int, code: str, body: dict[str, Any]) -> None:
    errors = {shape.name: shape for shape in service_model("lambda").operation_model("Invoke").error_shapes}
    assert code in errors
    assert status == errors[code].metadata["error"]["httpStatusCode"]
    members = {name.lower() for name in errors[code].members}
    assert {name.lower() for name in body} <= members
    assert body["message"]


def test_a_function_dies_with_all_that_it_started(lambda_stand_in: LambdaStandIn, folder: Path) -> None:
    job = submission()
    (folder / "pgspark-test" / "runs").mkdir(parents=True)
    script = folder / job.script_uri.removeprefix("s3://")
    script.parent.mkdir()
    script.write_text(job.script)
    lambda_stand_in.fault("function", seconds=LONG)
    call(lambda_stand_in, FUNCTION, json.dumps(event(job)).encode())
    wait_for(lambda: _sparks(folder) != [], PATIENCE)

    lambda_stand_in.kill()

    wait_for(lambda: _sparks(folder) == [], PATIENCE)
    assert lambda_stand_in.answers == []


def _sparks(folder: Path) -> list[str]:
    """Processes of what pretends to be Spark, for jobs in this folder."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            is_ours = str(folder).encode() in (place / "environ").read_bytes()
            if is_ours and b"pretend_spark.py" in (place / "cmdline").read_bytes():
                found.append(place.name)
    return found


def test_an_event_that_the_function_does_not_understand_is_rejected_by_it(lambda_stand_in: LambdaStandIn) -> None:
    call(lambda_stand_in, FUNCTION, b'{"v": 7}')
    lambda_stand_in.await_end()

    assert lambda_stand_in.answers == ["rejected event"]


def test_an_event_may_be_lost_or_come_twice(lambda_stand_in: LambdaStandIn) -> None:
    lambda_stand_in.fault("function", dropped=True)
    lambda_stand_in.fault("function", times=2)
    for _ in range(2):
        call(lambda_stand_in, FUNCTION, b"{}")
    lambda_stand_in.await_end()

    assert [one["state"] for one in lambda_stand_in.invocations] == ["DROPPED", "RETURNED", "RETURNED"]
