"""Moves code versions and job runs on, one claimed row at a time.

Every function may run twice, at once, or be killed at any point: a row is claimed by a lease, engines are called
outside transactions with a stored token, and each move is a guarded update. What is left behind is found by the sweep.
"""

from __future__ import annotations

import hashlib
import os
import socket
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import structlog
from django.db.models.functions import Now

from catalog import file_access
from catalog.models import SourceKind
from connections.errors import PortalError
from connections.object_store import store
from jobs.checking import policy
from jobs.codegen import registry as generators
from jobs.codegen.base import Clarification, GeneratedCode
from jobs.codegen.context import request_for
from jobs.execution.base import Access, Engine, Observation, Phase, Submission
from jobs.execution.registry import engine_for, handle_of
from jobs.execution.triage import FailedJob, triage
from jobs.models import CodeVersion, JobRun
from jobs.run_files import read_manifest, script_key
from jobs.states import CodeState, RunState

log = structlog.get_logger(__name__)

# How soon the sweep looks at a row again.
SOON = timedelta(0)
POLL = timedelta(seconds=1)
AFTER_ERROR = timedelta(seconds=5)
TRIAGE_BYTES = 256 * 1024
# An engine stops a job at its time limit by itself; this long after it the portal gives up on the engine.
OVERDUE = timedelta(minutes=2)
ACTOR = "portal"


def worker_name() -> str:
    """A name that no other worker, nor this one after a restart, has."""
    return f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


def advance_code(version_id: int) -> None:
    """Writes and checks one code version, from wherever it stands to its end."""
    version = CodeVersion.objects.claim(version_id, worker_name())
    if version is None:
        return
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(code_version=str(version.uuid))
    try:
        if version.state == CodeState.PENDING:
            version.move(CodeState.GENERATING, actor=ACTOR)
        if version.state == CodeState.GENERATING:
            _generate(version)
        if version.state == CodeState.CHECKING:
            _check(version)
    except PortalError as error:
        _fail_code(version, error)
    except Exception:
        log.exception("generation_broke")
        _fail_code(version, PortalError("INTERNAL"))
    finally:
        CodeVersion.objects.release(version, next_in=AFTER_ERROR)


def _generate(version: CodeVersion) -> None:
    started = time.monotonic()
    request = request_for(version.prompt, version.sources)
    read_at = time.monotonic()
    answer = generators.get(version.generator).generate(request)
    steps = [
        _step(f"Read {_count(len(version.sources), 'schema')}", read_at - started),
        _step("Write code", time.monotonic() - read_at),
    ]
    if isinstance(answer, Clarification):
        failure = {"message": answer.question, "hint": "", "options": list(answer.options)}
        version.move(
            CodeState.FAILED,
            actor=ACTOR,
            steps=steps,
            understood=list(answer.understood),
            failure_code="CLARIFICATION_NEEDED",
            failure=failure,
        )
        return
    version.move(CodeState.CHECKING, actor=ACTOR, steps=steps, **_written(answer))


def _written(code: GeneratedCode) -> dict[str, Any]:
    return {
        "transform": code.transform,
        "explanation": code.explanation,
        "assumptions": list(code.assumptions),
        "understood": list(code.understood),
        "ignored": list(code.ignored),
    }


def _check(version: CodeVersion) -> None:
    started = time.monotonic()
    findings = [finding.as_dict() for finding in policy.check(version.transform, version.aliases)]
    steps = [*version.steps, _step("Check code", time.monotonic() - started)]
    version.move(CodeState.READY, actor=ACTOR, findings=findings, steps=steps)


def _fail_code(version: CodeVersion, error: PortalError) -> None:
    if version.is_active:
        version.move(CodeState.FAILED, actor=ACTOR, failure_code=error.code, failure=_words(error))


def _words(error: PortalError) -> dict[str, Any]:
    return {"message": error.message, "hint": error.hint}


def _step(name: str, seconds: float) -> dict[str, Any]:
    return {"name": name, "seconds": max(round(seconds, 3), 0.001)}


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def advance_run(run_id: int) -> None:
    """Takes one run as far as it goes now; the sweep calls again when the engine may have news."""
    run = JobRun.objects.claim(run_id, worker_name())
    if run is None:
        return
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(run=str(run.uuid))
    next_in = AFTER_ERROR
    try:
        next_in = _advance(run)
    except PortalError as error:
        log.warning("run_step_failed", code=error.code, state=run.state)
        if not error.retryable or run.state == RunState.SUBMITTING or _is_overdue(run):
            _fail(run, error)
    except Exception:
        log.exception("run_step_broke", state=run.state)
        _fail(run, PortalError("INTERNAL"))
    finally:
        JobRun.objects.release(run, next_in=next_in)


def _advance(run: JobRun) -> timedelta:
    """Steps until the run waits for its engine or has ended; returns when to look again."""
    while run.is_active:
        before = run.state
        _STEPS[RunState(before)](run)
        if run.state == before:
            return POLL
    return SOON


