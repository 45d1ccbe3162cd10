"""The service itself, without HTTP: functions, events that are delivered to them, and what becomes of those."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pgspark_site.local_stack.lambda_stand_in.refusals import invalid, missing, throttled, too_large, unsupported
from pgspark_site.local_stack.lambda_stand_in.sandboxes import Execution, Sandbox, pretending
from pgspark_site.local_stack.stand_in.faults import CallFaults
from pgspark_site.local_stack.stand_in.results import no_rows

MOST_EVENT_BYTES = 1024 * 1024


@dataclass(slots=True)
class Function:
    name: str
    memory_mb: int = 2048
    timeout_seconds: float = 300


@dataclass(slots=True)
class FunctionFault:
    """What befalls events that are taken from now on, and what the function's Spark pretends with them.

    A `held` event stays in the queue until it is released; a `dropped` one is never delivered, others `times` times.
    """

    count: int = 1
    times: int = 1
    dropped: bool = False
    held: bool = False
    seconds: float = 0.1
    exit_code: int = 0
    stdout: str = ""
    stderr: str = ""
    without_manifest: bool = False


@dataclass(slots=True)
class Invocation:
    """One delivery of an event. `state` is QUEUED, RUNNING, RETURNED, DIED or DROPPED; `answer` what was returned."""

    id: str
    function: str
    event: Any
    state: str = "QUEUED"
    answer: Any = None
    at: float = field(default_factory=time.time)
    sandbox: Sandbox | None = None
    released: threading.Event = field(default_factory=threading.Event)


class Faults(CallFaults):
    def __init__(self) -> None:
        super().__init__(throttled)
        self.functions: list[FunctionFault] = []

    def add(self, told: dict[str, Any]) -> None:
        """As for all stand-ins, and `{"kind": "function", ...}` for what becomes of events."""
        told = dict(told)
        if told.get("kind") == "function":
            told.pop("kind")
            self.functions.append(FunctionFault(**told))
        else:
            super().add(told)

    def of_next_event(self) -> FunctionFault:
        fault = next((fault for fault in self.functions if fault.count > 0), None)
        if fault is None:
            return FunctionFault()
        fault.count -= 1
        return fault


class Service:
    """`spark` is the environment with which functions run Spark for real; without it they pretend."""

    def __init__(self, store: Callable[[], Path | None], spark: Callable[[], Mapping[str, str]] | None = None) -> None:
        self._store, self._spark = store, spark
        self.lock = threading.RLock()
        self.faults = Faults()
        self.functions: dict[str, Function] = {}
        self.invocations: list[Invocation] = []

    def reset(self) -> None:
        """As if just started, its functions kept; what runs is ended."""
        with self.lock:
            ending, self.invocations = self.invocations, []
            self.faults = Faults()
        for invocation in ending:
            self.end(invocation)

    def end(self, invocation: Invocation) -> None:
        """The function dies in this moment; one that has not begun never will."""
        if invocation.sandbox is not None:
            invocation.sandbox.end()
        invocation.released.set()

    def invoke(self, name: str, kind: str, data: bytes) -> str:
        """Takes an event and returns the number of the request. Raises Refusal."""
        function = self.functions.get(name.rpartition("function:")[2].partition(":")[0])
        if function is None:
            raise missing(name)
        if kind != "Event":
            raise unsupported("This stand-in takes asynchronous events only")
        if len(data) > MOST_EVENT_BYTES:
            raise too_large(len(data))
        try:
            event = json.loads(data)
        except ValueError as error:
            raise invalid("Could not parse request body into json") from error
        fault = self.faults.of_next_event()
        for _ in range(fault.times):
            self._take(function, event, fault)
        return str(uuid.uuid4())

    def _take(self, function: Function, event: Any, fault: FunctionFault) -> None:
        invocation = Invocation(str(uuid.uuid4()), function.name, event)
        self.invocations.append(invocation)
        store = self._store()
        if fault.dropped or store is None:
            invocation.state = "DROPPED"
            return
        environment = self._spark() if self._spark else _pretence(event, store, fault)
        execution = Execution(event, store, function.memory_mb, function.timeout_seconds, environment)
        invocation.sandbox = Sandbox(execution)
        if not fault.held:
            invocation.released.set()
        threading.Thread(target=_deliver, args=(invocation,), daemon=True).start()


def _deliver(invocation: Invocation) -> None:
    invocation.released.wait()
    invocation.state = "RUNNING"
    if invocation.sandbox is not None:
        invocation.answer = invocation.sandbox.run()
    invocation.state = "DIED" if invocation.answer is None else "RETURNED"


def _pretence(event: Any, store: Path, fault: FunctionFault) -> dict[str, str]:
    uri = event.get("manifest_uri", "") if isinstance(event, dict) else ""
    manifest = "" if fault.without_manifest else str(store / str(uri).removeprefix("s3://"))
    return pretending(
        seconds=fault.seconds,
        stdout=fault.stdout,
        stderr=fault.stderr,
        exit_code=fault.exit_code,
        manifest=manifest,
        content=no_rows(),
    )
