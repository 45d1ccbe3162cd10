"""What the states of EMR Serverless mean for a run. A word that is not known means: wait and ask again."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from jobs.execution.base import Observation, Phase

PHASES: dict[str, Phase] = {
    "SUBMITTED": Phase.WAITING,
    "QUEUED": Phase.WAITING,
    "PENDING": Phase.WAITING,
    "SCHEDULED": Phase.WAITING,
    "RUNNING": Phase.RUNNING,
    # Not an end: the job may still be working, and may still succeed.
    "CANCELLING": Phase.RUNNING,
    "SUCCESS": Phase.SUCCEEDED,
    "FAILED": Phase.FAILED,
    "CANCELLED": Phase.CANCELLED,
}
ACTIVE = ("SUBMITTED", "QUEUED", "PENDING", "SCHEDULED", "RUNNING", "CANCELLING")
ENDED = ("SUCCESS", "FAILED", "CANCELLED")
GONE = Observation(Phase.LOST, "GONE", details="EMR Serverless no longer knows the job.")

Reason = Literal["", "timeout", "memory", "start"]

_TIMED_OUT = re.compile(r"\btimed?[ -]?out\b|execution ?timeout|exceeded .{0,40}(?:time|duration)", re.IGNORECASE)
_OUT_OF_MEMORY = re.compile(r"OutOfMemory|out of memory|exit ?code:? 137\b", re.IGNORECASE)
_NOT_STARTED = re.compile(
    r"queue timeout|capacity|subnet|vcpu.{0,40}(?:limit|quota)|maximum.{0,20}(?:cpu|memory)|could not be started",
    re.IGNORECASE,
)
# The service's names of what it bills, and the portal's.
_RESOURCES = {"vCPUHour": "vcpu_hours", "memoryGBHour": "memory_gb_hours", "storageGBHour": "storage_gb_hours"}
# With these the service quotes the program: what follows are its words, not the service's.
_PROGRAM_SAYS = re.compile(r"exit ?code|last few exceptions", re.IGNORECASE)
_DETAILS_CHARS = 256


def phase_of(state: str) -> Phase:
    return PHASES.get(state, Phase.WAITING)


def observation(job: Mapping[str, Any]) -> Observation:
    """From a job as GetJobRun or ListJobRuns tells it."""
    state, details = str(job["state"]), str(job.get("stateDetails", ""))
    phase, reason = _ending(phase_of(state), details)
    return Observation(phase, state, reason, details[:_DETAILS_CHARS], _billed(job))


def _ending(phase: Phase, details: str) -> tuple[Phase, Reason]:
    """A job that ran out of time ends as CANCELLED: only its details tell that nobody cancelled it."""
    if phase not in (Phase.FAILED, Phase.CANCELLED):
        return phase, ""
    if _PROGRAM_SAYS.search(details):
        return phase, "memory" if phase == Phase.FAILED and _OUT_OF_MEMORY.search(details) else ""
    if _NOT_STARTED.search(details):
        return Phase.FAILED, "start"
    return (Phase.FAILED, "timeout") if _TIMED_OUT.search(details) else (phase, "")


def _billed(job: Mapping[str, Any]) -> dict[str, float]:
    billed: Mapping[str, Any] = job.get("billedResourceUtilization") or {}
    return {name: float(billed[key]) for key, name in _RESOURCES.items() if key in billed}
