"""Takes one run as far as it goes now: begun, handed to its engine, cancelled, collected."""

from __future__ import annotations

import contextlib
import hashlib
from datetime import timedelta

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, close_old_connections
from django.db.models.functions import Now

from catalog import file_access
from catalog.models import SourceKind
from connections.errors import PortalError
from connections.object_store import store
from jobs import crash_points
from jobs.budgets import reserve
from jobs.checking import policy
from jobs.execution.base import Engine
from jobs.execution.registry import engine_for, handle_of, submission_of
from jobs.models import JobRun, worker_name
from jobs.run_files import script_key
from jobs.states import RunState, Target
from jobs.supervisor import pace
from jobs.supervisor.endings import ACTOR, collect, fail
from jobs.supervisor.watching import watch_one

log = structlog.get_logger(__name__)

SOON = timedelta(0)
# How often a local run looks for a free place; one that becomes free is told at once.
LOCAL_WAIT = timedelta(seconds=10)
# A database that went away in the middle of a step: the same step is taken again.
AFTER_DATABASE = timedelta(seconds=5)
# A service may keep a job waiting so long before it begins; its own limit is as long.
MOST_QUEUED = timedelta(hours=6)
# An answer to a submission that is older than this is no longer relied on to be repeated for the same token.
TOKEN_TRUSTED = timedelta(minutes=10)


def advance_run(run_id: int) -> None:
    """Does what there is to do for the run alone; the sweep sees to it that it is called again.

    Nothing, for one that is with its engine: `watch_runs` asks about all of those at once.
    """
    run = JobRun.objects.to_advance().claim(run_id, worker_name())
    if run is None:
        return
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(run=str(run.uuid))
    crash_points.reached("after_claim")
    try:
        next_in = _tried(run)
        crash_points.reached("before_release")
        if next_in is not None and run.is_active:
            JobRun.objects.release(run, next_in=next_in)
    except (OperationalError, InterfaceError) as error:
        # The database went away. What was begun is taken up again, at the latest when the lease has run out.
        log.warning("database_lost", state=run.state, error=type(error).__name__)
        close_old_connections()
        with contextlib.suppress(OperationalError, InterfaceError):
            JobRun.objects.release(run, next_in=AFTER_DATABASE)


def _tried(run: JobRun) -> timedelta | None:
    claimed = run.state
    try:
        return _advance(run)
    except (OperationalError, InterfaceError):
        raise
    except PortalError as error:
        return _trouble(run, error, claimed)
    except Exception:
        log.exception("run_step_broke", state=run.state)
        return _trouble(run, PortalError("INTERNAL"), claimed)


def _advance(run: JobRun) -> timedelta | None:
    """Steps until the run waits for its engine, or has ended; when to look again, None when the lease is given back."""
    claimed, before = run.state, ""
    while run.is_active and run.state != before:
        before = run.state
        if before == RunState.PENDING:
            if not _begin(run):
                return LOCAL_WAIT
        elif before == RunState.SUBMITTING:
            _submit(run, is_first=claimed == RunState.PENDING)
        elif before == RunState.COLLECTING:
            crash_points.reached("before_collect")
            collect(run)
        elif not _cancel(run):
            if claimed in (RunState.PENDING, RunState.SUBMITTING):
                break  # it was handed over this moment
            watch_one(run)
            if run.state == before:
                return None
    return pace.pause(run.target, age=SOON)


def _begin(run: JobRun) -> bool:
    """False when the run has to wait for its turn."""
    if run.cancel_requested_at:
        return run.move(RunState.CANCELLED, actor=ACTOR, note="Cancelled before it started; nothing ran.")
    if run.target == Target.LOCAL and _waits_for_others(run):
        return False
    # Here and not when it is submitted: what was submitted already must not be given up for a file that went since.
    _check_files(run)
    return run.move(RunState.SUBMITTING, actor=ACTOR, poll_errors=0, backend_details="")


def _waits_for_others(run: JobRun) -> bool:
    """The oldest runs have the places of this machine: first come, first served, and never more than there are."""
    older = JobRun.objects.active().filter(target=Target.LOCAL, pk__lt=run.pk).exclude(state=RunState.COLLECTING)
    before, places = older.count(), settings.PGSPARK_LOCAL_RUNS_AT_ONCE
    if before >= places:
        words = f"{before} run{'' if before == 1 else 's'} before this one; {places} at a time on this machine."
        JobRun.objects.filter(pk=run.pk).update(backend_details=words)
    return bool(before >= places)


