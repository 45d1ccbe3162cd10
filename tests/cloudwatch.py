"""A stand-in for CloudWatch Logs in the tests' own process: streams, pages by token, and what goes wrong with calls."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from pgspark_site.local_stack.stand_in.faults import CallFaults
from pgspark_site.local_stack.stand_in.http_server import Asked, Call, Reply, StandInServer, json_reply
from pgspark_site.local_stack.stand_in.refusals import Refusal

ADDRESS_VARIABLE = "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS"
_OPERATIONS = ("DescribeLogStreams", "GetLogEvents")


class _InTheBody(Refusal):
    """This service tells the error's code there."""

    @property
    def content(self) -> dict[str, Any]:
        return {"__type": self.code, "message": self.message}


def _throttled() -> Refusal:
    return Refusal("ThrottlingException", 400, "Rate exceeded")


def _missing() -> Refusal:
    return Refusal("ResourceNotFoundException", 400, "The specified log group or stream does not exist.")


@dataclass
class LogService:
    """`groups` hold streams, which hold messages; a page has at most `page` of them.

    Before the events of a page come `empty_pages` without any, as the service may give them. A token is worth nothing
    any more once `generation` has been raised.
    """

    groups: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    page: int = 10_000
    empty_pages: int = 0
    generation: int = 0
    lock: threading.RLock = field(default_factory=threading.RLock)
    faults: CallFaults = field(default_factory=lambda: CallFaults(_throttled))

    def reset(self) -> None:
        self.groups.clear()
        self.page, self.empty_pages, self.generation = 10_000, 0, 0
        self.faults = CallFaults(_throttled)

    def write(self, group: str, stream: str, *messages: str) -> None:
        with self.lock:
            self.groups.setdefault(group, {}).setdefault(stream, []).extend(messages)

    # Operations, by the names of the service's model.

    def DescribeLogStreams(self, body: dict[str, Any]) -> dict[str, Any]:
        prefix, start = body.get("logStreamNamePrefix", ""), int(body.get("nextToken", 0))
        names = sorted(name for name in self._group(body) if name.startswith(prefix))
        size = min(int(body.get("limit", 50)), 50)
        more = {"nextToken": str(start + size)} if len(names) > start + size else {}
        return {"logStreams": [{"logStreamName": name} for name in names[start : start + size]], **more}

    def GetLogEvents(self, body: dict[str, Any]) -> dict[str, Any]:
        stream = self._group(body).get(body["logStreamName"])
        if stream is None:
            raise _missing()
        if not body.get("startFromHead"):
            raise Refusal("InvalidParameterException", 400, "Only reading from the head is known here.")
        start, empty = self._after(body.get("nextToken"))
        if empty < self.empty_pages and start < len(stream):
            return self._answer([], start, empty + 1)
        messages = stream[start : start + self.page]
        return self._answer(messages, start + len(messages), 0)

    def _answer(self, messages: list[str], end: int, empty: int) -> dict[str, Any]:
        now = int(time.time() * 1000)
        events = [{"timestamp": now, "ingestionTime": now, "message": message} for message in messages]
        return {
            "events": events,
            "nextForwardToken": f"f/{self.generation}/{end}/{empty}",
            "nextBackwardToken": f"b/{self.generation}/0/0",
        }

    def _after(self, token: str | None) -> tuple[int, int]:
        if token is None:
            return 0, 0
        generation, end, empty = (int(part) for part in token.removeprefix("f/").split("/"))
        if generation != self.generation:
            raise Refusal("InvalidParameterException", 400, "The specified nextToken is invalid.")
        return end, empty

    def _group(self, body: dict[str, Any]) -> dict[str, list[str]]:
        if body["logGroupName"] not in self.groups:
            raise _missing()
        return self.groups[body["logGroupName"]]


class LogServer(StandInServer):
    service: LogService

    def perform(self, asked: Asked) -> Reply:
        operation = asked.headers.get("x-amz-target", "").rpartition(".")[2]
        if operation not in _OPERATIONS:
            raise self.missing(operation)
        call = Call(operation=operation, status=200)
        try:
            return json_reply(self.performed(call, lambda: getattr(self.service, operation)(asked.body)))
        except Refusal as refusal:
            raise _InTheBody(refusal.code, refusal.status, refusal.message) from refusal

    def missing(self, path: str) -> Refusal:
        return Refusal("UnknownOperationException", 400, path)

    def malformed(self, message: str) -> Refusal:
        return Refusal("SerializationException", 400, message)

    def asked(self, operation: str) -> int:
        """How often it was called."""
        return sum(call.operation == operation for call in self.calls)


@contextmanager
def log_server() -> Iterator[LogServer]:
    """Listening; boto3 finds it by `ADDRESS_VARIABLE`."""
    server = LogServer(LogService())
    server.begin()
    yield server
    server.shutdown()
    server.server_close()
