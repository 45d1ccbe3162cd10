"""The stand-in's addresses: `Invoke`, and `/control/` by which a test or a person drives it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from pgspark_site.local_stack.lambda_stand_in.refusals import invalid, missing, unsupported
from pgspark_site.local_stack.lambda_stand_in.service import Function, Invocation, Service
from pgspark_site.local_stack.stand_in.http_server import Asked, Lost, Reply, StandInServer
from pgspark_site.local_stack.stand_in.refusals import Refusal

_INVOKE = re.compile(r"/2015-03-31/functions/(?P<function>[^/]+)/invocations")


@dataclass(slots=True)
class Call:
    """One request as it came, and the status it was answered with; 0 for one whose answer was lost."""

    function: str
    kind: str
    status: int = 202
    operation: str = "Invoke"
    at: float = field(default_factory=time.time)


class Server(StandInServer):
    """The service over HTTP."""

    def __init__(self, service: Service, port: int = 0) -> None:
        self.service = service
        self.calls: list[Call] = []
        super().__init__(port)

    def malformed(self, message: str) -> Refusal:
        return invalid(message)

    def perform(self, asked: Asked) -> Reply:
        place = _INVOKE.fullmatch(asked.path)
        if place is None or asked.method != "POST":
            raise unsupported("This stand-in knows Invoke only")
        call = Call(place["function"], asked.headers.get("x-amz-invocation-type", "RequestResponse"))
        with self.service.lock:
            self.calls.append(call)
            try:
                self.service.faults.before("Invoke")
                request = self.service.invoke(call.function, call.kind, asked.data)
            except Refusal as refusal:
                call.status = refusal.status
                raise
            fault = self.service.faults.after("Invoke")
        if fault is not None:
            call.status = 0
            raise Lost(fault)
        return Reply(b"", call.status, headers={"x-amzn-RequestId": request})

    def control(self, method: str, path: str, body: Any) -> Any:
        act = _CONTROLS.get((method, path))
        if act is None:
            raise missing(path)
        with self.service.lock:
            return act(self, body)


def _reset(server: Server, body: Any) -> Any:
    server.service.reset()
    server.calls.clear()
    return {}


def _fault(server: Server, body: Any) -> Any:
    for told in body if isinstance(body, list) else [body]:
        server.service.faults.add(told)
    return {}


def _add_function(server: Server, body: Any) -> Any:
    made = Function(**body)
    server.service.functions[made.name] = made
    return asdict(made)


def _kill(server: Server, body: Any) -> Any:
    """All that runs dies, as a function does that takes too much memory."""
    for invocation in server.service.invocations:
        server.service.end(invocation)
    return {}


def _release(server: Server, body: Any) -> Any:
    """What is held in the queue is delivered."""
    for invocation in server.service.invocations:
        invocation.released.set()
    return {}


def _told(invocation: Invocation) -> dict[str, Any]:
    names = ("id", "function", "event", "state", "answer")
    return {name: getattr(invocation, name) for name in names}


_CONTROLS: dict[tuple[str, str], Callable[[Server, Any], Any]] = {
    ("GET", "/control/ready"): lambda server, body: {},
    ("GET", "/control/calls"): lambda server, body: {"calls": [asdict(call) for call in server.calls]},
    ("GET", "/control/invocations"): lambda server, body: {
        "invocations": [_told(invocation) for invocation in server.service.invocations]
    },
    ("POST", "/control/functions"): _add_function,
    ("POST", "/control/faults"): _fault,
    ("POST", "/control/kill"): _kill,
    ("POST", "/control/release"): _release,
    ("POST", "/control/reset"): _reset,
}
