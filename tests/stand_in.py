"""What tests do with every stand-in for a service of AWS: drive it by `/control/`, and wait for what it does."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Callable
from typing import Any


class Driven:
    """`url` is the service's address."""

    def __init__(self, url: str) -> None:
        self.url = url

    def fault(self, kind: str, **facts: Any) -> None:
        """See `CallFault` of the stand-ins, and what each adds to it."""
        self.send("POST", "faults", {"kind": kind, **facts})

    def calls(self, operation: str = "") -> list[dict[str, Any]]:
        """All requests so far in their order, or those of one operation."""
        return [call for call in self.send("GET", "calls")["calls"] if operation in ("", call["operation"])]

    def send(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None and method == "GET" else json.dumps(body or {}).encode()
        request = urllib.request.Request(f"{self.url}/control/{path}", data=data, method=method)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())


def wait_for(happened: Callable[[], bool], within: float = 60.0) -> None:
    deadline = time.monotonic() + within
    while not happened():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