def _begin(run: JobRun) -> None:
    if run.cancel_requested_at:
        run.move(RunState.CANCELLED, actor=ACTOR, note="Cancelled before it started; nothing ran.")
        return
    # Here and not when it is submitted: what was submitted already must not be given up for a file that went since.
    _check_files(run)
    run.move(RunState.SUBMITTING, actor=ACTOR)


def _check_files(run: JobRun) -> None:
    """Raises FILE_GONE for a picked file that is not there any more: told now, and not by Spark a minute later."""
    for source in run.code_version.sources:
        if source["kind"] == SourceKind.CSV:
            file_access.check_present(run.owner, uri=source["uri"], upload_id=source["upload_id"], name=source["table"])


def _submit(run: JobRun) -> None:
    if hashlib.sha256(run.script.encode()).hexdigest() != run.script_sha256:
        raise PortalError("INTERNAL")
    # Once more on what runs: the policy may have become stricter since the approval.
    policy.refuse_blocked(run.code_version.transform, run.code_version.aliases)
    store().put(script_key(str(run.uuid)), run.script.encode())
    timeout = timedelta(minutes=run.timeout_minutes)
    job = Submission(
        token=run.client_token,
        name=run.title,
        script=run.script,
        timeout=timeout,
        access=Access.from_dict(run.access),
    )
    external_id = _engine(run).submit(job)
    run.move(
        RunState.RUNNING,
        actor=ACTOR,
        note=f"Handed to {run.get_target_display()}.",
        external_id=external_id,
        started_at=Now(),
        deadline_at=Now() + timeout,
    )


def _watch(run: JobRun) -> None:
    run.refresh_from_db(fields=["cancel_requested_at"])
    if run.cancel_requested_at:
        _engine(run).cancel(handle_of(run))
        run.move(RunState.CANCELLING, actor=ACTOR, note="The engine was asked to stop.")
        return
    _follow(run, _observe(run))


def _watch_cancelling(run: JobRun) -> None:
    # Asked again each time: the worker before us may have been killed before it asked.
    _engine(run).cancel(handle_of(run))
    seen = _observe(run)
    if seen.phase in (Phase.CANCELLED, Phase.LOST):
        run.move(RunState.CANCELLED, actor=ACTOR, note="The engine confirmed.", backend_state=seen.raw)
    else:
        _follow(run, seen)


def _follow(run: JobRun, seen: Observation) -> None:
    """Takes the engine's word for where the job is."""
    if seen.raw != run.backend_state:
        JobRun.objects.filter(pk=run.pk).update(backend_state=seen.raw)
        run.backend_state = seen.raw
    if seen.phase == Phase.SUCCEEDED:
        run.move(RunState.COLLECTING, actor=ACTOR)
    elif seen.phase in (Phase.FAILED, Phase.LOST, Phase.CANCELLED):
        _explain(run, seen)
    elif _is_overdue(run):
        _engine(run).cancel(handle_of(run))
        _fail(run, PortalError("RUN_TIMEOUT", minutes=run.timeout_minutes))


def _is_overdue(run: JobRun) -> bool:
    """By the database's clock: workers' clocks may differ."""
    return JobRun.objects.filter(pk=run.pk, deadline_at__lt=Now() - OVERDUE).exists()


def _explain(run: JobRun, seen: Observation) -> None:
    """Ends a run whose job failed, with the cause as far as the log tells it."""
    engine = _engine(run)
    # Spark's own words are on stderr; those of Python, its traceback too, on stdout (client mode) or stderr.
    logs = [engine.log(handle_of(run), stream, start=-1, limit=TRIAGE_BYTES).text for stream in ("stderr", "stdout")]
    failure = triage(
        FailedJob(
            observation=seen,
            log="\n".join(logs),
            transform_first=run.transform_line,
            transform_lines=run.code_version.transform.count("\n") + 1,
            minutes=run.timeout_minutes,
        )
    )
    _fail(run, failure.error, line=failure.line, evidence=list(failure.evidence))


def _collect(run: JobRun) -> None:
    manifest = read_manifest(str(run.uuid))
    rows = manifest["rows"]
    run.move(RunState.SUCCEEDED, actor=ACTOR, note=f"{_count(rows, 'row')} written.", manifest=manifest)


def _fail(run: JobRun, error: PortalError, **details: Any) -> None:
    if run.is_active:
        words = {**_words(error), "line": None, "evidence": [], **details}
        run.move(RunState.FAILED, actor=ACTOR, note=error.message[:500], failure_code=error.code, failure=words)


def _observe(run: JobRun) -> Observation:
    return _engine(run).observe([handle_of(run)])[run.external_id]


def _engine(run: JobRun) -> Engine:
    return engine_for(run.target)


_STEPS: dict[RunState, Callable[[JobRun], None]] = {
    RunState.PENDING: _begin,
    RunState.SUBMITTING: _submit,
    RunState.RUNNING: _watch,
    RunState.CANCELLING: _watch_cancelling,
    RunState.COLLECTING: _collect,
}
