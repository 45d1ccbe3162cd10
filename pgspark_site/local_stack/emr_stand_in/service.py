"""The service itself: its operations over applications and jobs, without HTTP. Every method holds the one lock."""

from __future__ import annotations

import base64
import random
import re
import string
import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from pgspark_site.local_stack.emr_stand_in import answers
from pgspark_site.local_stack.emr_stand_in.applications import Application
from pgspark_site.local_stack.emr_stand_in.faults import Faults
from pgspark_site.local_stack.emr_stand_in.jobs import PLACED, Job, Pace, advance
from pgspark_site.local_stack.emr_stand_in.refusals import conflict, invalid, missing
from pgspark_site.local_stack.emr_stand_in.work import Work

Answer = dict[str, Any]
Query = Mapping[str, list[str]]

_TOKEN = re.compile(r"[A-Za-z0-9._-]{1,64}")
_ROLE = re.compile(r"arn:aws[a-zA-Z0-9-]*:iam::\d{12}:role/[\w+=,.@/-]+")
_POLICY_CHARS, _NAME_CHARS, _LEAST_MINUTES, _PAGE = 2048, 256, 5, 50
_TICK_SECONDS = 0.05


class Service:
    """`begin` makes a job's work when it starts to run."""

    def __init__(self, begin: Callable[[Job, Pace], Work]) -> None:
        self._begin = begin
        # Where the stand-in's own dashboard is; the server tells.
        self.url = "http://127.0.0.1"
        self.lock = threading.RLock()
        self.pace, self.faults = Pace(), Faults()
        self.applications: dict[str, Application] = {}
        self.jobs: dict[str, Job] = {}
        self._by_token: dict[tuple[str, str], Job] = {}

    def reset(self) -> None:
        """As if just started, its applications and its pace kept."""
        with self.lock:
            for job in self.jobs.values():
                if job.work is not None and not job.is_final:
                    job.work.stop()
            self.jobs.clear()
            self._by_token.clear()
            self.faults = Faults()
            for found in self.applications.values():
                found.starts = 0
                found.enter("CREATED")

    def keep_time(self) -> None:
        """For a thread of its own, for ever."""
        while True:
            self.tick()
            time.sleep(_TICK_SECONDS)

    def tick(self) -> None:
        with self.lock:
            active = [job for job in self.jobs.values() if not job.is_final]
            for found in self.applications.values():
                self._tick(found, [job for job in active if job.application_id == found.id])

    def _tick(self, found: Application, mine: list[Job]) -> None:
        placed = sum(job.state in PLACED for job in mine)
        found.advance(self.pace, is_needed=placed > 0)
        for job in mine:
            placed -= job.state in PLACED
            advance(
                job,
                self.pace,
                has_place=placed < found.most_at_once,
                is_up=found.state == "STARTED",
                begin=lambda starting: self._begin(starting, self.pace),
            )
            placed += job.state in PLACED

    # Operations, by the names of the service's model.

    def StartJobRun(self, application_id: str, body: Answer) -> Answer:
        found = self._application(application_id)
        token = _checked(body)
        known = self._by_token.get((application_id, token))
        if known is not None:
            if known.request != body:
                raise conflict("A job run with this client token exists with other parameters")
            return answers.started(known)
        fault = self.faults.of_next_job()
        job = Job(_new_id(), found.id, token, body, fault)
        self.jobs[job.id] = self._by_token[application_id, token] = job
        return answers.started(job)

    def GetJobRun(self, application_id: str, job_id: str) -> Answer:
        return {"jobRun": answers.detail(self._job(application_id, job_id))}

    def ListJobRuns(self, application_id: str, query: Query) -> Answer:
        size, start = int(query.get("maxResults", [str(_PAGE)])[0]), _offset(query.get("nextToken", [""])[0])
        if not 1 <= size <= _PAGE:
            raise invalid("maxResults must be 1 to 50")
        chosen = [job for job in self._newest(application_id) if _matches(job, query)]
        answer: Answer = {"jobRuns": [answers.summary(job) for job in chosen[start : start + size]]}
        if len(chosen) > start + size:
            answer["nextToken"] = base64.urlsafe_b64encode(str(start + size).encode()).decode()
        return answer

    def CancelJobRun(self, application_id: str, job_id: str) -> Answer:
        job = self._job(application_id, job_id)
        if job.is_final:
            raise invalid(f"Job run is in the final state {job.state}")
        if job.state != "CANCELLING":
            job.cancel()
        return {"applicationId": application_id, "jobRunId": job_id}

    def GetApplication(self, application_id: str) -> Answer:
        return {"application": answers.application(self._application(application_id))}

    def StartApplication(self, application_id: str) -> Answer:
        self._application(application_id).start()
        return {}

    def GetDashboardForJobRun(self, application_id: str, job_id: str) -> Answer:
        job = self._job(application_id, job_id)
        if job.started_at is None:
            raise invalid("The job run has no dashboard yet")
        secret = "".join(random.choices(string.ascii_letters, k=24))
        return {"url": f"{self.url}/dashboard/{job.id}?authToken={secret}"}

    def _application(self, application_id: str) -> Application:
        if application_id not in self.applications:
            raise missing(f"Application {application_id}")
        return self.applications[application_id]

    def _job(self, application_id: str, job_id: str) -> Job:
        job = self.jobs.get(job_id)
        if job is None or job.application_id != application_id or job.vanished:
            raise missing(f"JobRun {job_id}")
        return job

    def _newest(self, application_id: str) -> list[Job]:
        mine = [job for job in self.jobs.values() if job.application_id == application_id and not job.vanished]
        return sorted(mine, key=lambda job: job.created_at, reverse=True)


def _checked(body: Answer) -> str:
    """The token of a request that the service would take."""
    token = body.get("clientToken", "")
    if not _TOKEN.fullmatch(token):
        raise invalid("clientToken is missing or malformed")
    if not _ROLE.fullmatch(body.get("executionRoleArn", "")):
        raise invalid("executionRoleArn is missing or malformed")
    if not body.get("jobDriver", {}).get("sparkSubmit", {}).get("entryPoint", "").startswith("s3://"):
        raise invalid("jobDriver.sparkSubmit.entryPoint must be an address in S3")
    if len(body.get("executionIamPolicy", {}).get("policy", "")) > _POLICY_CHARS:
        raise invalid("executionIamPolicy.policy is too long")
    if len(body.get("name", "")) > _NAME_CHARS:
        raise invalid("name is too long")
    if body.get("executionTimeoutMinutes", _LEAST_MINUTES) < _LEAST_MINUTES:
        raise invalid("executionTimeoutMinutes must be at least 5")
    return str(token)


def _matches(job: Job, query: Query) -> bool:
    states = query.get("states", [])
    after, before = query.get("createdAtAfter", [""])[0], query.get("createdAtBefore", [""])[0]
    return (
        (not states or job.shown_state in states)
        and (not after or job.created_at > datetime.fromisoformat(after).timestamp())
        and (not before or job.created_at < datetime.fromisoformat(before).timestamp())
    )


def _offset(token: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(token)) if token else 0
    except ValueError as error:
        raise invalid("nextToken is not one of ours") from error


def _new_id() -> str:
    return "00" + "".join(random.choices(string.ascii_lowercase + string.digits, k=14))
