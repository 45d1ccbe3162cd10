"""What goes wrong on request: each fault is used up by the calls or the jobs that it hits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from pgspark_site.local_stack.emr_stand_in.refusals import throttled
from pgspark_site.local_stack.stand_in.faults import CallFaults


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


class Faults(CallFaults):
    def __init__(self) -> None:
        super().__init__(throttled)
        self.jobs: list[JobFault] = []

    def add(self, told: dict[str, Any]) -> None:
        """As for all stand-ins, and `{"kind": "job", ...}` for jobs."""
        told = dict(told)
        if told.get("kind") == "job":
            told.pop("kind")
            self.jobs.append(JobFault(**told))
        else:
            super().add(told)

    def of_next_job(self) -> JobFault:
        fault = next((fault for fault in self.jobs if fault.count > 0), None)
        if fault is None:
            return JobFault(count=0)
        fault.count -= 1
        return fault
