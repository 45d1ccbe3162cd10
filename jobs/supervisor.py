"""Moves job runs on, one claimed row at a time. Code versions are moved in `jobs/generation/`.

Every function may run twice, at once, or be killed at any point: a row is claimed by a lease, engines are called
outside transactions with a stored token, and each move is a guarded update. What is left behind is found by the sweep.
"""

from __future__ import annotations

import hashlib
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
from jobs.execution.base import Engine, Observation, Phase
from jobs.execution.registry import engine_for, handle_of, submission_of
from jobs.execution.triage import FailedJob, triage
from jobs.models import JobRun, worker_name
from jobs.run_files import read_manifest, script_key
from jobs.states import RunState

log = structlog.get_logger(__name__)

# How soon the sweep looks at a row again.
SOON = timedelta(0)
POLL = timedelta(seconds=1)
AFTER_ERROR = timedelta(seconds=5)
TRIAGE_BYTES = 256 * 1024
# An engine stops a job at its time limit by itself; this long after it the portal gives up on the engine.
OVERDUE = timedelta(minutes=2)
ACTOR = "portal"


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
    job, engine = submission_of(run), _engine(run)
    external_id = engine.submit(job)
    run.move(
        RunState.RUNNING,
        actor=ACTOR,
        note=f"Handed to {run.get_target_display()}. {engine.remark(job)}".strip(),
        external_id=external_id,
        started_at=Now(),
        deadline_at=Now() + job.timeout,
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
    news: dict[str, Any] = {"backend_state": seen.raw, "backend_details": seen.details}
    news |= {"resources": dict(seen.resources)} if seen.resources else {}
    if any(getattr(run, name) != value for name, value in news.items()):
        JobRun.objects.filter(pk=run.pk).update(**news)
        run.backend_state, run.backend_details = seen.raw, seen.details
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
    run.move(RunState.SUCCEEDED, actor=ACTOR, note=f"{rows} row{'' if rows == 1 else 's'} written.", manifest=manifest)


def _fail(run: JobRun, error: PortalError, **details: Any) -> None:
    if run.is_active:
        words = {"message": error.message, "hint": error.hint, "line": None, "evidence": [], **details}
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
