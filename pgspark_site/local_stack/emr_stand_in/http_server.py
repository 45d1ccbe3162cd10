"""The stand-in's addresses: those of the service, and `/control/` by which a test or a person drives it."""

from __future__ import annotations

import re
import threading
from dataclasses import asdict, dataclass
from typing import Any

from pgspark_site.local_stack.emr_stand_in.applications import Application
from pgspark_site.local_stack.emr_stand_in.jobs import Pace
from pgspark_site.local_stack.emr_stand_in.refusals import invalid, missing
from pgspark_site.local_stack.emr_stand_in.service import Answer, Service
from pgspark_site.local_stack.stand_in.http_server import Asked, Call, Reply, StandInServer, json_reply
from pgspark_site.local_stack.stand_in.refusals import Refusal

_APPLICATION = r"/applications/(?P<application_id>[0-9a-z]+)"
_JOB = _APPLICATION + r"/jobruns/(?P<job_id>[0-9a-z]+)"
_DASHBOARD = """<!doctype html><title>Spark UI</title><h1>Spark UI of job {job}</h1>
<p>This is the stand-in: on AWS the live Spark UI or the history server would be here.</p>"""
_ROUTES = (
    ("POST", _APPLICATION + "/jobruns", "StartJobRun"),
    ("GET", _APPLICATION + "/jobruns", "ListJobRuns"),
    ("GET", _JOB, "GetJobRun"),
    ("DELETE", _JOB, "CancelJobRun"),
    ("GET", _JOB + "/dashboard", "GetDashboardForJobRun"),
    ("GET", _APPLICATION, "GetApplication"),
    ("POST", _APPLICATION + "/start", "StartApplication"),
)


@dataclass(slots=True, kw_only=True)
class Operated(Call):
    application_id: str
    job_id: str
    request: Answer


class Server(StandInServer):
    """The service over HTTP, and its clock."""

    service: Service

    def __init__(self, service: Service, port: int = 0) -> None:
        super().__init__(service, port)
        service.url = self.url

    def begin(self) -> None:
        super().begin()
        threading.Thread(target=self.service.keep_time, daemon=True).start()

    def malformed(self, message: str) -> Refusal:
        return invalid(message)

    def perform(self, asked: Asked) -> Reply:
        dashboard = re.fullmatch(r"/dashboard/([0-9a-z]+)", asked.path)
        if dashboard:
            return Reply(_DASHBOARD.format(job=dashboard[1]).encode(), kind="text/html; charset=utf-8")
        return json_reply(self._operate(asked))

    def _operate(self, asked: Asked) -> Answer:
        operation, place = _route(asked.method, asked.path)
        query, body = asked.query, asked.body
        arguments: dict[str, Any] = dict(place)
        arguments |= {"body": body} if operation == "StartJobRun" else {}
        arguments |= {"query": query} if operation == "ListJobRuns" else {}
        call = Operated(
            operation=operation,
            status=200,
            application_id=place["application_id"],
            job_id=place.get("job_id", ""),
            request=body or dict(query),
        )
        answer: Answer = self.performed(call, lambda: getattr(self.service, operation)(**arguments))
        return answer

    def missing(self, path: str) -> Refusal:
        return missing(path)


def _route(method: str, path: str) -> tuple[str, dict[str, str]]:
    for verb, pattern, operation in _ROUTES:
        match = re.fullmatch(pattern, path)
        if match and verb == method:
            return operation, match.groupdict()
    raise missing(path)


# Driving it.


def _pace(server: Server, body: Any) -> Answer:
    server.service.pace = Pace(**{**asdict(server.service.pace), **body})
    return asdict(server.service.pace)


def _add_application(server: Server, body: Any) -> Answer:
    made = Application(**body)
    server.service.applications[made.id] = made
    return asdict(made)


def _change_job(server: Server, body: Any) -> Answer:
    """`{"id": ..., "vanished": true}`, or what a JobFault holds, for a job that is there already."""
    job = server.service.jobs.get(body.pop("id", ""))
    if job is None:
        raise missing("This job")
    job.vanished = body.pop("vanished", job.vanished)
    for name, value in body.items():
        if not hasattr(job.fault, name):
            raise invalid(f"no such fault: {name}")
        setattr(job.fault, name, value)
    return {}


def _jobs(server: Server, body: Any) -> Answer:
    return {
        "jobs": [
            {"id": job.id, "token": job.token, "state": job.state, "request": job.request}
            for job in server.service.jobs.values()
        ]
    }


Server.controls = {
    ("GET", "/control/jobs"): _jobs,
    ("GET", "/control/applications"): lambda server, body: [
        asdict(one) for one in server.service.applications.values()
    ],
    ("POST", "/control/applications"): _add_application,
    ("POST", "/control/jobs"): _change_job,
    ("POST", "/control/pace"): _pace,
}
