"""The stand-in's addresses: `Invoke`, and `/control/` by which a test or a person drives it."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

from pgspark_site.local_stack.lambda_stand_in.refusals import invalid, missing, unsupported
from pgspark_site.local_stack.lambda_stand_in.service import Function, Invocation, Service
from pgspark_site.local_stack.stand_in.http_server import Asked, Call, Reply, StandInServer
from pgspark_site.local_stack.stand_in.refusals import Refusal

_INVOKE = re.compile(r"/2015-03-31/functions/(?P<function>[^/]+)/invocations")


@dataclass(slots=True, kw_only=True)
class Invoked(Call):
    function: str
    kind: str


class Server(StandInServer):
    """The service over HTTP."""

    service: Service

    def malformed(self, message: str) -> Refusal:
        return invalid(message)

    def perform(self, asked: Asked) -> Reply:
        place = _INVOKE.fullmatch(asked.path)
        if place is None or asked.method != "POST":
            raise unsupported("This stand-in knows Invoke only")
        kind = asked.headers.get("x-amz-invocation-type", "RequestResponse")
        call = Invoked(operation="Invoke", status=202, function=place["function"], kind=kind)
        request = self.performed(call, lambda: self.service.invoke(call.function, call.kind, asked.data))
        return Reply(b"", call.status, headers={"x-amzn-RequestId": request})

    def missing(self, path: str) -> Refusal:
        return missing(path)


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


Server.controls = {
    ("GET", "/control/invocations"): lambda server, body: {
        "invocations": [_told(invocation) for invocation in server.service.invocations]
    },
    ("POST", "/control/functions"): _add_function,
    ("POST", "/control/kill"): _kill,
    ("POST", "/control/release"): _release,
}
