"""What goes wrong on request: each fault is used up by the calls or the jobs that it hits."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from pgspark_site.local_stack.emr_stand_in.refusals import Refusal, throttled

How = Literal["", "reset", "503", "slow"]


@dataclass(slots=True)
class CallFault:
    """`throttle` and `error` hit before the call has its effect, `lose_answer` after it."""

    kind: Literal["throttle", "error", "lose_answer"]
    operation: str = "*"
    count: int = 1
    how: How = "reset"
    seconds: float = 0.0
    code: str = "InternalServerException"
    status: int = 500

    def hits(self, operation: str) -> bool:
        return self.count > 0 and self.operation in ("*", operation)


@dataclass(slots=True)
class JobFault:
    """What befalls jobs that are started from now on.

    `stuck` names the state that a job does not leave, `shown` a state that the service tells in place of the true one.
    With `fail` the job ends as FAILED with these details and logs; `as_attempt` puts its logs where the service puts
    those of a job that it may try more than once.
    """

    count: int = 1
    stuck: str = ""
    shown: str = ""
    fail: bool = False
    details: str = "Job failed, please check complete logs in configured logging destination. ExitCode: 1."
    stdout: str = ""
    stderr: str = ""
    as_attempt: bool = False


@dataclass(slots=True)
class Faults:
    calls: list[CallFault] = field(default_factory=list)
    jobs: list[JobFault] = field(default_factory=list)

    def add(self, told: dict[str, Any]) -> None:
        """`{"kind": "throttle" | "error" | "lose_answer", ...}` for calls, `{"kind": "job", ...}` for jobs."""
        told = dict(told)
        if told.get("kind") == "job":
            told.pop("kind")
            self.jobs.append(JobFault(**told))
        else:
            self.calls.append(CallFault(**told))

    def before(self, operation: str) -> None:
        """Raises what the call shall be refused with."""
        fault = self._take(operation, ("throttle", "error"))
        if fault is not None:
            raise throttled() if fault.kind == "throttle" else Refusal(fault.code, fault.status, "As asked for")

    def after(self, operation: str) -> CallFault | None:
        return self._take(operation, ("lose_answer",))

    def of_next_job(self) -> JobFault:
        fault = next((fault for fault in self.jobs if fault.count > 0), None)
        if fault is None:
            return JobFault(count=0)
        fault.count -= 1
        return fault

    def _take(self, operation: str, kinds: tuple[str, ...]) -> CallFault | None:
        fault = next((fault for fault in self.calls if fault.kind in kinds and fault.hits(operation)), None)
        if fault is not None:
            fault.count -= 1
        return fault
