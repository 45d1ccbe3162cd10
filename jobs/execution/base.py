"""What every engine can do: submit once, be asked, be cancelled, and give its log by cursor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal, Protocol

from connections.errors import PortalError

Stream = Literal["stdout", "stderr"]


class Phase(StrEnum):
    """Where a job is, whatever the engine calls it. LOST: the engine no longer knows it. LATER: not asked yet."""

    WAITING = "waiting"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Access:
    """All that a job may reach besides its own script and output; engines grant nothing else.

    `inputs` are s3:// addresses, of objects or, with a slash at the end, of prefixes; `glue_tables` are DATABASE.TABLE.
    `uses_database` says that the PostgreSQL driver, and a way to the databases, are needed; `uses_iam_login` that it
    logs in to one of them by a token of IAM.
    """

    secret_arns: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    glue_tables: tuple[str, ...] = ()
    uses_database: bool = False
    uses_iam_login: bool = False

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Access:
        """From `JobRun.access`, where `dataclasses.asdict` has put it."""
        return cls(
            secret_arns=tuple(stored.get("secret_arns", ())),
            inputs=tuple(stored.get("inputs", ())),
            glue_tables=tuple(stored.get("glue_tables", ())),
            uses_database=bool(stored.get("uses_database")),
            uses_iam_login=bool(stored.get("uses_iam_login")),
        )


@dataclass(frozen=True, slots=True)
class Size:
    """vCPUs, and GB of memory, per worker; `disk_gb` too."""

    driver_cores: int
    driver_memory_gb: int
    executor_cores: int
    executor_memory_gb: int
    executors: int
    disk_gb: int = 20

    @classmethod
    def of(cls, profile: Any) -> Size:
        """What a resource profile means now."""
        return cls(**{one.name: getattr(profile, one.name) for one in fields(cls)})

    @classmethod
    def from_dict(cls, stored: Mapping[str, int]) -> Size | None:
        """From `JobRun.size`, where `dataclasses.asdict` has put it; None where the engine has no choice."""
        return cls(**stored) if stored else None

    @property
    def vcpus(self) -> int:
        """Of all workers together."""
        return self.driver_cores + self.executors * self.executor_cores

    @property
    def memory_gb(self) -> int:
        """Of all workers together."""
        return self.driver_memory_gb + self.executors * self.executor_memory_gb


@dataclass(frozen=True, slots=True)
class Submission:
    """A job to start. The same `token` always means the same job: submitting it again starts nothing.

    The script lies at `script_uri` already; it writes below `output_uri` (a prefix) and to `manifest_uri`; an engine
    that keeps its logs in the store puts them below `log_uri` (a prefix of this run alone).
    `size` and `application_id` are for engines that have a choice.
    """

    token: str
    name: str
    script: str
    timeout: timedelta
    script_uri: str = ""
    output_uri: str = ""
    manifest_uri: str = ""
    log_uri: str = ""
    access: Access = field(default_factory=Access)
    size: Size | None = None
    application_id: str = ""


@dataclass(frozen=True, slots=True)
class Handle:
    """How a submitted job is found again; `submitted_at` bounds how far back an engine has to look."""

    token: str
    external_id: str
    application_id: str = ""
    submitted_at: datetime | None = None
    log_uri: str = ""


@dataclass(frozen=True, slots=True)
class Observation:
    """`raw` is the engine's own word for its state, `details` its own sentence about it.

    `reason` is set when the engine itself tells why it ended; `resources` once it has billed some, in its own units.
    """

    phase: Phase
    raw: str
    reason: Literal["", "timeout", "memory", "start"] = ""
    details: str = ""
    resources: Mapping[str, float] = field(default_factory=dict)


# Many jobs have ended at once: this one's turn comes with the next question.
LATER = Observation(Phase.LATER, "")


@dataclass(frozen=True, slots=True)
class LogSource:
    """Where a log is read from.

    `name` goes with a cursor into it; empty while nothing is there, so that the next question may find another source.
    It may still bring lines for as long as `lag` after the job's end. `note` is what a person should know of it: why
    nothing is there yet, or why it is not the source that was to be expected.
    """

    name: str = ""
    lag: timedelta = timedelta(0)
    note: str = ""


@dataclass(frozen=True, slots=True)
class LogChunk:
    """Log bytes from `start` up to `end`, cut at whole lines while the job runs; `size` is all that is known of now."""

    text: str
    start: int
    end: int
    size: int
    source: LogSource = field(default_factory=LogSource)


class Engine(Protocol):
    """Every call has a time limit and may be made twice without harm; failures are PortalErrors."""

    def submit(self, job: Submission) -> str:
        """Starts the job, or finds it started, and returns the engine's id for it."""
        ...

    def find(self, handle: Handle) -> str:
        """The id of the job that was started with the handle's token, empty when there is none."""
        ...

    def withdraw(self, handle: Handle, *, because: PortalError) -> str:
        """As `find`, when a submission is given up; what is not found does not start later, if that can be helped.

        `because` is the submission's last error: with some, the job that is there is none of the run's.
        """
        ...

    def observe(self, handles: Sequence[Handle]) -> dict[str, Observation]:
        """Where the jobs are, by their `external_id`, with as few calls of the service as it allows.

        One that could not be asked about now is left out; raises only when that is so of all. An engine that does
        not ask about all of many jobs at once says LATER of the others.
        """
        ...

    def cancel(self, handle: Handle) -> None:
        """Asks the engine to stop the job; `observe` tells when it has."""
        ...

    def log(self, handle: Handle, stream: Stream, *, start: int, limit: int, source: str = "") -> LogChunk:
        """At most `limit` bytes from byte `start`, or the last ones where it is negative; redacted.

        `source` is the name of the one that the cursor `start` is of; without it the engine takes the best there is.
        """
        ...

    def remark(self, job: Submission) -> str:
        """What is worth telling, besides that it was done, of how the job is submitted: a sentence, or nothing."""
        ...
