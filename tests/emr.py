"""The stand-in for EMR Serverless as tests drive it."""

from __future__ import annotations

from typing import Any

from tests.stand_in import Driven, wait_for

__all__ = ["DATABASE", "DRIVER", "FAST", "ROLE", "STANDARD", "StandIn", "offer_emr", "wait_for"]

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


class StandIn(Driven):
    """boto3 finds it by AWS_ENDPOINT_URL_EMR_SERVERLESS. Its faults include `JobFault` (kind `job`)."""

    def reset(self) -> None:
        self.send("POST", "reset")
        self.pace(**FAST)

    def pace(self, **seconds: float) -> None:
        self.send("POST", "pace", seconds)

    def change(self, job_id: str, **facts: Any) -> None:
        self.send("POST", "jobs", {"id": job_id, **facts})

    def room(self, application_id: str, most_at_once: int) -> None:
        self.send("POST", "applications", {"id": application_id, "name": "room", "most_at_once": most_at_once})

    @property
    def jobs(self) -> list[dict[str, Any]]:
        return list(self.send("GET", "jobs")["jobs"])

    def state_of(self, job_id: str) -> str:
        return next(str(job["state"]) for job in self.jobs if job["id"] == job_id)

    def await_state(self, job_id: str, *states: str, within: float = 60.0) -> str:
        """Waits until the job is in one of the states, and tells in which."""
        wait_for(lambda: self.state_of(job_id) in states, within)
        return self.state_of(job_id)


def offer_emr(settings: Any) -> None:
    """The settings for EMR Serverless, as the last of the engines that are offered already."""
    settings.PGSPARK_TARGETS = [*settings.PGSPARK_TARGETS, "emr"]
    settings.PGSPARK_EMR_APPLICATION_ID, settings.PGSPARK_EMR_POSTGRES_APPLICATION_ID = STANDARD, DATABASE
    settings.PGSPARK_EXECUTION_ROLE_ARN, settings.PGSPARK_JDBC_DRIVER_URI = ROLE, DRIVER
