"""A job of the stand-in and its way through the nine states."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from pgspark_site.local_stack.emr_stand_in.faults import JobFault
from pgspark_site.local_stack.emr_stand_in.work import Task, Work

_OBJECTS = re.compile(r"arn:aws[\w-]*:s3:::([^/*]+)/((?:[^*]|(?<=\$\{)\*)*)(\*?)")
_GLUE_TABLE = re.compile(r':table/([^/"*]+)/([^/"*]+)"')
FINAL = ("SUCCESS", "FAILED", "CANCELLED")
# These hold one of the places of `maxConcurrentRuns`.
PLACED = ("PENDING", "SCHEDULED", "RUNNING", "CANCELLING")
_WORDS = {
    "SUBMITTED": "Job has been submitted",
    "QUEUED": "Job is queued until another run ends",
    "PENDING": "Waiting for the application to start",
    "SCHEDULED": "Waiting for workers",
    "RUNNING": "Job is running",
    "CANCELLING": "Job is being cancelled",
    "CANCELLED": "Job was cancelled",
}


@dataclass(slots=True)
class Pace:
    """How many seconds things take; `minute` is what the service takes for one when it counts a time limit."""

    submitted: float = 0.3
    pending: float = 0.5
    scheduled: float = 0.7
    running: float = 2.0
    cancelling: float = 1.0
    application_start: float = 1.0
    application_idle: float = 900.0
    minute: float = 60.0


@dataclass(slots=True)
class Job:
    """Times are seconds since 1970, as the service tells them."""

    id: str
    application_id: str
    token: str
    request: dict[str, Any]
    fault: JobFault
    state: str = "SUBMITTED"
    details: str = _WORDS["SUBMITTED"]
    created_at: float = field(default_factory=time.time)
    entered_at: float = field(default_factory=time.time)
    started_at: float | None = None
    ended_at: float | None = None
    queued_seconds: float = 0.0
    timed_out: bool = False
    vanished: bool = False
    work: Work | None = None

    @property
    def is_final(self) -> bool:
        return self.state in FINAL

    @property
    def shown_state(self) -> str:
        return self.fault.shown or self.state

    @property
    def timeout_minutes(self) -> int:
        return int(self.request.get("executionTimeoutMinutes", 720))

    @property
    def task(self) -> Task:
        monitoring = self.request.get("configurationOverrides", {}).get("monitoringConfiguration", {})
        uri = monitoring.get("s3MonitoringConfiguration", {}).get("logUri", "")
        folder = f"applications/{self.application_id}/jobs/{self.id}/"
        attempt = "attempts/1/" if self.fault.as_attempt else ""
        logs = f"{uri.rstrip('/')}/{folder}{attempt}SPARK_DRIVER/" if uri else ""
        script = self.request["jobDriver"]["sparkSubmit"]["entryPoint"]
        return Task(self.id, script, logs, timedelta(minutes=self.timeout_minutes), self._glue_tables, self._inputs)

    @property
    def _glue_tables(self) -> tuple[str, ...]:
        """Those that the job's rights name one by one: the local engine has to be told, where the service has Glue."""
        return tuple(f"{database}.{table}" for database, table in _GLUE_TABLE.findall(self._policy))

    @property
    def _inputs(self) -> tuple[str, ...]:
        """The objects, and folders for prefixes, that the job's rights name: the local engine shows it no others."""
        statements = json.loads(self._policy or '{"Statement": []}')["Statement"]
        arns = [
            arn
            for one in statements
            for arn in ([one["Resource"]] if isinstance(one["Resource"], str) else one["Resource"])
        ]
        return tuple(sorted({_address(*found.groups()) for arn in arns if (found := _OBJECTS.fullmatch(arn))}))

    @property
    def _policy(self) -> str:
        return str(self.request.get("executionIamPolicy", {}).get("policy", ""))

    def enter(self, state: str, details: str = "") -> None:
        now = time.time()
        if self.state == "QUEUED":
            self.queued_seconds = now - self.entered_at
        self.state, self.entered_at = state, now
        self.details = details or _WORDS[state]
        if state == "RUNNING":
            self.started_at = now
        if self.is_final:
            self.ended_at = now

    def cancel(self, *, timed_out: bool = False) -> None:
        self.timed_out = timed_out
        self.enter("CANCELLING")


def _address(bucket: str, key: str, star: str) -> str:
    """Of the pattern of a policy; of one with a star at its end, the folder that holds what it names."""
    key = re.sub(r"\$\{([*?$])\}", r"\1", key)
    return f"s3://{bucket}/{key[: key.rfind('/') + 1] if star else key}"


def advance(job: Job, pace: Pace, *, has_place: bool, is_up: bool, begin: Callable[[Job], Work]) -> None:
    """One look at the clock; at most one state further."""
    if job.is_final or job.fault.stuck == job.state:
        return
    waited = time.time() - job.entered_at
    if job.state == "SUBMITTED" and waited >= pace.submitted:
        job.enter("PENDING" if has_place else "QUEUED")
    elif job.state == "QUEUED" and has_place:
        job.enter("PENDING")
    elif job.state == "PENDING" and is_up and waited >= pace.pending:
        job.enter("SCHEDULED")
    elif job.state == "SCHEDULED" and waited >= pace.scheduled:
        job.work = begin(job)
        job.enter("RUNNING")
    elif job.state == "RUNNING":
        _work(job, pace, waited)
    elif job.state == "CANCELLING" and waited >= pace.cancelling:
        _finish_cancelling(job)


def _work(job: Job, pace: Pace, waited: float) -> None:
    ending = job.work.ended() if job.work else None
    if ending is not None:
        job.enter("SUCCESS" if ending.succeeded else "FAILED", ending.details)
    elif waited > job.timeout_minutes * pace.minute:
        job.cancel(timed_out=True)


def _finish_cancelling(job: Job) -> None:
    if job.work is not None:
        job.work.stop()
    limit = f"Job exceeded its execution timeout of {job.timeout_minutes} minutes"
    job.enter("CANCELLED", limit if job.timed_out else "")
