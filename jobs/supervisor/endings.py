"""How a run ends: with its result, with the cause of its failure, or confirmed as cancelled."""

from __future__ import annotations

from typing import Any

import structlog
from django.db import transaction
from django.db.models.functions import Now

from connections.errors import PortalError
from jobs.execution.base import Observation, Phase
from jobs.execution.prices import cost_usd
from jobs.execution.registry import engine_for, handle_of
from jobs.execution.triage import FailedJob, triage
from jobs.models import JobRun
from jobs.run_files import read_manifest
from jobs.states import RunState
from jobs.supervisor.repairing import note_repair

log = structlog.get_logger(__name__)

ACTOR = "portal"
TRIAGE_BYTES = 256 * 1024


def collect(run: JobRun) -> None:
    """Reads what the job says it wrote. Raises RESULT_MISSING, and what the store raises."""
    manifest = read_manifest(str(run.uuid))
    rows = manifest["rows"]
    note = f"{rows} row{'' if rows == 1 else 's'} written."
    run.move(RunState.SUCCEEDED, actor=ACTOR, note=note, manifest=manifest, poll_errors=0)


def fail(run: JobRun, error: PortalError, *, fields: dict[str, Any] | None = None, **details: Any) -> None:
    """Ends the run with the error's words; `fields` are kept with it. A run that has ended stays as it is.

    A repair that its owner asked for is noted with it.
    """
    if run.is_active:
        words = {"message": error.message, "hint": error.hint, "line": None, "evidence": [], **details}
        told = {"failure_code": error.code, "failure": words, **(fields or {})}
        with transaction.atomic():
            if run.move(RunState.FAILED, actor=ACTOR, note=error.message[:500], **told):
                note_repair(run)


def end(run: JobRun, seen: Observation) -> None:
    """Ends a run whose job has ended without success, or is gone."""
    fields = said(seen)
    if seen.phase == Phase.LOST and _is_whole(run):
        note = "The engine no longer knows the job, but its result is whole."
        run.move(RunState.COLLECTING, actor=ACTOR, note=note, **fields)
    elif run.state == RunState.CANCELLING and seen.phase in (Phase.CANCELLED, Phase.LOST):
        _confirm(run, seen, fields)
    elif run.cancel_requested_at and seen.phase == Phase.CANCELLED:
        # A worker passed the wish on and was killed before it could write so.
        run.move(RunState.CANCELLING, actor=ACTOR, note="The engine was asked to stop.")
        _confirm(run, seen, fields)
    else:
        _explain(run, seen, fields)


def said(seen: Observation) -> dict[str, Any]:
    """An engine's answer as fields of a run."""
    billed = {"resources": dict(seen.resources), "cost_usd": cost_usd(seen.resources)} if seen.resources else {}
    return {
        "backend_state": seen.raw[:40],
        "backend_details": seen.details[:256],
        "asked_at": Now(),
        "poll_errors": 0,
        **billed,
    }


def _is_whole(run: JobRun) -> bool:
    """Whether the job wrote its result to the end, whatever became of it."""
    try:
        read_manifest(str(run.uuid))
    except PortalError:
        return False
    return True


def _confirm(run: JobRun, seen: Observation, fields: dict[str, Any]) -> None:
    if run.cancel_requested_at is None:
        fail(run, PortalError("RUN_TIMEOUT", minutes=run.timeout_minutes), fields=fields)
        return
    gone = "The engine no longer knows the job: nothing of it runs."
    note = gone if seen.phase == Phase.LOST else "The engine confirmed."
    run.move(RunState.CANCELLED, actor=ACTOR, note=note, **fields)


def _explain(run: JobRun, seen: Observation, fields: dict[str, Any]) -> None:
    """With the cause, as far as the log tells it."""
    failure = triage(
        FailedJob(
            observation=seen,
            log=_log(run),
            transform_first=run.transform_line,
            transform=run.code_version.transform,
            minutes=run.timeout_minutes,
            target=run.target,
        )
    )
    found = {"line": failure.line, "quote": list(failure.quote), "evidence": list(failure.evidence)}
    fail(run, failure.error, fields=fields, **found)


def _log(run: JobRun) -> str:
    """Spark's own words are on stderr; those of Python, its traceback too, on stdout (client mode) or stderr."""
    engine, handle = engine_for(run.target), handle_of(run)
    texts = []
    for stream in ("stderr", "stdout"):
        try:
            texts.append(engine.log(handle, stream, start=-1, limit=TRIAGE_BYTES).text)
        except PortalError as error:
            # That the job failed is known; a log that cannot be read must not keep it from being said.
            log.warning("log_unreadable", code=error.code, stream=stream)
    return "\n".join(texts)
