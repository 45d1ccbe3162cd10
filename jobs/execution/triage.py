"""Why a job failed: rules over what the engine said and what its log holds, in the words of the error catalogue."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from connections.errors import PortalError
from jobs.execution.base import Observation, Phase

_FRAME = re.compile(r'File "[^"]*script\.py", line (\d+), in (\w+)')
_EXCEPTION = re.compile(r"^(?:[\w.]+\.)?(\w*(?:Error|Exception|NotADataFrame|Exit)): ?(.*)$", re.MULTILINE)
EVIDENCE_LINES = 30


@dataclass(frozen=True, slots=True)
class Failure:
    """`line` is a line of the transform or None; `evidence` are the log's lines that matter, oldest first."""

    error: PortalError
    line: int | None
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FailedJob:
    """What is known of a failed job; `log` is the end of its output, redacted, `transform_*` its place."""

    observation: Observation
    log: str
    transform_first: int
    transform_lines: int
    minutes: int


Rule = Callable[[FailedJob], PortalError | None]


def triage(job: FailedJob) -> Failure:
    """The first rule that knows the failure names it; SPARK_FAILED when none does."""
    error = next((found for rule in _RULES if (found := rule(job))), PortalError("SPARK_FAILED"))
    return Failure(error=error, line=_line(job), evidence=_evidence(job.log))


def _by_reason(job: FailedJob) -> PortalError | None:
    if job.observation.reason == "timeout":
        return PortalError("RUN_TIMEOUT", minutes=job.minutes)
    if job.observation.phase == Phase.LOST:
        return PortalError("ENGINE_LOST")
    if job.observation.reason == "start":
        return PortalError("ENGINE_START_FAILED")
    return None


def _by_memory(job: FailedJob) -> PortalError | None:
    out_of_memory = job.observation.reason == "memory" or "java.lang.OutOfMemoryError" in job.log
    return PortalError("OUT_OF_MEMORY") if out_of_memory else None


_DATABASE_SAYS: tuple[tuple[str, str], ...] = (
    (r"password authentication failed|no password was provided", "RUN_AUTHENTICATION_FAILED"),
    (r'relation "?(?P<name>.+?)"? does not exist', "RUN_TABLE_MISSING"),
    (r'database "(?P<name>[^"]+)" does not exist', "RUN_DATABASE_MISSING"),
    (r"permission denied for (?:table|schema|relation|view) (?P<name>\S+)", "RUN_PERMISSION_DENIED"),
    (r"Connection to \S+ refused|The connection attempt failed|UnknownHostException", "RUN_DATABASE_UNREACHABLE"),
    (r"ClassNotFoundException: org\.postgresql\.Driver", "JDBC_DRIVER_MISSING"),
    (r"ResourceNotFoundException.*GetSecretValue|Secrets Manager can't find", "RUN_SECRET_MISSING"),
    (r"EndpointConnectionError|ConnectTimeoutError", "RUN_AWS_UNREACHABLE"),
    (r"AccessControlException|Permission denied|Mkdirs failed|Not a directory|No space left", "STORE_NOT_WRITABLE"),
)


def _by_database(job: FailedJob) -> PortalError | None:
    for pattern, code in _DATABASE_SAYS:
        match = re.search(pattern, job.log)
        if match:
            return PortalError(code, name=match.groupdict().get("name", ""))
    return None


_FILE_MISSING = re.compile(
    r"(?:\[PATH_NOT_FOUND\] Path does not exist: |FileNotFoundException: .*?)(?P<uri>s3://\S+?)[.,]?\s"
)


def _by_file(job: FailedJob) -> PortalError | None:
    missing = _FILE_MISSING.search(job.log)
    return PortalError("RUN_FILE_MISSING", uri=_short(missing["uri"])) if missing else None


def _by_transform(job: FailedJob) -> PortalError | None:
    raised = _EXCEPTION.findall(job.log)
    if not raised:
        return None
    name, message = raised[-1]
    if name == "_NotADataFrame":
        returned = "nothing (None)" if message == "NoneType" else f"a {message}"
        return PortalError("TRANSFORM_RETURNED_NOTHING", returned=returned)
    column = re.search(r"UNRESOLVED_COLUMN\S*\].*?name `(.+?)` cannot be resolved", job.log)
    if column:
        return PortalError("COLUMN_NOT_FOUND", column=column[1].replace("`.`", "."))
    if _line(job) is not None or name == "AnalysisException":
        return PortalError("TRANSFORM_FAILED", error=_short(f"{name}: {message}"))
    return None


_RULES: Sequence[Rule] = (_by_reason, _by_memory, _by_file, _by_transform, _by_database)


def _short(text: str, most: int = 300) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _line(job: FailedJob) -> int | None:
    """The innermost line of the transform in the log's last Python traceback."""
    first, last = job.transform_first, job.transform_first + job.transform_lines - 1
    lines = [int(number) for number, _ in _FRAME.findall(job.log)]
    inside = [line for line in lines if first <= line <= last]
    return inside[-1] - first + 1 if inside else None


def _evidence(log: str) -> tuple[str, ...]:
    """From the last traceback or the first error on; at most `EVIDENCE_LINES` lines."""
    lines = log.splitlines()
    starts = [number for number, line in enumerate(lines) if line.startswith("Traceback (most recent call last)")]
    if not starts:
        starts = [number for number, line in enumerate(lines) if " ERROR " in line or "Exception" in line][:1]
    begin = starts[-1] if starts else max(len(lines) - EVIDENCE_LINES, 0)
    return tuple(lines[begin : begin + EVIDENCE_LINES])
