"""What every engine can do: submit once, be asked, be cancelled, and give its log by cursor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Literal, Protocol

Stream = Literal["stdout", "stderr"]


class Phase(StrEnum):
    """Where a job is, whatever the engine calls it. LOST: the engine no longer knows it."""

    WAITING = "waiting"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class Submission:
    """A job to start. The same `token` always means the same job: submitting it again starts nothing."""

    token: str
    name: str
    script: str
    timeout: timedelta


@dataclass(frozen=True, slots=True)
class Observation:
    """`raw` is the engine's own word for its state; `reason` is set when its time limit or memory ended it."""

    phase: Phase
    raw: str
    reason: Literal["", "timeout", "memory", "start"] = ""


@dataclass(frozen=True, slots=True)
class LogChunk:
    """Log bytes from `start` up to `end`, cut at whole lines while the job runs; `size` is all there is now."""

    text: str
    start: int
    end: int
    size: int


class Engine(Protocol):
    """Every call has a time limit and may be made twice without harm; failures are PortalErrors."""

    def submit(self, job: Submission) -> str:
        """Starts the job, or finds it started, and returns the engine's id for it."""
        ...

    def observe(self, external_id: str) -> Observation: ...

    def cancel(self, external_id: str) -> None:
        """Asks the engine to stop the job; `observe` tells when it has."""
        ...

    def log(self, external_id: str, stream: Stream, *, start: int, limit: int) -> LogChunk: ...