def _check_files(run: JobRun) -> None:
    """Raises FILE_GONE for a picked file that is not there any more: told now, and not by Spark a minute later."""
    for source in run.code_version.sources:
        if source["kind"] == SourceKind.CSV:
            file_access.check_present(run.owner, uri=source["uri"], upload_id=source["upload_id"], name=source["table"])


def _submit(run: JobRun, *, is_first: bool) -> None:
    """Hands the run over, or learns that it was handed over; the stored token makes both the same call.

    A wish to cancel that comes before the first call means that nothing starts. Later the call is made all the same:
    only its answer tells which job is to be cancelled.
    """
    run.refresh_from_db(fields=["cancel_requested_at"])
    if run.cancel_requested_at and is_first:
        run.move(RunState.CANCELLED, actor=ACTOR, note="Cancelled before it started; nothing ran.")
        return
    if hashlib.sha256(run.script.encode()).hexdigest() != run.script_sha256:
        raise PortalError("INTERNAL")
    if is_first:
        # Once more on what runs: the policy may have become stricter since the approval.
        policy.refuse_blocked(run.code_version.transform, run.code_version.aliases)
        # Once more as well: the budget may have become smaller. Nothing has started yet that would cost.
        reserve(run)
    adopted = "" if is_first else _adopted(run)
    external_id = adopted or _hand_over(run)
    crash_points.reached("after_submit")
    name = run.get_target_display()
    note = f"Found at {name}." if adopted else f"Handed to {name}. {_engine(run).remark(submission_of(run))}".strip()
    _record_job(run, external_id, note=note)


def _hand_over(run: JobRun) -> str:
    store().put(script_key(str(run.uuid)), run.script.encode())
    crash_points.reached("before_submit")
    return _engine(run).submit(submission_of(run))


def _adopted(run: JobRun) -> str:
    """The job of an older submission whose answer was lost, looked for by its name: tokens do not live for ever."""
    begun = run.events.filter(to_state=RunState.SUBMITTING, at__lt=Now() - TOKEN_TRUSTED)
    return _engine(run).find(handle_of(run)) if begun.exists() else ""


def _record_job(run: JobRun, external_id: str, *, note: str) -> None:
    timeout = timedelta(minutes=run.timeout_minutes)
    run.move(
        RunState.RUNNING,
        actor=ACTOR,
        note=note,
        external_id=external_id,
        started_at=Now(),
        # The limit is on the job's work; it counts from when the engine says that it works.
        deadline_at=Now() + timeout + (SOON if run.target == Target.LOCAL else MOST_QUEUED),
        poll_errors=0,
    )


def _cancel(run: JobRun) -> bool:
    """Passes on a wish to cancel, if there is one. The engine is asked first: what is recorded has happened."""
    run.refresh_from_db(fields=["state", "cancel_requested_at"])
    if run.state != RunState.RUNNING or not run.cancel_requested_at:
        return False
    try:
        _engine(run).cancel(handle_of(run))
    except PortalError as error:
        log.warning("cancel_failed", code=error.code)
        return False  # how the job stands can be asked all the same, and the wish is passed on again
    crash_points.reached("after_cancel")
    return run.move(RunState.CANCELLING, actor=ACTOR, note="The engine was asked to stop.")


def _trouble(run: JobRun, error: PortalError, claimed: str) -> timedelta:
    """What an error of a step means for the run, `claimed` in that state; returns when the step is tried again."""
    log.warning("run_step_failed", code=error.code, state=run.state, again=run.poll_errors)
    has_job = run.state in (RunState.RUNNING, RunState.CANCELLING)
    errors = run.poll_errors + 1
    if not has_job and (not error.retryable or errors >= pace.patience(run.target, error.code)):
        _fail_unless_started(run, error, was_tried=claimed == RunState.SUBMITTING)
        return SOON
    JobRun.objects.filter(pk=run.pk).update(poll_errors=errors)
    return pace.pause(run.target, age=SOON, errors=errors)


def _fail_unless_started(run: JobRun, error: PortalError, *, was_tried: bool) -> None:
    """A submission that got no answer may have started the job all the same: then that job is the run's."""
    if run.state == RunState.SUBMITTING and (error.retryable or was_tried):
        with contextlib.suppress(PortalError):
            external_id = _engine(run).withdraw(handle_of(run), because=error)
            if external_id:
                _record_job(run, external_id, note=f"Found at {run.get_target_display()}.")
                return
    fail(run, error)


def _engine(run: JobRun) -> Engine:
    return engine_for(run.target)
