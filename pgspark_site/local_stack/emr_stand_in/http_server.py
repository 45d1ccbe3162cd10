"""The stand-in's addresses: those of the service, and `/control/` by which a test or a person drives it."""

from __future__ import annotations

import json
import re
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pgspark_site.local_stack.emr_stand_in.applications import Application
from pgspark_site.local_stack.emr_stand_in.faults import CallFault
from pgspark_site.local_stack.emr_stand_in.jobs import Pace
from pgspark_site.local_stack.emr_stand_in.refusals import Refusal, invalid, missing
from pgspark_site.local_stack.emr_stand_in.service import Answer, Service

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


@dataclass(slots=True)
class Call:
    """One request of the service as it came, and the status it was answered with; 0 for one whose answer was lost."""

    operation: str
    application_id: str
    job_id: str
    request: Answer
    status: int
    at: float = field(default_factory=time.time)


class _Lost(Exception):
    """The answer shall not arrive."""

    def __init__(self, fault: CallFault) -> None:
        self.fault = fault


class Server(ThreadingHTTPServer):
    """Listens on loopback only; port 0 takes any that is free."""

    daemon_threads = True
    # A test's fifty connections at once shall all be taken.
    request_queue_size = 128

    def __init__(self, service: Service, port: int = 0) -> None:
        self.service = service
        self.calls: list[Call] = []
        super().__init__(("127.0.0.1", port), Handler)
        service.url = self.url

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def begin(self) -> None:
        """Serves and keeps time in threads that end with the process."""
        for work in (self.serve_forever, self.service.keep_time):
            threading.Thread(target=work, daemon=True).start()

    def wait(self) -> None:
        """Until the process is ended from outside."""
        threading.Event().wait()

    def perform(self, method: str, path: str, query: dict[str, list[str]], body: Answer) -> Answer:
        """One operation of the service. Raises Refusal and _Lost."""
        operation, place = _route(method, path)
        arguments: dict[str, Any] = dict(place)
        arguments |= {"body": body} if operation == "StartJobRun" else {}
        arguments |= {"query": query} if operation == "ListJobRuns" else {}
        call = Call(operation, place["application_id"], place.get("job_id", ""), body or dict(query), 200)
        with self.service.lock:
            self.calls.append(call)
            try:
                self.service.faults.before(operation)
                answer: Answer = getattr(self.service, operation)(**arguments)
            except Refusal as refusal:
                call.status = refusal.status
                raise
            fault = self.service.faults.after(operation)
        if fault is not None:
            call.status = 0
            raise _Lost(fault)
        return answer

    def control(self, method: str, path: str, body: Any) -> Any:
        act = _CONTROLS.get((method, path))
        if act is None:
            raise missing(path)
        with self.service.lock:
            return act(self, body)


def _route(method: str, path: str) -> tuple[str, dict[str, str]]:
    for verb, pattern, operation in _ROUTES:
        match = re.fullmatch(pattern, path)
        if match and verb == method:
            return operation, match.groupdict()
    raise missing(path)


# Driving it.


def _reset(server: Server, body: Any) -> Answer:
    server.service.reset()
    server.calls.clear()
    return {}


def _fault(server: Server, body: Any) -> Answer:
    for told in body if isinstance(body, list) else [body]:
        server.service.faults.add(told)
    return {}


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


_CONTROLS: dict[tuple[str, str], Callable[[Server, Any], Any]] = {
    ("GET", "/control/ready"): lambda server, body: {},
    ("GET", "/control/calls"): lambda server, body: {"calls": [asdict(call) for call in server.calls]},
    ("GET", "/control/jobs"): _jobs,
    ("GET", "/control/applications"): lambda server, body: [
        asdict(one) for one in server.service.applications.values()
    ],
    ("POST", "/control/applications"): _add_application,
    ("POST", "/control/faults"): _fault,
    ("POST", "/control/jobs"): _change_job,
    ("POST", "/control/pace"): _pace,
    ("POST", "/control/reset"): _reset,
}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server
    # Without these each small answer waits for the client's acknowledgement.
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        self._serve("GET")

    def do_POST(self) -> None:
        self._serve("POST")

    def do_DELETE(self) -> None:
        self._serve("DELETE")

    def _serve(self, method: str) -> None:
        address = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        dashboard = re.fullmatch(r"/dashboard/([0-9a-z]+)", address.path)
        if dashboard:
            self._send(200, _DASHBOARD.format(job=dashboard[1]).encode(), "text/html; charset=utf-8")
            return
        try:
            body = json.loads(self.rfile.read(length) or b"{}")
            if address.path.startswith("/control/"):
                answer = self.server.control(method, address.path, body)
            else:
                answer = self.server.perform(method, address.path, parse_qs(address.query), body)
        except Refusal as refusal:
            self._refuse(refusal)
        except _Lost as lost:
            self._lose(lost.fault)
        except (ValueError, TypeError) as error:
            self._refuse(invalid(f"not understood: {type(error).__name__}"))
        else:
            self._answer(200, answer)

    def _lose(self, fault: CallFault) -> None:
        time.sleep(fault.seconds)
        if fault.how == "503":
            self._refuse(Refusal("ServiceUnavailableException", 503, "Service is unavailable"))
            return
        # Closed with unsent data thrown away, the client sees a reset connection.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def _refuse(self, refusal: Refusal) -> None:
        self._answer(refusal.status, {"message": refusal.message}, {"x-amzn-ErrorType": refusal.code})

    def _answer(self, status: int, content: Any, headers: dict[str, str] | None = None) -> None:
        self._send(status, json.dumps(content).encode(), "application/json", headers or {})

    def _send(self, status: int, data: bytes, kind: str, headers: Mapping[str, str] = MappingProxyType({})) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def finish(self) -> None:
        """A connection that was reset on purpose has nothing to flush."""
        try:
            super().finish()
        except OSError:
            self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """`/control/calls` has it all."""
