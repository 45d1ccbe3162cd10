"""The stand-in for EMR Serverless as tests drive it."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable
from typing import Any

STANDARD, DATABASE = "00fexamplestandard", "00fexamplepostgres"
ROLE = "arn:aws:iam::123456789012:role/pgspark-job"
DRIVER = "s3://pgspark-test/jars/postgresql-42.7.13.jar"
# Every step takes no longer than the stand-in's own tick.
FAST = {
    "submitted": 0.0,
    "pending": 0.0,
    "scheduled": 0.0,
    "running": 0.1,
    "cancelling": 0.1,
    "application_start": 0.0,
    "minute": 60.0,
}


class StandIn:
    """`url` is the service's address; boto3 finds it by AWS_ENDPOINT_URL_EMR_SERVERLESS."""

    def __init__(self, url: str) -> None:
        self.url = url

    def reset(self) -> None:
        self._send("POST", "reset")
        self.pace(**FAST)

    def pace(self, **seconds: float) -> None:
        self._send("POST", "pace", seconds)

    def fault(self, kind: str, **facts: Any) -> None:
        """See `CallFault` and `JobFault` (kind `job`) of the stand-in."""
        self._send("POST", "faults", {"kind": kind, **facts})

    def change(self, job_id: str, **facts: Any) -> None:
        self._send("POST", "jobs", {"id": job_id, **facts})

    def room(self, application_id: str, most_at_once: int) -> None:
        self._send("POST", "applications", {"id": application_id, "name": "room", "most_at_once": most_at_once})

    @property
    def jobs(self) -> list[dict[str, Any]]:
        return list(self._send("GET", "jobs")["jobs"])

    def calls(self, operation: str = "") -> list[dict[str, Any]]:
        """All requests so far in their order, or those of one operation."""
        return [call for call in self._send("GET", "calls")["calls"] if operation in ("", call["operation"])]

    def state_of(self, job_id: str) -> str:
        return next(str(job["state"]) for job in self.jobs if job["id"] == job_id)

    def await_state(self, job_id: str, *states: str, within: float = 10.0) -> str:
        """Waits until the job is in one of the states, and tells in which."""
        wait_for(lambda: self.state_of(job_id) in states, within)
        return self.state_of(job_id)

    def _send(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None and method == "GET" else json.dumps(body or {}).encode()
        request = urllib.request.Request(f"{self.url}/control/{path}", data=data, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())


def wait_for(happened: Callable[[], bool], within: float = 10.0) -> None:
    deadline = time.monotonic() + within
    while not happened():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
